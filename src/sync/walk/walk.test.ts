import { expect, test } from "vitest";
import { type Referral, ReferralsError } from "../../contract/index.ts";
import { createEngine } from "../engine.ts";
import type { Engine } from "../engine-port.ts";
import { type SmallWorld, smallWorld } from "../small-world-suite.ts";

const lead = (name: string): Partial<Referral> => ({
  name,
  status: "Active",
  substatus: "Accepted",
  customerProfile: { name: "Fabrikam" },
  details: { dealValue: 1 },
});

async function linked(count = 1): Promise<SmallWorld> {
  const world = await smallWorld();
  for (let index = 1; index <= count; index += 1) world.referrals.add(lead(`Lead ${index}`));
  await world.sync();
  await world.clock.advance(60_000);
  await world.sync();
  return world;
}

/** The deal value in the CRM of the deal that stands for a referral. */
async function inCrm(world: SmallWorld, referralId: string): Promise<unknown> {
  const pair = (await world.ledger.pairsByReferral([referralId])).get(referralId);
  return world.crm.records.get(pair?.crm?.id ?? "")?.fields.dealValue;
}

type ListPage = SmallWorld["referrals"]["listPage"];

/** An engine whose lists go through `list`. */
function engineWith(world: SmallWorld, list: (real: ListPage) => ListPage): Engine {
  const { referrals } = world;
  return createEngine({
    ...world.environment,
    referrals: { ...referrals, listPage: list((query) => referrals.listPage(query)) },
  });
}

test("a hundred changes of linked pairs cost one list call", async () => {
  const world = await linked(100);
  for (let index = 1; index <= 100; index += 1) {
    world.referrals.edit(`r${index}`, { "/details/dealValue": 1_000 + index });
  }
  const before = world.referrals.calls.length;
  await world.sync();
  expect(world.referrals.calls.slice(before)).toEqual(["list"]);
  expect(await inCrm(world, "r100")).toBe(1_100);
});

test("a walk that fails on its second page moves no cursor, and the next one finds everything", async () => {
  const world = await linked(2);
  const cursorBefore = (await world.ledger.connection()).referralCursor;
  world.referrals.edit("r1", { "/details/dealValue": 5 });
  await world.clock.advance(400_000);
  world.referrals.edit("r2", { "/details/dealValue": 6 });
  let pages = 0;
  const engine = engineWith(world, (real) => async (query) => {
    pages += 1;
    if ("nextLink" in query) throw new ReferralsError("serviceNotAvailable");
    const page = await real(query);
    return { referrals: page.referrals.slice(0, 1), nextLink: "second" };
  });
  await expect(engine.pollReferrals()).rejects.toBeInstanceOf(ReferralsError);
  expect(pages).toBe(2);
  expect((await world.ledger.connection()).referralCursor).toEqual(cursorBefore);
  await world.sync();
  expect(await inCrm(world, "r1")).toBe(5);
  expect(await inCrm(world, "r2")).toBe(6);
});

test("a service that refuses the filter is walked without it, from then on", async () => {
  const world = await linked(1);
  const queries: string[] = [];
  const engine = engineWith(world, (real) => async (query) => {
    const filter = "filter" in query ? query.filter : undefined;
    queries.push(filter ? "filtered" : "plain");
    if (filter) throw new ReferralsError("unsupportedQuery");
    return real(query);
  });
  world.referrals.edit("r1", { "/details/dealValue": 5 });
  await engine.pollReferrals();
  await engine.pollReferrals();
  while ((await engine.runDue()) > 0);
  expect(queries).toEqual(["filtered", "plain", "plain"]);
  expect(await inCrm(world, "r1")).toBe(5);
});

test("a list that lags behind what was read changes nothing back", async () => {
  const world = await linked(1);
  const old = world.referrals.stored.get("r1");
  world.referrals.edit("r1", { "/details/dealValue": 5 });
  await world.engine.hint({ side: "referral", id: "r1" });
  while ((await world.engine.runDue()) > 0);
  const engine = engineWith(world, () => async () => ({ referrals: old ? [old] : [] }));
  await engine.pollReferrals();
  while ((await engine.runDue()) > 0);
  expect(await inCrm(world, "r1")).toBe(5);
  expect(world.referrals.stored.get("r1")?.details?.dealValue).toBe(5);
});

