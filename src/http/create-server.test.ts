import { connect } from "node:net";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ReferralsError } from "../contract/index.ts";
import { type Log, silentLog, systemRandom } from "../runtime/index.ts";
import { createServer } from "./create-server.ts";
import type { Lane } from "./lane.ts";

const clock = { now: () => 1_800_000_000_000, sleep: async () => {} };
const json = { "content-type": "application/json" };
let server: FastifyInstance;
let logged: Readonly<Record<string, unknown>>[];

beforeEach(() => {
  logged = [];
  const write = (fields: Readonly<Record<string, unknown>>): void => {
    logged.push(fields);
  };
  const log: Log = { debug: write, info: write, warn: write, error: write };
  server = createServer({ clock, random: systemRandom, log, bodyLimitBytes: 1_000 });
  server.get("/deals/:id", async () => ({ ok: true }));
  server.patch("/deals/:id", async (request) => ({
    body: request.body ?? null,
    bytes: request.rawBody?.toString("hex") ?? null,
  }));
  server.get("/refused", async () => {
    throw new ReferralsError("tooManyRequests", { retryAfterMs: 1_500, target: "calls" });
  });
  server.get("/broken", async () => {
    throw new Error("Ada Ample's phone is 555");
  });
});

afterEach(() => server.close());

describe("headers", () => {
  test("every answer carries request-id and timestamp, and echoes the caller's ids", async () => {
    const headers = { "client-request-id": "c-1", "ms-correlationid": "m-1" };
    for (const url of ["/deals/1", "/nowhere", "/broken", "/refused"]) {
      const answer = await server.inject({ url, headers });
      expect(answer.headers).toMatchObject({
        "request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
        timestamp: "2027-01-15T08:00:00.000Z",
        "client-request-id": "c-1",
        "ms-correlationid": "m-1",
      });
    }
  });

  test("an endless correlation id is not echoed", async () => {
    const headers = { "ms-correlationid": "x".repeat(129) };
    const answer = await server.inject({ url: "/deals/1", headers });
    expect(answer.headers["ms-correlationid"]).toBeUndefined();
  });

  test("two requests have different ids", async () => {
    const ids = await Promise.all([server.inject("/deals/1"), server.inject("/deals/1")]);
    expect(ids[0].headers["request-id"]).not.toBe(ids[1].headers["request-id"]);
  });
});

describe("error bodies", () => {
  test("an unknown address is 404 itemNotFound", async () => {
    const answer = await server.inject("/nowhere");
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ error: { code: "itemNotFound" } });
  });

  test("a known address with another method is 405 with Allow", async () => {
    const answer = await server.inject({ method: "DELETE", url: "/deals/1?x=1" });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe("GET, PATCH");
    expect(answer.json()).toMatchObject({ error: { code: "methodNotAllowed" } });
  });

  test("slashes are part of an address", async () => {
    expect((await server.inject("/deals/1/")).statusCode).toBe(404);
    expect((await server.inject("//deals/1")).statusCode).toBe(404);
  });

  test("a wrong percent escape is 400", async () => {
    const answer = await server.inject("/deals/%zz");
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ error: { code: "invalidRequest" } });
    expect(answer.headers["request-id"]).toBeDefined();
  });

  test("an expected refusal gives its status, target and whole seconds to wait", async () => {
    const answer = await server.inject("/refused");
    expect(answer.statusCode).toBe(429);
    expect(answer.headers["retry-after"]).toBe("2");
    expect(answer.json()).toMatchObject({ error: { code: "tooManyRequests", target: "calls" } });
  });

  test("an unexpected failure is a generalException without anything personal", async () => {
    const answer = await server.inject("/broken");
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({ error: { code: "generalException" } });
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({ error: "Error", requestId: answer.headers["request-id"] });
    expect(JSON.stringify([logged, answer.body])).not.toMatch(/Ada|555/);
    expect(logged[0]?.frames).toContain("create-server.test.ts");
  });
});

