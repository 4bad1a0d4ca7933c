import { afterEach, beforeEach, expect, test } from "vitest";
import type {
  DealDetail,
  OperatorStatus,
  Pipeline,
  ProblemGroup,
  Trends,
} from "../contract/index.ts";
import { seededRandom, silentLog } from "../runtime/index.ts";
import { type Database, openDatabase } from "../storage/index.ts";
import { type SmallWorld, smallMapping, smallWorld } from "../sync/small-world-suite.ts";
import { createOperations } from "./create-operations.ts";

const dayMs = 86_400_000;
const signInEndsAt = Date.UTC(2027, 0, 5);
let world: SmallWorld;
let database: Database;
let server: Awaited<ReturnType<typeof createOperations>>;

beforeEach(async () => {
  world = await smallWorld({ isApproved: true });
  const deal = { share: true, name: "Ledger move", dealValue: 10, customer: "Adatum" };
  world.crm.add({ ...deal, stage: "Open" });
  await world.sync();
  database = await openDatabase(":memory:");
  server = await openServer();
});
afterEach(async () => {
  await server.close();
  await database.close();
});

function openServer() {
  return createOperations({
    desk: {
      engine: world.engine,
      ledger: world.ledger,
      settings: world.environment.settings,
      clock: world.clock,
      database,
      mapping: smallMapping,
      random: seededRandom(1),
      log: silentLog,
      environment: "staging",
      signInEnds: async () => ({ referral: signInEndsAt }),
    },
  });
}

async function ask<T>(url: string, body?: object): Promise<T> {
  const method = body ? "POST" : "GET";
  const headers = { host: "localhost:4400" };
  return (await server.inject({ url, method, headers, ...(body ? { payload: body } : {}) })).json();
}

const sum = (trends: Trends, name: "toCrm" | "toPartnerCenter"): number =>
  trends.hours.reduce((total, hour) => total + hour[name], 0);

test("a change counts once in its hour and its direction, however often is asked", async () => {
  const before = sum(await ask<Trends>("/api/trends"), "toPartnerCenter");
  world.crm.edit("c1", { dealValue: 11 });
  await world.sync();
  await ask<Trends>("/api/trends");
  const after = await ask<Trends>("/api/trends");
  expect(sum(after, "toPartnerCenter")).toBe(before + 1);
  world.referrals.edit("r1", { "/details/dealValue": 12 });
  const toCrm = sum(after, "toCrm");
  await world.sync();
  expect(sum(await ask<Trends>("/api/trends"), "toCrm")).toBe(toCrm + 1);
});

test("how far behind it is: nothing at rest, the age of the oldest change while it is under way", async () => {
  expect((await ask<OperatorStatus>("/api/status")).staleness.nowMs).toBe(0);
  world.crm.edit("c1", { dealValue: 11 });
  await world.engine.pollCrm();
  await world.clock.advance(7_000);
  const { staleness } = await ask<OperatorStatus>("/api/status");
  const pair = await world.onlyPair();
  expect(staleness).toMatchObject({ nowMs: 7_000, oldestPairId: pair.id });
  await world.sync();
  const settled = (await ask<OperatorStatus>("/api/status")).staleness;
  expect(settled.nowMs).toBe(0);
  expect(settled.p95Ms).toBeGreaterThanOrEqual(7_000);
});

test("first writes are counted apart: nobody had edited what they would be measured by", async () => {
  const staleness = async () => (await ask<OperatorStatus>("/api/status")).staleness;
  const trends = await ask<Trends>("/api/trends");
  const firstWrites = sum(trends, "toPartnerCenter") + sum(trends, "toCrm");
  expect(firstWrites).toBeGreaterThan(0);
  expect((await staleness()).firstWrites).toBe(firstWrites);
  expect((await staleness()).p95Ms).toBeUndefined();
  world.crm.edit("c1", { dealValue: 11 });
  await world.sync();
  expect(await staleness()).toMatchObject({ firstWrites, p95Ms: expect.any(Number) });
  await world.clock.advance(61 * 60_000);
  expect(await staleness()).toEqual({ nowMs: 0, firstWrites: 0 });
});

test("how long changes take is still known after a restart", async () => {
  world.crm.edit("c1", { dealValue: 11 });
  await world.engine.pollCrm();
  await world.clock.advance(7_000);
  await world.sync();
  const before = (await ask<OperatorStatus>("/api/status")).staleness.p95Ms;
  expect(before).toBeGreaterThanOrEqual(7_000);
  await server.close();
  server = await openServer();
  expect((await ask<OperatorStatus>("/api/status")).staleness.p95Ms).toBe(before);
});

