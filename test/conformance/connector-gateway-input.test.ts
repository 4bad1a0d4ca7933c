import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/runtime/index.ts";
import {
  ask,
  type GatewayAnswer,
  type GatewayCall,
  type RunningGateway,
  runGateway,
  type Tokens,
} from "./running-gateway.ts";
import { accidentProneHttp, type Mishap, newReferral } from "./running-service.ts";

const base = "/v1.0/engagements/referrals";
const patch = (path: string, value: unknown) => [{ op: "replace", path, value }];

let running: RunningGateway;
let tokens: Tokens;
let open: { readonly id: string; readonly eTag: string };
let closed: { readonly id: string };
let foreign: { readonly id: string };
beforeAll(async () => {
  running = await runGateway({ callLimit: 100_000 });
  tokens = await running.connect();
  const { service } = running;
  open = await service.clientOf().createReferral(newReferral());
  const lost = await service.clientOf().createReferral(newReferral());
  closed = await service.clientOf().loseReferral(lost, { statusReason: "Price" });
  foreign = await service.clientOf(service.apps.stranger).createReferral(newReferral());
});
afterAll(() => running.close());

/** The same call straight to the service. */
async function direct(path: string, call: GatewayCall): Promise<GatewayAnswer> {
  const { service } = running;
  const token = await service.credentialOf().getToken("https://api.partner.microsoft.com/.default");
  const body = call.text ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
  return ask(`${service.urls.baseUrl}${path}`, {
    method: call.method ?? "GET",
    headers: {
      authorization: `Bearer ${token.token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...call.headers,
    },
    ...(body === undefined ? {} : { body }),
  });
}

const count = async (): Promise<number> =>
  (await direct(`${base}?$count=true&$top=0`, {})).body["@odata.count"];

const invalid = newReferral();
type Case = readonly [
  what: string,
  status: number,
  code: string,
  path: () => string,
  call: () => GatewayCall,
];
const cases: readonly Case[] = [
  ["malformed JSON", 400, "invalidRequest", () => base, () => ({ method: "POST", text: '{"a":' })],
  [
    "a wrong type",
    400,
    "invalidRequest",
    () => base,
    () => ({ method: "POST", body: { ...invalid, details: { dealValue: "much" } } }),
  ],
  [
    "a missing required field",
    400,
    "invalidRequest",
    () => base,
    () => ({ method: "POST", body: { name: "nothing else" } }),
  ],
  [
    "a country that is none",
    400,
    "invalidRequest",
    () => base,
    () => ({
      method: "POST",
      body: { ...invalid, customerProfile: { name: "x", address: { country: "XX" } } },
    }),
  ],
  [
    "a currency that is none",
    400,
    "invalidRequest",
    () => base,
    () => ({ method: "POST", body: { ...invalid, details: { currency: "XYZ" } } }),
  ],
  [
    "an unknown patch path",
    400,
    "invalidRequest",
    () => `${base}/${open.id}`,
    () => ({ method: "PATCH", body: patch("/details/mood", "good") }),
  ],
  [
    "a read-only patch path",
    400,
    "invalidRequest",
    () => `${base}/${open.id}`,
    () => ({ method: "PATCH", body: patch("/createdDateTime", "2030-01-01T00:00:00Z") }),
  ],
  [
    "an illegal transition",
    400,
    "illegalTransition",
    () => `${base}/${open.id}`,
    () => ({
      method: "PATCH",
      body: [...patch("/status", "New"), ...patch("/substatus", "Pending")],
    }),
  ],
  [
    "a final state",
    400,
    "finalState",
    () => `${base}/${closed.id}`,
    () => ({ method: "PATCH", body: patch("/details/notes", "too late") }),
  ],
  [
    "a missing If-Match",
    428,
    "preconditionRequired",
    () => `${base}/${open.id}`,
    () => ({ method: "PUT", body: newReferral() }),
  ],
  [
    "a stale If-Match",
    412,
    "preconditionFailed",
    () => `${base}/${open.id}`,
    () => ({ method: "PUT", body: newReferral(), headers: { "if-match": '"stale"' } }),
  ],
  [
    "a wrong content type",
    415,
    "unsupportedMediaType",
    () => base,
    () => ({ method: "POST", text: "<a/>", headers: { "content-type": "application/xml" } }),
  ],
  [
    "a body over the limit",
    413,
    "payloadTooLarge",
    () => base,
    () => ({ method: "POST", body: { ...invalid, name: "x".repeat(2 * 1024 * 1024) } }),
  ],
  ["bad OData", 400, "invalidFilter", () => `${base}?$filter=status%20eq`, () => ({})],
  ["an unknown id", 404, "itemNotFound", () => `${base}/unknown`, () => ({})],
  ["another organisation's id", 404, "itemNotFound", () => `${base}/${foreign.id}`, () => ({})],
  ["a wrong escape", 400, "invalidRequest", () => `${base}/%zz`, () => ({})],
];

describe("bad input is answered as the service answers it, and stores nothing", () => {
  test.each(cases)("%s: %i %s", async (_what, status, code, path, call) => {
    const before = await count();
    const through = await running.call(tokens, path(), call());
    const straight = await direct(path(), call());
    expect([through.status, through.body.error.code]).toEqual([status, code]);
    expect([straight.status, straight.body.error.code]).toEqual([status, code]);
    expect(through.body.error.innerError.remedy).toBe(straight.body.error.innerError.remedy);
    expect(await count()).toBe(before);
  });

  test("the position of what is wrong in a query is told", async () => {
    const { body } = await running.call(tokens, `${base}?$filter=status%20eq`);
    expect(body.error.innerError.position).toEqual(expect.any(Number));
  });
});

describe("who may call", () => {
  test.each([
    ["no token", undefined],
    ["a guessed token", "a".repeat(43)],
    ["text that is no token", "%"],
    ["a token of the service itself", "eyJhbGciOiJSUzI1NiJ9.e30.x"],
  ])("%s is answered 401 with a challenge", async (_what, token) => {
    const answer = await running.call(
      token === undefined ? undefined : { ...tokens, access_token: token },
      base,
    );
    expect([answer.status, answer.body.error.code]).toEqual([401, "unauthenticated"]);
    expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
  });

  test("a role without permission is answered 403, as by the service", async () => {
    const theirs = await running.connect(running.service.apps.user);
    const { status, body } = await running.call(theirs, `${base}/${open.id}`, {
      method: "PATCH",
      body: patch("/details/notes", "not mine"),
    });
    const straight = running.service.clientOf(running.service.apps.user);
    const refusal = await straight
      .patchReferral(open, [{ op: "replace", path: "/details/notes", value: "x" }])
      .catch((error: unknown) => error);
    expect(refusal).toMatchObject({ status, code: body.error.code });
    expect([403, 404]).toContain(status);
  });
});

describe("the limit of 100 calls a minute", () => {
  test("is each connection's own, told by 429 with Retry-After, and slides", async () => {
    let skippedMs = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + skippedMs };
    const limited = await runGateway({ service: running.service, clock });
    try {
      const [mine, other] = [await limited.connect(), await limited.connect()];
      const statuses: number[] = [];
      for (let call = 0; call < 101; call += 1) {
        statuses.push((await limited.call(mine, `${base}/unknown`)).status);
      }
      expect(statuses.slice(0, 100)).toEqual(Array(100).fill(404));
      expect(statuses[100]).toBe(429);
      const refused = await limited.call(mine, base);
      expect(refused.body.error.code).toBe("tooManyRequests");
      const waitS = Number(refused.headers.get("retry-after"));
      expect(waitS).toBeGreaterThan(0);
      expect(waitS).toBeLessThanOrEqual(60);
      expect((await limited.call(other, `${base}/unknown`)).status).toBe(404);
      skippedMs = waitS * 1000;
      expect((await limited.call(mine, `${base}/unknown`)).status).toBe(404);
    } finally {
      await limited.gateway.close();
    }
  });

  test("of the service behind it is passed on as it is", async () => {
    await running.service.play("/limit", { calls: 1 });
    const answers = [await running.call(tokens, base), await running.call(tokens, base)];
    await running.service.play("/limit", { calls: 100_000 });
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body.error.code).toBe("tooManyRequests");
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});

describe("mishaps on the way to the service", () => {
  const withMishap = async (mishap: Mishap, method: "GET" | "POST") => {
    const { http } = accidentProneHttp([mishap]);
    const prone = await runGateway({ service: running.service, http });
    try {
      const connection = await prone.connect();
      const body = method === "POST" ? { body: newReferral() } : {};
      return await prone.call(connection, base, { method, ...body });
    } finally {
      await prone.gateway.close();
    }
  };

  test("a service out of reach is a 502, and nothing was sent", async () => {
    const { status, body } = await withMishap("neverSent", "POST");
    expect([status, body.error.code]).toEqual([502, "unreachable"]);
  });

  test("a create without an answer has an unknown outcome, and isn't repeated", async () => {
    const before = await count();
    const { status, body } = await withMishap("answerLost", "POST");
    expect([status, body.error.code]).toEqual([504, "outcomeUnknown"]);
    expect(await count()).toBe(before + 1);
  });

  test("a read without an answer is a 504", async () => {
    const { status, body } = await withMishap("answerLost", "GET");
    expect([status, body.error.code]).toEqual([504, "timeout"]);
  });

  test("a failure of the service is passed on", async () => {
    expect((await withMishap("failsBefore", "GET")).status).toBe(503);
  });
});
