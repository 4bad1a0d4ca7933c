import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type PooledHttp, pooledHttp } from "./pooled-http.ts";

let server: Server;
let url: string;
let pool: PooledHttp;
const sockets = new Set<Socket>();
/** What the server does with each request, in turn; it answers 200 once these are used up. */
const plan: ("answer" | "cut" | "silence")[] = [];
const received: string[] = [];

beforeEach(async () => {
  pool = pooledHttp();
  received.length = 0;
  plan.length = 0;
  server = createServer((request, response) => {
    sockets.add(request.socket);
    let body = "";
    request.on("data", (chunk) => (body = `${body}${chunk}`));
    request.on("end", () => {
      received.push(`${request.method} ${request.url} ${body}`);
      const step = plan.shift() ?? "answer";
      if (step === "cut") request.socket.destroy();
      if (step !== "answer") return;
      response.setHeader("set-cookie", ["a=1", "b=2"]);
      response.writeHead(200, { "content-type": "text/plain" }).end(`süß ${request.url}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  pool.close();
  server.closeAllConnections();
  sockets.clear();
  await new Promise((resolve) => server.close(resolve));
});

const get = (path: string, more = {}) =>
  pool.http({ method: "GET", url: `${url}${path}`, headers: {}, ...more });
const post = (body: string) => pool.http({ method: "POST", url: `${url}/`, headers: {}, body });

test("answers any text with its headers, and sends a body of any characters", async () => {
  expect(await get("/a")).toMatchObject({
    status: 200,
    body: "süß /a",
    headers: { "content-type": "text/plain", "set-cookie": "a=1, b=2" },
  });
  await post("grün");
  expect(received).toEqual(["GET /a ", "POST / grün"]);
});

test("calls that follow each other share a socket", async () => {
  for (const path of ["/1", "/2", "/3"]) await get(path);
  expect(sockets.size).toBe(1);
});

test("a read that met a socket just closed is sent once more; a write is not", async () => {
  await get("/1");
  plan.push("cut", "answer");
  expect((await get("/2")).status).toBe(200);
  expect(received).toEqual(["GET /1 ", "GET /2 ", "GET /2 "]);
  plan.push("cut");
  await expect(post("once")).rejects.toMatchObject({ kind: "connection-lost" });
  expect(received.filter((line) => line.startsWith("POST"))).toEqual(["POST / once"]);
});

test("a fresh socket that is cut is no idle one: nothing is sent again", async () => {
  plan.push("cut");
  await expect(get("/")).rejects.toMatchObject({ kind: "connection-lost" });
  expect(received).toHaveLength(1);
});

test("silence is a timeout, a closed port is out of reach, an abort is the caller's", async () => {
  plan.push("silence", "silence");
  await expect(get("/", { timeoutMs: 50 })).rejects.toMatchObject({ kind: "timeout" });
  const controller = new AbortController();
  const aborted = get("/", { signal: controller.signal });
  controller.abort(new Error("not wanted any more"));
  await expect(aborted).rejects.toThrow("not wanted any more");
  const nowhere = pool.http({ method: "GET", url: "http://127.0.0.1:1/", headers: {} });
  await expect(nowhere).rejects.toMatchObject({ kind: "unreachable" });
});
