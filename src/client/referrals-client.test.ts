import { describe, expect, test } from "vitest";
import { ReferralsError } from "../contract/index.ts";
import { seededRandom } from "../runtime/index.ts";
import { ReferralsClient, type ReferralsClientOptions } from "./referrals-client.ts";
import {
  jumpingClock,
  numberedCredential,
  type Step,
  scriptedHttp,
  storedReferral,
} from "./testing/scripted-world.ts";

const url = "https://api.partner.microsoft.com/v1.0/engagements/referrals";
const referral = storedReferral("r1");
const ok: Step = { status: 200, body: referral };

function clientTo(steps: readonly Step[], options: Partial<ReferralsClientOptions> = {}) {
  const clock = jumpingClock();
  const { http, requests } = scriptedHttp(...steps);
  const credential = numberedCredential(clock);
  const random = seededRandom(7);
  const client = new ReferralsClient({ credential, http, clock, random, ...options });
  return { client, requests, clock, credential };
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof ReferralsError ? error.code : `no ReferralsError: ${String(error)}`;
};

describe("what is repeated", () => {
  const create = (client: ReferralsClient): Promise<unknown> => client.createReferral(referral);
  const createWithId = (client: ReferralsClient): Promise<unknown> =>
    client.createReferral(referral, { requestId: "req-1" });
  const read = (client: ReferralsClient): Promise<unknown> => client.getReferral("r1");
  const notes = [{ op: "replace", path: "/name", value: referral.name }] as const;
  const patch = (client: ReferralsClient): Promise<unknown> =>
    client.patchReferral(referral, notes);
  const patchBlindly = (client: ReferralsClient): Promise<unknown> =>
    client.patchReferral(referral, notes, { ifMatch: "*" });
  const put = (client: ReferralsClient): Promise<unknown> => client.updateReferral(referral);

  const meets = {
    "a refused connection": "unreachable",
    "429": { status: 429, headers: { "retry-after": "1" } },
    "500": { status: 500 },
    "503": { status: 503 },
    "a timeout": "timeout",
    "a lost connection": "connection-lost",
  } as const satisfies Record<string, Step>;
  type Fault = keyof typeof meets;
  const harmless: readonly Fault[] = ["a refused connection", "429"];
  const every = Object.keys(meets) as Fault[];

  const rows: readonly [string, (client: ReferralsClient) => Promise<unknown>, readonly Fault[]][] =
    [
      ["a create", create, harmless],
      ["a create whose id the service may ignore", createWithId, harmless],
      ["a read", read, every],
      ["a PATCH under If-Match", patch, every],
      ["a PUT under If-Match", put, every],
      ["a PATCH under *", patchBlindly, harmless],
    ];
  const cases = rows.flatMap(([name, act, repeated]) =>
    every.map((fault) => [name, fault, repeated.includes(fault), act] as const),
  );
  test.each(cases)("%s that meets %s: repeated = %s", async (_name, fault, isRepeated, act) => {
    const { client, requests } = clientTo([meets[fault], ok]);
    const error = await act(client).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(requests).toHaveLength(isRepeated ? 2 : 1);
    expect(error === undefined).toBe(isRepeated);
    if (!isRepeated) expect(error).toMatchObject({ code: "outcomeUnknown" });
  });

  test("a create is repeated with the same MS-RequestId where the service honours it", async () => {
    const { client, requests } = clientTo(["timeout", ok], { requestIdsHonoured: true });
    await client.createReferral(referral);
    const ids = requests.map((request) => request.headers["ms-requestid"]);
    expect(ids[0]).toMatch(/^[\da-f-]{36}$/);
    expect(ids[1]).toBe(ids[0]);
  });

  test("pauses grow, stay within their bounds, and end after the last attempt", async () => {
    const { client, clock, requests } = clientTo([
      { status: 500 },
      { status: 500 },
      { status: 500 },
      { status: 500 },
    ]);
    expect(await codeOf(client.getReferral("r1"))).toBe("generalException");
    expect(requests).toHaveLength(4);
    expect(clock.sleeps).toHaveLength(3);
    for (const [index, bound] of [500, 1000, 2000].entries()) {
      expect(clock.sleeps[index]).toBeGreaterThanOrEqual(bound / 2);
      expect(clock.sleeps[index]).toBeLessThanOrEqual(bound);
    }
  });

  test("Retry-After is waited for, unless it is longer than the caller allows", async () => {
    const refusal = (seconds: string): Step => ({
      status: 429,
      headers: { "retry-after": seconds },
    });
    const patient = clientTo([refusal("30"), ok]);
    const began = patient.clock.now();
    await patient.client.getReferral("r1");
    expect(patient.clock.now() - began).toBeGreaterThanOrEqual(30_000);
    const impatient = clientTo([refusal("3600")]);
    const error = await impatient.client.getReferral("r1").catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "tooManyRequests", retryAfterMs: 3_600_000 });
    expect(impatient.clock.sleeps).toEqual([]);
  });

  test("a 401 is answered with a new token once, and is not taken twice", async () => {
    const { client, requests, credential } = clientTo([{ status: 401 }, ok]);
    await client.getReferral("r1");
    expect(requests[1]?.headers.authorization).toBe("Bearer token-2");
    expect(credential.asked).toBe(2);
    const refused = clientTo([{ status: 401 }, { status: 401 }]);
    expect(await codeOf(refused.client.getReferral("r1"))).toBe("unauthenticated");
  });

  test("an abort while waiting ends the call at once", async () => {
    const abort = new AbortController();
    const { http } = scriptedHttp({ status: 503 }, ok);
    const clock = jumpingClock();
    const client = new ReferralsClient({
      credential: numberedCredential(clock),
      http: async (request) => {
        abort.abort(new Error("closing"));
        return http({ ...request, signal: new AbortController().signal });
      },
      clock,
    });
    const work = client.getReferral("r1", { abortSignal: abort.signal });
    await expect(work).rejects.toThrow("closing");
  });
});

