import { connect } from "node:net";
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../runtime/index.ts";
import { audiences } from "../options.ts";
import { minimalReferral, type StartTestService, type TestService } from "./service-kit-suite.ts";

const plain = "/v1.0/engagements/referrals";
/** The same operation at the address that is left to the routes. */
const routed = "/v1.0/engagements//referrals";
const unknownId = "00000000-0000-4000-8000-000000000000";
const issuer = "https://issuer.example";

/** What two requests have in common that differ in their address only. */
interface Request {
  readonly id: string;
  readonly query?: string;
  readonly method?: string;
  readonly version?: string;
  /** Sent as it is; none where it is empty. */
  readonly authorization?: string;
  readonly headers?: readonly string[];
}

/** Sends bytes and resolves to the bytes of the answer, up to its end by Content-Length. */
function exchange(port: number, sent: string, hasBody: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(sent));
    socket.setEncoding("latin1");
    socket.on("error", reject);
    socket.on("data", (data: string) => {
      received += data;
      const end = received.indexOf("\r\n\r\n");
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(received)?.[1]);
      if (end < 0 || (hasBody && received.length < end + 4 + length)) return;
      socket.destroy();
      resolve(received);
    });
  });
}

/** What differs from answer to answer by its nature. */
const withoutMoments = (answer: string): string =>
  answer.replaceAll(/^(request-id|timestamp|date): .*$/gim, "$1: …");

/** A caller whom another issuer vouches for, without any role. */
async function callerWithoutRole() {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), alg: "RS256" }] });
  const principal = {
    organizationId: "o-1",
    userId: "u-1",
    clientId: "c-1",
    roles: [],
    connectionKey: "k-1",
  };
  const token = await new SignJWT({ iss: issuer, aud: audiences.referrals })
    .setProtectedHeader({ alg: "RS256" })
    .setExpirationTime("1h")
    .sign(privateKey);
  const trusted = { issuer, audiences: [audiences.referrals], keys, toPrincipal: () => principal };
  return { trusted, authorization: `Bearer ${token}` };
}

/**
 * A plain GET by id is answered in front of the router; the same call at a doubled slash by the
 * routes. Nobody may see a difference.
 */
