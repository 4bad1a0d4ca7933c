import { afterEach, expect, test, vi } from "vitest";
import { seededRandom } from "../runtime/index.ts";
import { ReferralsClient } from "./referrals-client.ts";
import { createReferralsPort } from "./referrals-port.ts";
import {
  jumpingClock,
  numberedCredential,
  type Step,
  scriptedHttp,
  storedReferral,
} from "./testing/scripted-world.ts";

afterEach(() => vi.restoreAllMocks());

const ok: Step = { status: 200, body: storedReferral("r1") };
const list: Step = { status: 200, body: { value: [storedReferral("r1")] } };

/** Makes the machine's own clock, timers and chance fail whoever asks for them. */
function forbidAmbient(): void {
  const forbidden = (name: string) => () => {
    throw new Error(`${name} was asked`);
  };
  vi.spyOn(Date, "now").mockImplementation(forbidden("Date.now"));
  vi.spyOn(Math, "random").mockImplementation(forbidden("Math.random"));
  vi.spyOn(crypto, "randomUUID").mockImplementation(forbidden("randomUUID"));
  vi.spyOn(crypto, "getRandomValues").mockImplementation(forbidden("getRandomValues"));
  vi.spyOn(globalThis, "setTimeout").mockImplementation(forbidden("setTimeout"));
}

async function useEverything(): Promise<unknown> {
  const clock = jumpingClock();
  const fault: Step = { status: 503 };
  const { http, requests } = scriptedHttp(ok, ok, ok, ok, list, fault, ok, list, ok);
  const options = { credential: numberedCredential(clock), http, clock, random: seededRandom(9) };
  const port = createReferralsPort(options);
  await port.create(storedReferral("r1"));
  await port.get("r1");
  await port.patch("r1", [], { ifMatch: '"1"' });
  await port.update(storedReferral("r1"), { ifMatch: '"1"' });
  await port.listPage({});
  const client = new ReferralsClient(options);
  await client.getReferral("r1");
  for await (const _ of client.listReferrals()) await client.createReferral(storedReferral("r1"));
  return { requests, sleeps: clock.sleeps };
}

test("no call reads the machine's clock, chance or timers", async () => {
  forbidAmbient();
  const first = await useEverything();
  const second = await useEverything();
  vi.restoreAllMocks();
  expect(second).toEqual(first);
});

test("the check sees an ambient reading", async () => {
  forbidAmbient();
  const clock = jumpingClock();
  const port = createReferralsPort({
    credential: numberedCredential(clock),
    http: scriptedHttp(ok).http,
    clock,
  });
  const error = await port.get("r1").catch((reason: unknown) => String(reason));
  vi.restoreAllMocks();
  expect(error).toBe("Error: randomUUID was asked");
});
