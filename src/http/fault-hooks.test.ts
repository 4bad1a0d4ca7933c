import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, expect, test } from "vitest";
import { seededRandom, silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import { createServer } from "./create-server.ts";
import { injectFaults } from "./fault-hooks.ts";
import { FaultInjector, faultProfileSchema } from "./fault-profile.ts";

let server: FastifyInstance;
let injector: FaultInjector;
let url: string;
let handled: number;

beforeEach(async () => {
  handled = 0;
  injector = new FaultInjector({ clock: systemClock, random: seededRandom(5) });
  server = createServer({ clock: systemClock, random: systemRandom, log: silentLog });
  injectFaults(server, injector);
  server.post("/", async () => {
    handled += 1;
    return { done: true };
  });
  url = await server.listen({ host: "127.0.0.1", port: 0 });
});

afterEach(async () => {
  server.server.closeAllConnections();
  await server.close();
});

const set = (profile: object): void => {
  injector.profile = faultProfileSchema.parse(profile);
};
const call = (signal?: AbortSignal) => fetch(url, { method: "POST", signal: signal ?? null });

test("no fault strikes unless it is set", async () => {
  expect(injector.isActive).toBe(false);
  expect((await call()).status).toBe(200);
  expect(Object.values(injector.counts).every((count) => count === 0)).toBe(true);
});

test("an injected 429 names its Retry-After and does nothing", async () => {
  set({ tooManyRequests: 1, retryAfterS: 7 });
  const answer = await call();
  expect(answer.status).toBe(429);
  expect(answer.headers.get("retry-after")).toBe("7");
  expect(await answer.json()).toMatchObject({ error: { code: "tooManyRequests" } });
  expect(handled).toBe(0);
});

test("an injected 500 carries the error body and does nothing", async () => {
  set({ serverError: 1 });
  const answer = await call();
  expect(answer.status).toBe(500);
  expect(await answer.json()).toMatchObject({ error: { code: "generalException" } });
  expect(handled).toBe(0);
});

test.each([
  ["resetBefore", 0],
  ["resetAfter", 1],
])("%s breaks the connection after the work was done %i times", async (fault, times) => {
  set({ [fault]: 1 });
  await expect(call()).rejects.toThrow();
  expect(handled).toBe(times);
});

test.each([
  ["timeoutBefore", 0],
  ["timeoutAfter", 1],
])("%s leaves the caller without an answer, the work done %i times", async (fault, times) => {
  set({ [fault]: 1, hangMs: 60_000 });
  await expect(call(AbortSignal.timeout(500))).rejects.toThrow("timeout");
  expect(handled).toBe(times);
});

test("a hanging call ends when its time is over", async () => {
  set({ timeoutAfter: 1, hangMs: 20 });
  await expect(call()).rejects.toThrow();
});

test("latency delays the call and then lets it through", async () => {
  set({ latency: 1, latencyMinMs: 60, latencyMaxMs: 60 });
  const started = performance.now();
  expect((await call()).status).toBe(200);
  expect(performance.now() - started).toBeGreaterThanOrEqual(58);
});

test("the same seed strikes the same calls, and the counts tell how many", () => {
  const strikes = (seed: number): boolean[] => {
    const one = new FaultInjector({ clock: systemClock, random: seededRandom(seed) });
    one.profile = faultProfileSchema.parse({ serverError: 0.3 });
    const struck = Array.from({ length: 1_000 }, () => one.strikes("serverError"));
    expect(one.counts.serverError).toBe(struck.filter(Boolean).length);
    return struck;
  };
  expect(strikes(11)).toEqual(strikes(11));
  expect(strikes(11)).not.toEqual(strikes(12));
  expect(strikes(11).filter(Boolean).length).toBeGreaterThan(230);
  expect(strikes(11).filter(Boolean).length).toBeLessThan(370);
});

test("a profile with an unknown fault or a share above one is refused", () => {
  expect(faultProfileSchema.safeParse({ meteor: 1 }).success).toBe(false);
  expect(faultProfileSchema.safeParse({ serverError: 1.5 }).success).toBe(false);
});