describe("bodies", () => {
  const patch = (payload: string | Buffer, headers: Record<string, string> = json) =>
    server.inject({ method: "PATCH", url: "/deals/1", headers, payload });

  test("a handler sees the value and the very bytes", async () => {
    const text = '{ "name": "Zoë" }';
    expect((await patch(text)).json()).toEqual({
      body: { name: "Zoë" },
      bytes: Buffer.from(text).toString("hex"),
    });
  });

  test("a content type with parameters is JSON all the same", async () => {
    const headers = { "content-type": "application/json; odata.metadata=minimal; charset=utf-8" };
    expect((await patch("[1]", headers)).json().body).toEqual([1]);
  });

  test("a content type that is said twice alike counts once, said twice differently it is refused", async () => {
    for (const [type, status] of [
      ["application/json, application/json", 200],
      ["application/json, text/plain", 415],
    ] as const) {
      const answer = await patch('{"a":1}', { "content-type": type });
      expect(answer.statusCode).toBe(status);
    }
  });

  test("an absent body is undefined, also where a content type is sent", async () => {
    expect((await patch("")).json()).toEqual({ body: null, bytes: "" });
    const answer = await server.inject({ url: "/deals/1", headers: json });
    expect(answer.statusCode).toBe(200);
  });

  test("malformed JSON is 400 with the position, and its content is not repeated", async () => {
    const answer = await patch('{"email":"ada@example.com",}');
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      error: { code: "invalidRequest", innerError: { position: 27 } },
    });
    expect(answer.body).not.toContain("ada@");
  });

  test("bytes that aren't UTF-8 are 400", async () => {
    expect((await patch(Buffer.from([0x22, 0xff, 0x22]))).statusCode).toBe(400);
  });

  test.each(['{"__proto__":{"a":1}}', '{"a":{"\\u005f_proto__":1}}', '{"constructor":{}}'])(
    "%s changes no prototype",
    async (text) => {
      const answer = await patch(text);
      expect(({} as { a?: number }).a).toBeUndefined();
      expect(answer.statusCode).toBe(text.includes("proto") ? 400 : 200);
    },
  );

  test.each(["text/plain", "application/xml", "application/x-www-form-urlencoded"])(
    "a body of type %s is 415",
    async (type) => {
      const answer = await patch("x", { "content-type": type });
      expect(answer.statusCode).toBe(415);
      expect(answer.json()).toMatchObject({ error: { code: "unsupportedMediaType" } });
    },
  );

  test("a body over the limit is 413", async () => {
    const answer = await patch(JSON.stringify("x".repeat(1_000)));
    expect(answer.statusCode).toBe(413);
    expect(answer.json()).toMatchObject({ error: { code: "payloadTooLarge" } });
  });
});

test("what isn't HTTP is answered with 400, an error body, and a closed connection", async () => {
  await server.listen({ host: "127.0.0.1", port: 0 });
  const { port } = server.server.address() as { port: number };
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("NOT HTTP\r\n\r\n"));
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("end", () => resolve(text));
    socket.on("error", reject);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request/);
  expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toMatchObject({
    error: { code: "invalidRequest" },
  });
});

describe("a lane before the router", () => {
  const serveWith = (lane: Lane): void => {
    laned = createServer({ clock, random: systemRandom, log: silentLog, lane });
    laned.get("/deals/:id", async () => ({ from: "route" }));
  };
  const listen = (): Promise<string> => laned.listen({ host: "127.0.0.1", port: 0 });
  let laned: FastifyInstance;
  afterEach(() => laned.close());

  test("answers what it likes; the routes answer what it hands on, at once or later", async () => {
    serveWith((request, response, handOn) => {
      if (request.url === "/deals/1") response.end("lane");
      else if (request.url === "/deals/2") handOn();
      else setImmediate(handOn);
    });
    const url = await listen();
    const texts = [1, 2, 3].map(async (id) => (await fetch(`${url}/deals/${id}`)).text());
    const route = '{"from":"route"}';
    expect(await Promise.all(texts)).toEqual(["lane", route, route]);
  });

  test("isn't asked any more once the server closes: a connection in use is told to end", async () => {
    const asked: (string | undefined)[] = [];
    serveWith((request, _response, handOn) => {
      asked.push(request.url);
      handOn();
    });
    const slow = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    laned.addHook("preClose", (done) => {
      started.resolve();
      slow.promise.then(() => done());
    });
    const url = await listen();
    const agent = connect(Number(new URL(url).port), "127.0.0.1");
    const received: string[] = [];
    agent.on("data", (data) => received.push(String(data)));
    const ended = new Promise((resolve) => agent.once("close", resolve));
    const get = (id: number) => agent.write(`GET /deals/${id} HTTP/1.1\r\nhost: x\r\n\r\n`);
    get(1);
    await vi.waitFor(() => expect(received.join("")).toContain("route"));
    const closed = laned.close();
    await started.promise;
    get(2);
    await vi.waitFor(() => expect(received.join("").toLowerCase()).toContain("connection: close"));
    slow.resolve();
    await ended;
    await closed;
    expect(asked).toEqual(["/deals/1"]);
  });
});
