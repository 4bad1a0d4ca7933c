import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ReferralsError } from "../../contract/index.ts";
import { createServer, Metrics, type Principal, Throttle } from "../../http/index.ts";
import { silentLog, systemRandom } from "../../runtime/index.ts";
import { Presentation } from "../presentation.ts";
import type { StoredReferral } from "../store/referral-store.ts";
import { type ReadLaneOptions, readLane } from "./read-lane.ts";

const clock = { now: () => 1_800_000_000_000, sleep: async () => {} };
const id = "0b9f3f2e-58d2-4f3a-9a55-2f4f5a6f7a80";
const list = "/v1.0/engagements/referrals";
const stored: StoredReferral = {
  id,
  engagementId: "e-1",
  eTag: '"tag-1"',
  document: new TextEncoder().encode('{"name":"Zoë’s mill"}'),
  locationId: null,
};
const principal: Principal = {
  organizationId: "o-1",
  userId: "u-1",
  clientId: "c-1",
  roles: ["Referrals admin"],
  connectionKey: "k-1",
};
const authorization = "Bearer known";

let server: FastifyInstance;
let metrics: Metrics;
let counted: number;
let reads: number;

/** A server that has nothing but the lane: what is handed on finds no address. */
async function startLane(more: Partial<ReadLaneOptions> = {}): Promise<string> {
  const throttle = new Throttle({ clock, limit: 5 });
  const lane = readLane({
    clock,
    random: systemRandom,
    verifier: { recall: (text) => (text === authorization ? principal : undefined) },
    throttle: {
      admits: (key) => throttle.admits(key),
      take: (key) => {
        counted += 1;
        return throttle.take(key);
      },
    },
    directory: { organizationName: (name) => name, locationsOf: () => [] },
    referrals: {
      get: async (_scope, asked) => {
        reads += 1;
        if (asked !== id) throw new ReferralsError("itemNotFound");
        return stored;
      },
    },
    presentation: new Presentation(() => "https://here/v1.0/engagements"),
    observers: { metrics },
    isOpen: () => true,
    ...more,
  });
  server = createServer({ clock, random: systemRandom, log: silentLog, lane });
  return server.listen({ host: "127.0.0.1", port: 0 });
}

beforeEach(() => {
  metrics = new Metrics();
  counted = 0;
  reads = 0;
});

afterEach(() => server.close());

test("a plain GET by id is answered before the router is asked", async () => {
  const url = await startLane();
  const headers = { authorization, "client-request-id": "c-1", "ms-correlationid": "m-1" };
  const answer = await fetch(`${url}${list}/${id}`, { headers });
  expect(answer.status).toBe(200);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "request-id": expect.stringMatching(/^[\da-f-]{36}$/),
    timestamp: "2027-01-15T08:00:00.000Z",
    "client-request-id": "c-1",
    "ms-correlationid": "m-1",
    etag: '"tag-1"',
    "content-type": "application/json; charset=utf-8",
  });
  expect(await answer.json()).toMatchObject({ name: "Zoë’s mill", links: expect.any(Object) });
});

test("a call that is answered is counted once, by the limit and by the metrics", async () => {
  const url = await startLane();
  for (let call = 0; call < 3; call += 1) {
    await (await fetch(`${url}${list}/${id}`, { headers: { authorization } })).text();
  }
  await server.close();
  expect(counted).toBe(3);
  const series = `route="${list}/:id",status="200"} 3`;
  expect(await metrics.registry.metrics()).toContain(series);
});

test("calls over the limit are handed on", async () => {
  const url = await startLane();
  const statuses: number[] = [];
  for (let call = 0; call < 7; call += 1) {
    statuses.push((await fetch(`${url}${list}/${id}`, { headers: { authorization } })).status);
  }
  expect(statuses).toEqual([200, 200, 200, 200, 200, 404, 404]);
  expect([counted, reads]).toEqual([5, 5]);
});

test("a call is handed on where others reach the limit while it reads", async () => {
  const throttle = { admits: () => true, take: () => 60 };
  const url = await startLane({ throttle });
  expect((await fetch(`${url}${list}/${id}`, { headers: { authorization } })).status).toBe(404);
  expect(reads).toBe(1);
});

describe("handed on, neither counted nor recorded:", () => {
  const role = { ...principal, roles: [] };
  const other = id.replace("0b", "1c");
  const broken = (): never => {
    throw new ReferralsError("mfaRequired");
  };
  const cases: readonly {
    readonly what: string;
    readonly path?: string;
    readonly init?: RequestInit;
    readonly lane?: Partial<ReadLaneOptions>;
  }[] = [
    { what: "another method", init: { method: "PUT", body: "{}" } },
    { what: "a HEAD", init: { method: "HEAD" } },
    { what: "a query", path: `${list}/${id}?$select=name` },
    { what: "an empty query", path: `${list}/${id}?` },
    { what: "a slash at the end", path: `${list}/${id}/` },
    { what: "a doubled slash", path: `/v1.0/engagements//referrals/${id}` },
    { what: "an escaped id", path: `${list}/${id.replace("0b", "%30b")}` },
    { what: "an id in capitals", path: `${list}/${id.toUpperCase()}` },
    { what: "the list", path: list },
    { what: "a query as long as an id", path: `${list}/?$select=name,id,status,substatus,qu` },
    { what: "no token", init: { headers: {} } },
    { what: "a token not verified before", init: { headers: { authorization: "Bearer new" } } },
    { what: "a token that is refused", lane: { verifier: { recall: broken } } },
    { what: "a role that may not read", lane: { verifier: { recall: () => role } } },
    { what: "an unknown referral", path: `${list}/${other}` },
    { what: "a database that fails", lane: { referrals: { get: () => Promise.reject(broken) } } },
    { what: "a lane that is closed", lane: { isOpen: () => false } },
  ];
  test.each(cases)("$what", async ({ path = `${list}/${id}`, init, lane }) => {
    const url = await startLane(lane);
    const answer = await fetch(`${url}${path}`, { headers: { authorization }, ...init });
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain(init?.method === "HEAD" ? "" : "No such address.");
    await server.close();
    expect(counted).toBe(0);
    expect(await metrics.registry.metrics()).not.toContain("http_request_duration_seconds_count");
  });
});