export function lanesSuite(startTestService: StartTestService): void {
  let service: TestService;
  let known: string;
  let roleless: string;
  let id: string;
  let passedMs = 0;

  beforeAll(async () => {
    const { trusted, authorization } = await callerWithoutRole();
    roleless = authorization;
    const clock = { ...systemClock, now: () => systemClock.now() + passedMs };
    service = await startTestService({ clock, trustedIssuers: [trusted] });
    known = `Bearer ${await service.token(service.admin)}`;
    const body = minimalReferral({ name: "Zoë’s mill — 株式会社 🪵" });
    id = (await service.call(plain, { method: "POST", body })).body.id;
  });
  afterAll(() => service.close());

  const ask = (start: string, request: Request): Promise<string> => {
    const { method = "GET", version = "1.1", query = "", headers = [] } = request;
    const { authorization = known } = request;
    const lines = [
      `${method} ${start}/${request.id}${query} HTTP/${version}`,
      "host: referrals.example",
      ...(authorization === "" ? [] : [`authorization: ${authorization}`]),
      ...headers,
    ];
    const { port } = new URL(service.urls.baseUrl);
    return exchange(Number(port), `${lines.join("\r\n")}\r\n\r\n`, method !== "HEAD");
  };
  /** Asks both ways, and tells the one answer that both gave. */
  const askBoth = async (request: Request): Promise<string> => {
    const [first, second] = [await ask(plain, request), await ask(routed, request)];
    expect(withoutMoments(first)).toBe(withoutMoments(second));
    expect(first).toMatch(/^request-id: [\da-f-]{36}\r$/m);
    expect(first).not.toBe(second);
    return first;
  };
  const tokenOf = async (client = service.admin) => `Bearer ${await service.token(client)}`;

  const found: readonly { readonly what: string; readonly request: Partial<Request> }[] = [
    { what: "a plain call", request: {} },
    {
      what: "a caller's ids",
      request: { headers: ["client-request-id: c-1", "MS-CorrelationId: m-1"] },
    },
    {
      what: "ids that are too long to echo",
      request: { headers: [`MS-CorrelationId: ${"m".repeat(200)}`] },
    },
    { what: "HTTP/1.0", request: { version: "1.0" } },
    { what: "a connection that is to end", request: { headers: ["connection: close"] } },
    { what: "a body that nobody reads", request: { headers: ["content-length: 0"] } },
    { what: "a content type said twice", request: { headers: ["content-type: a/b, a/b"] } },
    { what: "a query", request: { query: "?$select=name" } },
  ];
  it.each(found)("$what: 200, byte by byte alike", async ({ request }) => {
    const answer = await askBoth({ id, ...request });
    expect(answer).toContain("HTTP/1.1 200 OK");
    expect(Buffer.from(answer, "latin1").toString()).toContain("Zoë’s mill — 株式会社 🪵");
  });

  it("a user of the location: 200, byte by byte alike", async () => {
    const target = [{ type: "BusinessProfileLocation", id: service.user.locations[0] ?? "" }];
    const body = minimalReferral({ target });
    const own = (await service.call(plain, { method: "POST", body })).body.id;
    const authorization = await tokenOf(service.user);
    expect(await askBoth({ id: own, authorization })).toContain("200 OK");
  });

  it("a call that names a type and brings no body is answered as one with an empty body", async () => {
    const { port } = new URL(service.urls.baseUrl);
    const calls: readonly (readonly [string, string, string])[] = [
      [`POST ${plain}`, "application/json", '"code":"invalidRequest"'],
      [`PATCH ${plain}/${id}`, "application/json", '"code":"invalidRequest"'],
      [`POST ${plain}`, "text/xml", '"code":"unsupportedMediaType"'],
      ["POST /oauth2/v2.0/token", "application/x-www-form-urlencoded", '"error":"invalid_request"'],
    ];
    for (const [call, type, code] of calls) {
      const lines = [`${call} HTTP/1.1`, "host: x", `authorization: ${known}`];
      lines.push(`content-type: ${type}`);
      const answers = ["", "content-length: 0\r\n"].map((length) =>
        exchange(Number(port), `${lines.join("\r\n")}\r\n${length}\r\n`, true),
      );
      const [without = "", empty = ""] = await Promise.all(answers);
      expect(without.split("\r\n", 1)).toEqual(empty.split("\r\n", 1));
      for (const answer of [without, empty]) expect(answer).toContain(code);
    }
  });

  it("both ways are recorded, each once, under their route's pattern", async () => {
    const counts = async () => {
      const { text } = await service.call("/metrics");
      return [plain, routed].map((start) => {
        const series = `_count{method="GET",route="${start}/:id",status="200"} `;
        return Number(text.split(series)[1]?.split("\n")[0]);
      });
    };
    const before = await counts();
    for (let call = 0; call < 3; call += 1) await askBoth({ id });
    expect(await counts()).toEqual(before.map((count) => count + 3));
  });

  describe("refused alike:", () => {
    it("without a token, with a broken one and one for another service", async () => {
      const webhooks = `Bearer ${await service.token(service.admin, "webhooks")}`;
      for (const authorization of ["", "Basic eDp5", "Bearer a.b.c", `${known}x`, webhooks]) {
        expect(await askBoth({ id, authorization })).toContain('"code":"unauthenticated"');
      }
    });

    it("without a role", async () => {
      for (let call = 0; call < 2; call += 1) {
        expect(await askBoth({ id, authorization: roleless })).toContain('"code":"accessDenied"');
      }
    });

    it("where there is no such referral, or none for the caller", async () => {
      const notFound = '"code":"itemNotFound"';
      expect(await askBoth({ id: unknownId })).toContain(notFound);
      for (const client of [service.stranger, service.user]) {
        expect(await askBoth({ id, authorization: await tokenOf(client) })).toContain(notFound);
      }
    });

    it("by another method", async () => {
      expect(await askBoth({ id, method: "HEAD" })).toContain("405");
    });

    it("without a second factor, where one is asked for", async () => {
      await service.play("/mfa", { required: true }, "PUT");
      expect(await askBoth({ id })).toContain('"code":"900421"');
      await service.play("/mfa", { required: false }, "PUT");
      expect(await askBoth({ id })).toContain("200 OK");
    });

    it("by every fault that answers", async () => {
      for (const [fault, code] of [
        ["serverError", "generalException"],
        ["tooManyRequests", "tooManyRequests"],
      ] as const) {
        await service.play("/faults", { [fault]: 1 }, "PUT");
        expect(await askBoth({ id })).toContain(`"code":"${code}"`);
      }
      await service.play("/faults", {}, "PUT");
      expect(await askBoth({ id })).toContain("200 OK");
    });

    it("over the limit, which both ways of asking share", async () => {
      passedMs += 120_000;
      await service.play("/limit", { calls: 4 }, "PUT");
      // A call that finds nothing counts as one, not as two.
      await askBoth({ id: unknownId });
      expect(await askBoth({ id })).toContain("200 OK");
      expect(await askBoth({ id })).toMatch(/429 .*retry-after: 60/is);
      await service.play("/limit", { calls: 100_000 }, "PUT");
    });

    it("with a token that has expired meanwhile", async () => {
      passedMs += 86_400_000;
      expect(await askBoth({ id })).toContain("has expired");
    });
  });
}
