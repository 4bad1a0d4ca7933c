import { expect, test } from "vitest";
import { createServer } from "../../http/index.ts";
import { silentLog, systemClock, systemRandom } from "../../runtime/index.ts";
import { endCalls } from "./end-calls.ts";

const openServer = () => createServer({ clock: systemClock, random: systemRandom, log: silentLog });

test("a call that is under way is answered, and a new one finds nobody", async () => {
  const server = openServer();
  const [arrived, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  server.get("/slow", async () => {
    arrived.resolve();
    await go.promise;
    return { isAnswered: true };
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const underWay = fetch(`${url}/slow`);
  await arrived.promise;
  const ended = endCalls(server, systemClock);
  await expect.poll(() => server.server.listening).toBe(false);
  await expect(fetch(`${url}/slow`)).rejects.toThrow();
  go.resolve();
  expect(await (await underWay).json()).toEqual({ isAnswered: true });
  await ended;
});

test("a call that never ends holds up nothing", async () => {
  const server = openServer();
  const arrived = Promise.withResolvers<void>();
  server.get("/endless", () => {
    arrived.resolve();
    return new Promise(() => {});
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const broken = fetch(`${url}/endless`).then(
    () => "answered",
    () => "broken off",
  );
  await arrived.promise;
  // A clock on which no time passes: what is waited for is over at once.
  await endCalls(server, { now: () => 0, sleep: async () => {} });
  expect(await broken).toBe("broken off");
});