test("the end of a sign-in stands beside its system, and none where it renews itself", async () => {
  const { upstreams } = await ask<OperatorStatus>("/api/status");
  const ends = upstreams.map(({ side, signInEndsAt: end }) => [side, end]);
  expect(ends).toEqual([
    ["referral", signInEndsAt],
    ["crm", undefined],
  ]);
});

test("both systems are well while their walks end, and one that stays silent is named", async () => {
  const states = async () =>
    (await ask<OperatorStatus>("/api/status")).upstreams.map(({ state }) => state);
  expect(await states()).toEqual(["well", "well"]);
  await world.clock.advance(60 * 60_000);
  expect(await states()).toEqual(["failing", "failing"]);
});

test("the pipeline tells how many deals stand where, and what was won in this week", async () => {
  const stageOf = ({ stages }: Pipeline, name: string) =>
    stages.find(({ stage }) => stage === name)?.deals;
  expect(stageOf(await ask<Pipeline>("/api/pipeline"), "Won")).toBe(0);
  const { id } = await world.onlyPair();
  const now = new Date(world.clock.now()).toISOString();
  for (const status of ["Active/Accepted", "Closed/Won"]) {
    await ask(`/api/deals/${id}/edit`, { values: { status } });
    await world.sync();
  }
  world.referrals.edit("r1", { "/closedDateTime": now });
  await world.sync();
  const pipeline = await ask<Pipeline>("/api/pipeline");
  expect(stageOf(pipeline, "Won")).toBe(1);
  expect(pipeline.weeks.at(-1)?.won).toBe(1);
  expect(pipeline.winRate).toBe(1);
});

test("deals that stand still for one cause are one problem, and are tried again together", async () => {
  world.crm.edit("c1", { stage: "Nowhere" });
  await world.sync();
  const { groups } = await ask<{ groups: readonly ProblemGroup[] }>("/api/problems");
  expect(groups).toHaveLength(1);
  expect(groups[0]?.remedy).not.toBe("");
  const [deal] = groups[0]?.deals ?? [];
  expect(deal).toMatchObject({ title: "Ledger move" });
  world.crm.edit("c1", { stage: "Open" });
  const replayed = await ask("/api/problems/replay", { ids: [deal?.id, "no such deal"] });
  expect(replayed).toMatchObject({ replayed: 1, refused: [{ id: "no such deal" }] });
  await world.sync();
  expect((await ask<{ groups: readonly ProblemGroup[] }>("/api/problems")).groups).toEqual([]);
});

test("a deal that is marked for sharing but lacks what a referral needs is a problem with its remedy", async () => {
  world.crm.add({ share: true, name: "No customer yet", dealValue: 5, stage: "Open" });
  await world.sync();
  expect(await ask<OperatorStatus>("/api/status")).toMatchObject({
    problems: 1,
    byState: { refusing: 1 },
  });
  const { groups } = await ask<{ groups: readonly ProblemGroup[] }>("/api/problems");
  expect(groups).toMatchObject([
    { kind: "refused", remedy: "Fill in customer in the CRM.", deals: [{ field: "customer" }] },
  ]);
});

test("an unanswered lead is counted as soon as people are alerted of it, and until it ends", async () => {
  const expiring = async () => (await ask<OperatorStatus>("/api/status")).expiring;
  const expirationDateTime = new Date(world.clock.now() + 4 * dayMs).toISOString();
  const state = { status: "New", substatus: "Pending", type: "Shared" } as const;
  const customerProfile = { name: "Fabrikam" };
  const id = world.referrals.add({ name: "A lead", customerProfile, expirationDateTime, ...state });
  await world.sync();
  expect(await expiring()).toBe(0);
  await world.clock.advance(1.5 * dayMs);
  expect(await expiring()).toBe(1);
  const [pair] = (await world.ledger.pairsByReferral([id])).values();
  const { lifecycle } = await ask<DealDetail>(`/api/deals/${pair?.id}`);
  expect(lifecycle.moves.map(({ action }) => action)).toEqual(["accept", "decline"]);
  await world.clock.advance(3 * dayMs);
  expect(await expiring()).toBe(0);
});

test("who listens to events doesn't hold up the server's end", async () => {
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const { body } = await fetch(`${url}/api/events`);
  const told = new Response(body).text();
  await server.close();
  expect(await told).toContain("listening");
});
