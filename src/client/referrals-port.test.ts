import { describe, expect, test } from "vitest";
import { ReferralsError } from "../contract/index.ts";
import { type Http, seededRandom } from "../runtime/index.ts";
import { createReferralsPort } from "./referrals-port.ts";
import {
  jumpingClock,
  numberedCredential,
  type Step,
  scriptedHttp,
  storedReferral,
} from "./testing/scripted-world.ts";

const eTag = '"00006d10-0000-0000-0000-5c70aa630000"';
const referral = storedReferral("r1", { eTag });

function portTo(...steps: readonly Step[]) {
  const clock = jumpingClock();
  const credential = numberedCredential(clock);
  const { http, requests } = scriptedHttp(...steps);
  const random = seededRandom(1);
  const port = createReferralsPort({ credential, http, clock, random, callerId: "crm-1" });
  return { port, requests, clock, credential };
}

const failing = async (work: Promise<unknown>): Promise<ReferralsError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ReferralsError);
  return error as ReferralsError;
};

describe("what is sent", () => {
  test("each call carries token, ids, caller and correlation", async () => {
    const { port, requests } = portTo({ status: 200, body: referral });
    await port.get("r 1/x", { correlationId: "corr-7" });
    expect(requests).toHaveLength(1);
    expect(requests[0]?.method).toBe("GET");
    expect(requests[0]?.url).toBe(
      "https://api.partner.microsoft.com/v1.0/engagements/referrals/r%201%2Fx",
    );
    expect(requests[0]?.headers).toMatchObject({
      authorization: "Bearer token-1",
      "ms-correlationid": "corr-7",
      "x-caller-id": "crm-1",
      accept: "application/json",
    });
    expect(requests[0]?.headers["client-request-id"]).toMatch(/^[\da-f-]{36}$/);
  });

  test("If-Match goes out verbatim, quotes included", async () => {
    const { port, requests } = portTo({ status: 200, body: referral });
    const operations = [{ op: "replace", path: "/details/notes", value: "x" }] as const;
    await port.patch("r1", operations, { ifMatch: eTag });
    expect(requests[0]?.headers["if-match"]).toBe('"00006d10-0000-0000-0000-5c70aa630000"');
    expect(requests[0]?.headers.prefer).toBe("return=representation");
    expect(JSON.parse(requests[0]?.body ?? "")).toEqual(operations);
  });

  test("a PUT sends everything that was received, but for the links", async () => {
    const received = { ...referral, links: { self: { uri: "x" } }, laterField: { a: [1] } };
    const { port, requests } = portTo(
      { status: 200, body: received },
      { status: 200, body: received },
    );
    const stored = await port.get("r1");
    await port.update(stored.referral, { ifMatch: stored.eTag });
    const { links: _, ...expected } = received;
    expect(JSON.parse(requests[1]?.body ?? "")).toEqual(expected);
  });

  test("a list's query options are escaped, and absent ones are left out", async () => {
    const { port, requests } = portTo({ status: 200, body: { value: [] } });
    await port.listPage({ filter: "name eq 'A&B #1'", top: 0, count: true, maxPageSize: 20 });
    expect(requests[0]?.url).toBe(
      "https://api.partner.microsoft.com/v1.0/engagements/referrals" +
        "?$filter=name%20eq%20'A%26B%20%231'&$top=0&$count=true",
    );
    expect(requests[0]?.headers.prefer).toBe("odata.maxpagesize=20");
  });
});

describe("one method is one HTTP call", () => {
  const outcomes: readonly [string, Step, string][] = [
    ["500", { status: 500 }, "outcomeUnknown"],
    ["502", { status: 502, body: "<html>" }, "outcomeUnknown"],
    ["503", { status: 503, headers: { "retry-after": "3" } }, "outcomeUnknown"],
    ["504", { status: 504 }, "outcomeUnknown"],
    ["a timeout", "timeout", "outcomeUnknown"],
    ["a lost connection", "connection-lost", "outcomeUnknown"],
    ["a refused connection", "unreachable", "unreachable"],
    ["429", { status: 429 }, "tooManyRequests"],
    ["400", { status: 400, body: { error: { code: "invalidRequest" } } }, "invalidRequest"],
    ["a success without a document", { status: 201, body: "" }, "outcomeUnknown"],
  ];
  test.each(outcomes)("a create that meets %s is sent once", async (_name, step, code) => {
    const { port, requests } = portTo(step);
    const error = await failing(port.create(referral));
    expect(error.code).toBe(code);
    expect(requests).toHaveLength(1);
  });

  const reads: readonly [string, Step, string, boolean][] = [
    ["500", { status: 500 }, "generalException", true],
    ["503", { status: 503 }, "serviceNotAvailable", true],
    ["a timeout", "timeout", "timeout", true],
    ["401", { status: 401, body: { error: { code: "900421" } } }, "mfaRequired", false],
    ["404", { status: 404 }, "itemNotFound", false],
    ["a document that is no referral", { status: 200, body: { id: 5 } }, "invalidAnswer", false],
  ];
  test.each(reads)("a get that meets %s is sent once", async (_name, step, code, retryable) => {
    const { port, requests } = portTo(step);
    const error = await failing(port.get("r1"));
    expect(error).toMatchObject({ code, retryable });
    expect(requests).toHaveLength(1);
  });

  test("a stale eTag is news of its own, with the ids that support asks for", async () => {
    const body = { error: { code: "resourceModified", message: "changed" } };
    const headers = { "request-id": "req-1", "client-request-id": "cli-1" };
    const { port } = portTo({ status: 412, body, headers });
    const error = await failing(port.patch("r1", [], { ifMatch: eTag }));
    expect(error).toMatchObject({
      code: "resourceModified",
      status: 412,
      requestId: "req-1",
      clientRequestId: "cli-1",
    });
  });

  test("only a conditional write without an answer may be repeated", async () => {
    const { port } = portTo("timeout", "timeout");
    const conditional = await failing(port.patch("r1", [], { ifMatch: eTag }));
    expect(conditional).toMatchObject({ code: "timeout", retryable: true });
    const blind = await failing(port.patch("r1", [], { ifMatch: "*" }));
    expect(blind).toMatchObject({ code: "outcomeUnknown", retryable: false });
  });

  test("429 tells how long to wait, in milliseconds", async () => {
    const { port } = portTo({ status: 429, headers: { "retry-after": "7" } });
    expect((await failing(port.get("r1"))).retryAfterMs).toBe(7000);
  });

  test("an abort is the caller's own reason, not an error of the service", async () => {
    const { port } = portTo({ status: 200, body: referral });
    const abortSignal = AbortSignal.abort(new Error("shutting down"));
    await expect(port.get("r1", { abortSignal })).rejects.toThrow("shutting down");
  });
});