test("a change that a list shows late is still found: a walk goes back behind its cursor", async () => {
  const world = await linked(2);
  world.referrals.edit("r1", { "/details/dealValue": 5 });
  const hidden = world.referrals.stored.get("r1");
  await world.clock.advance(60_000);
  world.referrals.edit("r2", { "/details/dealValue": 6 });
  const engine = engineWith(world, (real) => async (query) => {
    const page = await real(query);
    return { referrals: page.referrals.filter(({ eTag }) => eTag !== hidden?.eTag) };
  });
  await engine.pollReferrals();
  await world.clock.advance(world.environment.settings.cursorOverlapMs);
  await world.sync();
  expect(await inCrm(world, "r1")).toBe(5);
});

test("the same stamp with another eTag is read, since no order is known", async () => {
  const world = await linked(1);
  const before = world.referrals.stored.get("r1");
  world.referrals.edit("r1", { "/details/dealValue": 5 });
  const after = world.referrals.stored.get("r1");
  if (!before || !after) throw new Error("no referral");
  world.referrals.stored.set("r1", { ...after, updatedDateTime: before.updatedDateTime });
  const calls = world.referrals.calls.length;
  await world.sync();
  expect(world.referrals.calls.slice(calls)).toEqual(["list", "get"]);
  expect(await inCrm(world, "r1")).toBe(5);
});

test("a hint no newer than what was seen costs no call; a doubled one costs one", async () => {
  const world = await linked(1);
  const seen = (await world.onlyPair()).referral?.stamp ?? "";
  expect(await world.engine.hint({ side: "referral", id: "r1", changedAt: seen })).toBe(false);
  world.referrals.edit("r1", { "/details/dealValue": 5 });
  const changedAt = world.referrals.stored.get("r1")?.updatedDateTime ?? "";
  const hint = { side: "referral", id: "r1", changedAt } as const;
  expect([await world.engine.hint(hint), await world.engine.hint(hint)]).toEqual([true, false]);
  const before = world.referrals.calls.length;
  while ((await world.engine.runDue()) > 0);
  expect(world.referrals.calls.slice(before)).toEqual(["get"]);
  expect(await world.engine.hint(hint)).toBe(false);
});

test("many hints at once are answered by one walk", async () => {
  const world = await linked(20);
  for (let index = 1; index <= 20; index += 1) {
    world.referrals.edit(`r${index}`, { "/details/dealValue": 7 });
    await world.engine.hint({ side: "referral", id: `r${index}` });
  }
  const before = world.referrals.calls.length;
  while ((await world.engine.runDue()) > 0);
  expect(world.referrals.calls.slice(before)).toEqual(["list"]);
  expect(await inCrm(world, "r20")).toBe(7);
});

test("a hint at a referral that nobody knew brings it in", async () => {
  const world = await linked(1);
  const id = world.referrals.add(lead("Unannounced"));
  await world.engine.hint({ side: "referral", id });
  while ((await world.engine.runDue()) > 0);
  expect([...world.crm.records.values()].map(({ fields }) => fields.name)).toContain("Unannounced");
});

test("the audit repairs what polls have missed, and counts it", async () => {
  const world = await linked(2);
  world.referrals.edit("r1", { "/details/dealValue": 5 });
  await world.clock.advance(600_000);
  world.referrals.edit("r2", { "/details/dealValue": 6 });
  const missed = world.referrals.stored.get("r1");
  const engine = engineWith(world, (real) => async (query) => {
    const page = await real(query);
    const isFiltered = "filter" in query && query.filter !== undefined;
    if (!isFiltered) return page;
    return { referrals: page.referrals.filter(({ eTag }) => eTag !== missed?.eTag) };
  });
  await engine.pollReferrals();
  await world.clock.advance(600_000);
  await engine.pollReferrals();
  expect(await engine.auditSweep()).toEqual({ drift: 1 });
  while ((await engine.runDue()) > 0);
  expect(await inCrm(world, "r1")).toBe(5);
  expect((await world.ledger.connection()).drift).toBe(1);
  expect(await engine.auditSweep()).toEqual({ drift: 0 });
});

test("an idle poll stores one row and reads no pair, however many there are", async () => {
  const world = await linked(50);
  await world.clock.advance(600_000);
  await world.sync();
  const read: string[] = [];
  const { ledger } = world;
  const watched = new Proxy(ledger, {
    get: (target, name: keyof typeof ledger) => {
      const method = target[name];
      return typeof method === "function"
        ? (...values: never[]) => {
            read.push(String(name));
            return (method as (...values: never[]) => unknown).apply(target, values);
          }
        : method;
    },
  });
  const engine = createEngine({ ...world.environment, ledger: watched });
  await world.clock.advance(600_000);
  await engine.pollCrm();
  await engine.runDue();
  expect(read.filter((name) => name === "commit")).toHaveLength(1);
  expect(read).not.toContain("pairs");
  expect(read).not.toContain("pair");
});