describe("a repeated conditional write that meets 412", () => {
  const operations = [{ op: "replace", path: "/details/dealValue", value: "6000" }] as const;
  const changed = (dealValue: number): Step => ({
    status: 200,
    body: { ...referral, eTag: '"r1-2"', details: { dealValue, currency: "USD" } },
  });

  test("has succeeded if the referral holds what was written", async () => {
    const { client, requests } = clientTo(["timeout", { status: 412 }, changed(6000)]);
    const written = await client.patchReferral(referral, operations);
    expect(written.eTag).toBe('"r1-2"');
    expect(requests.map((request) => request.method)).toEqual(["PATCH", "PATCH", "GET"]);
  });

  test("has failed if the referral holds something else", async () => {
    const { client } = clientTo(["timeout", { status: 412 }, changed(7000)]);
    expect(await codeOf(client.patchReferral(referral, operations))).toBe("preconditionFailed");
  });

  test("is not looked into where the first send was refused for certain", async () => {
    const { client, requests } = clientTo([{ status: 429 }, { status: 412 }]);
    expect(await codeOf(client.patchReferral(referral, operations))).toBe("preconditionFailed");
    expect(requests).toHaveLength(2);
  });

  test("is compared as a whole for a PUT", async () => {
    const edited = { ...referral, name: "New name" };
    const stored = { ...edited, eTag: '"r1-2"', updatedDateTime: "2027-01-02T00:00:00Z" };
    const done = clientTo(["timeout", { status: 412 }, { status: 200, body: stored }]);
    expect((await done.client.updateReferral(edited)).eTag).toBe('"r1-2"');
    const other = { ...stored, name: "Somebody else's name" };
    const lost = clientTo(["timeout", { status: 412 }, { status: 200, body: other }]);
    expect(await codeOf(lost.client.updateReferral(edited))).toBe("preconditionFailed");
  });
});

describe("If-Match", () => {
  test("is the document's own eTag, on PATCH and PUT", async () => {
    const { client, requests } = clientTo([ok, ok, ok]);
    const document = await client.getReferral("r1");
    await client.patchReferral(document, []);
    await client.updateReferral(document);
    expect(requests.slice(1).map((request) => request.headers["if-match"])).toEqual([
      '"r1-1"',
      '"r1-1"',
    ]);
  });

  test("is never assumed to be *: without an eTag the call is not made", async () => {
    const { client, requests } = clientTo([ok]);
    expect(await codeOf(client.patchReferral({ id: "r1" }, []))).toBe("preconditionRequired");
    expect(await codeOf(client.updateReferral({ ...referral, eTag: null }))).toBe(
      "preconditionRequired",
    );
    expect(requests).toHaveLength(0);
    await client.patchReferral({ id: "r1" }, [], { ifMatch: "*" });
    expect(requests[0]?.headers["if-match"]).toBe("*");
  });
});

test("a service that answers a PATCH without a document is asked for it", async () => {
  const { client, requests } = clientTo([{ status: 204, body: "" as const }, ok]);
  expect((await client.patchReferral(referral, [])).id).toBe("r1");
  expect(requests.map((request) => request.method)).toEqual(["PATCH", "GET"]);
});

test("the shortcuts write status and substatus in one PATCH", async () => {
  const { client, requests } = clientTo([ok, ok, ok, ok]);
  await client.acceptReferral(referral);
  await client.declineReferral(referral, { statusReason: "Capacity" });
  await client.winReferral(referral);
  await client.loseReferral(referral, { statusReason: "Budget" });
  const replace = (path: string, value: string) => ({ op: "replace", path, value });
  expect(requests.map((request) => JSON.parse(request.body ?? ""))).toEqual([
    [replace("/status", "Active"), replace("/substatus", "Accepted")],
    [
      replace("/status", "Closed"),
      replace("/substatus", "Declined"),
      replace("/statusReason", "Capacity"),
    ],
    [replace("/status", "Closed"), replace("/substatus", "Won")],
    [
      replace("/status", "Closed"),
      replace("/substatus", "Lost"),
      replace("/statusReason", "Budget"),
    ],
  ]);
});

test("deal registrations go to their own two addresses, value by value", async () => {
  const { client, requests } = clientTo([ok, ok]);
  await client.createDealRegistration(referral, { contract: { value: 5, term: "Finite" } });
  await client.updateDealRegistration(referral, {
    contract: { value: 6 },
    solutionDetails: [{ isDeployedOnAzure: true }],
  });
  expect(requests.map((request) => request.url)).toEqual([`${url}/r1/`, `${url}/r1//`]);
  expect(JSON.parse(requests[0]?.body ?? "")).toEqual([
    {
      op: "add",
      path: "/registrations/-",
      value: { type: "AzureIPCoSell", contract: { value: 5, term: "Finite" } },
    },
  ]);
  expect(JSON.parse(requests[1]?.body ?? "")).toEqual([
    { op: "add", path: "/registrations/0/contract/value", value: 6 },
    { op: "add", path: "/registrations/0/solutionDetails/0/isDeployedOnAzure", value: true },
  ]);
});