test("an error names our own request id, also where no answer brought one back", async () => {
  const { port, requests } = portTo("timeout", { status: 500 });
  const silent = await failing(port.get("r1"));
  const terse = await failing(port.get("r1"));
  expect([silent.clientRequestId, terse.clientRequestId]).toEqual(
    requests.map((request) => request.headers["client-request-id"]),
  );
});

describe("next links", () => {
  const pageWith = (nextLink: string): Step => ({
    status: 200,
    body: { value: [referral], "@odata.nextLink": nextLink },
  });
  const url = "https://api.partner.microsoft.com/v1.0/engagements/referrals";

  test("an http link is raised to https", async () => {
    const { port, requests } = portTo({ status: 200, body: { value: [] } });
    await port.listPage({ nextLink: `${url.replace("https", "http")}?$skiptoken=2` });
    expect(requests[0]?.url).toBe(`${url}?$skiptoken=2`);
  });

  test.each([
    "https://evil.example/v1.0/engagements/referrals?$skiptoken=2",
    "https://api.partner.microsoft.com.evil.example/x",
    "https://user:pass@api.partner.microsoft.com/x",
    "https://api.partner.microsoft.com:8443/x",
    "//evil.example/x",
    "ftp://api.partner.microsoft.com/x",
  ])("a link to %s is refused before a token leaves", async (nextLink) => {
    const { port, requests, credential } = portTo();
    const error = await failing(port.listPage({ nextLink }));
    expect(error).toMatchObject({ code: "invalidAnswer", target: "@odata.nextLink" });
    expect(requests).toHaveLength(0);
    expect(credential.asked).toBe(0);
  });

  test("a redirect to another host is an error, not a second call", async () => {
    const headers = { location: "https://evil.example/" };
    const { port, requests } = portTo({ status: 307, headers }, { status: 302, headers });
    expect(await failing(port.get("r1"))).toMatchObject({ code: "invalidAnswer", status: 307 });
    expect(await failing(port.create(referral))).toMatchObject({ code: "invalidAnswer" });
    expect(requests).toHaveLength(2);
  });

  test("a page that names itself as the next one is refused", async () => {
    const { port } = portTo(pageWith(`${url}?$skiptoken=2`));
    const error = await failing(port.listPage({ nextLink: `${url}?$skiptoken=2` }));
    expect(error.message).toContain("leads back");
  });
});

describe("tokens", () => {
  test("one token serves all calls until shortly before its end", async () => {
    const ok: Step = { status: 200, body: referral };
    const { port, requests, clock, credential } = portTo(ok, ok, ok, ok);
    await Promise.all([port.get("r1"), port.get("r1")]);
    clock.advance(3_400_000);
    await port.get("r1");
    expect(credential.asked).toBe(1);
    clock.advance(100_000);
    await port.get("r1");
    expect(credential.asked).toBe(2);
    expect(requests[3]?.headers.authorization).toBe("Bearer token-2");
  });
});

test.each(["http://api.partner.microsoft.com", "https://u:p@api.example", "ftp://x.example"])(
  "the endpoint %s is refused at creation",
  (endpoint) => {
    const credential = numberedCredential(jumpingClock());
    expect(() => createReferralsPort({ credential, endpoint })).toThrow(TypeError);
  },
);

test("a refused token is not used again, though its time is not over", async () => {
  const asked: (string | undefined)[] = [];
  const credential = {
    getToken: async (_scopes: string | string[], options?: { readonly claims?: string }) => {
      asked.push(options?.claims);
      const token = options?.claims === undefined ? "first" : "second";
      return { token, expiresOnTimestamp: Date.UTC(2100, 0, 1) };
    },
  };
  const sent: (string | undefined)[] = [];
  const http: Http = async ({ headers }) => {
    sent.push(headers.authorization);
    const isRefused = headers.authorization === "Bearer first";
    return { status: isRefused ? 401 : 404, headers: {}, body: "{}" };
  };
  const port = createReferralsPort({ credential, http, endpoint: "http://127.0.0.1:1" });
  await expect(port.get("one")).rejects.toMatchObject({ status: 401 });
  await expect(port.get("one")).rejects.toMatchObject({ status: 404 });
  expect(sent).toEqual(["Bearer first", "Bearer second"]);
  expect(asked).toEqual([undefined, undefined, "{}"]);
});
