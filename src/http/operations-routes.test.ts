import { Agent, request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Log, silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import { createServer } from "./create-server.ts";
import { Metrics } from "./metrics.ts";
import { addOperationsRoutes, observeRequests } from "./operations-routes.ts";
import { shutdown } from "./shutdown.ts";

const kit = { clock: systemClock, random: systemRandom, log: silentLog };

test("readyz tells which check failed, healthz stays well", async () => {
  const server = createServer(kit);
  let database: () => Promise<unknown> = async () => 1;
  const checks = { database: () => database() };
  addOperationsRoutes(server, { metrics: new Metrics(), checks });
  const ready = await server.inject("/readyz");
  expect([ready.statusCode, ready.json()]).toEqual([
    200,
    { status: "ready", checks: { database: "ok" } },
  ]);
  database = async () => {
    throw new Error("gone");
  };
  const failing = await server.inject("/readyz");
  expect([failing.statusCode, failing.json()]).toEqual([
    503,
    { status: "not ready", checks: { database: "failed" } },
  ]);
  expect((await server.inject("/healthz")).statusCode).toBe(200);
});

test("requests are counted by route pattern: no address gets into the metrics", async () => {
  const server = createServer(kit);
  const metrics = new Metrics();
  observeRequests(server, { metrics });
  addOperationsRoutes(server, { metrics, checks: {} });
  metrics.gauge("deals", "Deals in the database.", () => 42);
  server.get("/deals/:id", async () => "x");
  await server.inject("/deals/ada@example.com?mail=ada@example.com");
  await server.inject("/deals/2");
  await server.inject("/ada@example.com");
  const text = (await server.inject("/metrics")).body;
  expect(text).toContain(
    'http_request_duration_seconds_count{method="GET",route="/deals/:id",status="200"} 2',
  );
  expect(text).toContain('route="unknown",status="404"} 1');
  expect(text).toContain("deals 42");
  expect(text).not.toContain("ada@");
});

test("a log line has ids, pattern, status and time, nothing of address or body", async () => {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const log: Log = { ...silentLog, info: (fields) => lines.push(fields) };
  const server = createServer(kit);
  observeRequests(server, { log });
  server.post("/deals/:id", async () => "x");
  const answer = await server.inject({
    method: "POST",
    url: "/deals/ada?name=ada",
    headers: { "content-type": "application/json", "ms-correlationid": "m-1" },
    payload: '{"name":"ada"}',
  });
  expect(lines).toEqual([
    {
      method: "POST",
      route: "/deals/:id",
      status: 200,
      ms: expect.any(Number),
      requestId: answer.headers["request-id"],
      correlationId: "m-1",
      organizationId: undefined,
      clientId: undefined,
    },
  ]);
});

function callOver(agent: Agent, url: string): Promise<{ status: number; connection?: string }> {
  return new Promise((resolve, reject) => {
    request(url, { agent }, (answer) => {
      answer.resume().on("end", () => {
        const { connection } = answer.headers;
        const status = answer.statusCode ?? 0;
        resolve(connection === undefined ? { status } : { status, connection });
      });
    })
      .on("error", reject)
      .end();
  });
}

test("a shutdown answers the call under way and takes no new one", async () => {
  const server = createServer(kit);
  const started = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  server.get("/slow", async () => {
    started.resolve();
    await release.promise;
    return "done";
  });
  server.get("/quick", async () => "x");
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const agent = new Agent({ keepAlive: true });
  await callOver(agent, `${url}/quick`);
  const slow = callOver(agent, `${url}/slow`);
  await started.promise;
  const stopped = shutdown(server, { clock: systemClock, drainMs: 5_000 });
  await wait(30);
  await expect(fetch(`${url}/quick`)).rejects.toThrow();
  release.resolve();
  expect(await slow).toMatchObject({ status: 200 });
  expect(await stopped).toBe(true);
  agent.destroy();
});

test("what doesn't end within the drain time is cut", async () => {
  const server = createServer(kit);
  const started = Promise.withResolvers<void>();
  server.get("/never", () => {
    started.resolve();
    return new Promise(() => {});
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const call = fetch(`${url}/never`).then(
    () => "answered",
    () => "cut",
  );
  await started.promise;
  expect(await shutdown(server, { clock: systemClock, drainMs: 50 })).toBe(false);
  expect(await call).toBe("cut");
});
