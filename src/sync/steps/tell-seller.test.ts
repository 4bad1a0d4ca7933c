import { expect, test } from "vitest";
import { ReferralsError } from "../../contract/index.ts";
import { CrmError } from "../../crm/port.ts";
import { createEngine } from "../engine.ts";
import { type SmallWorld, smallWorld } from "../small-world-suite.ts";

const deal = { share: true, name: "Migration", customer: "Contoso", dealValue: 1, stage: "Open" };
const told = ({ crm }: SmallWorld) => crm.records.get("c1")?.fields;

/** A world with one pair in step, whose next PATCH is refused without a word about the field. */
async function refused(): Promise<SmallWorld> {
  const world = await smallWorld();
  world.crm.add(deal);
  await world.sync();
  const { referrals } = world.environment;
  let isRefusing = true;
  const patch: typeof referrals.patch = async (...values) => {
    if (!isRefusing) return referrals.patch(...values);
    isRefusing = false;
    throw new ReferralsError("invalidRequest", { message: "the deal may not be changed" });
  };
  world.engine = createEngine({ ...world.environment, referrals: { ...referrals, patch } });
  return world;
}

test("a dead letter shows in the deal's own fields, and goes from there once it is replayed", async () => {
  const world = await refused();
  world.crm.edit("c1", { dealValue: 2 });
  await world.sync();
  expect((await world.onlyPair()).state).toBe("dead");
  expect(told(world)).toMatchObject({ syncState: "Stopped: see the last error" });
  expect(told(world)?.lastError).toContain("the deal may not be changed");
  await world.engine.replay((await world.onlyPair()).id);
  await world.sync();
  expect((await world.onlyPair()).state).toBe("in-step");
  expect(told(world)).toMatchObject({ syncState: "In step", lastError: null });
});

test("what has stopped is told once, and telling it isn't taken for an edit", async () => {
  const world = await refused();
  world.crm.edit("c1", { dealValue: 2 });
  await world.sync();
  const before = world.crm.calls.filter((call) => call === "upsert").length;
  for (let polls = 0; polls < 5; polls += 1) {
    await world.clock.advance(60_000);
    await world.sync();
  }
  expect(world.crm.calls.filter((call) => call === "upsert")).toHaveLength(before);
  expect((await world.onlyPair()).state).toBe("dead");
});

test("a shared deal that can't become a referral says in the CRM what is missing", async () => {
  const world = await smallWorld();
  const { customer: _customer, ...incomplete } = deal;
  world.crm.add(incomplete);
  await world.sync();
  expect(world.referrals.calls).not.toContain("create");
  expect(told(world)).toMatchObject({ syncState: "Not shared yet" });
  expect(told(world)?.lastError).toContain("Fill in customer");
  world.crm.edit("c1", { customer: "Contoso" });
  await world.sync();
  expect(told(world)).toMatchObject({ syncState: "In step", lastError: null });
});

test("what was missing is no longer told once nobody wants the deal to be shared", async () => {
  const world = await smallWorld();
  const { customer: _customer, ...incomplete } = deal;
  world.crm.add(incomplete);
  await world.sync();
  expect(told(world)?.lastError).toContain("Fill in customer");
  world.crm.edit("c1", { share: false });
  await world.sync();
  expect(told(world)).toMatchObject({ syncState: "Not shared yet", lastError: null });
  expect((await world.onlyPair()).state).toBe("unshared");
  const writes = world.crm.calls.filter((call) => call === "upsert").length;
  world.crm.edit("c1", { name: "Another" });
  await world.clock.advance(60_000);
  await world.sync();
  expect(world.crm.calls.filter((call) => call === "upsert")).toHaveLength(writes);
  const other = await smallWorld();
  other.crm.add({ ...deal, share: false });
  await other.sync();
  expect(other.crm.calls, "a deal that was never marked is left alone").not.toContain("upsert");
});

test("a referral that Partner Center no longer shows is told of too", async () => {
  const world = await smallWorld();
  world.crm.add(deal);
  await world.sync();
  world.referrals.stored.delete("r1");
  world.crm.edit("c1", { dealValue: 2 });
  await world.sync();
  expect((await world.onlyPair()).state).toBe("dead");
  expect(told(world)?.syncState).toBe("Stopped: see the last error");
});

test("a CRM that is down is told later, and one that refuses the fields is left alone", async () => {
  const world = await refused();
  world.crm.edit("c1", { dealValue: 2 });
  world.crm.faults.push("unavailable");
  await world.sync();
  expect(told(world)?.syncState).toBe("In step");
  await world.clock.advance(60_000);
  await world.sync();
  expect(told(world)?.syncState).toBe("Stopped: see the last error");

  const other = await refused();
  const { crm } = other;
  let refusals = 0;
  const upsert: typeof crm.upsert = async () => {
    refusals += 1;
    throw new CrmError("invalid", "no such column", { field: "syncState" });
  };
  const stubborn = { ...crm, upsert };
  const patch = async () => {
    throw new ReferralsError("invalidRequest", { message: "no" });
  };
  const referrals = { ...other.referrals, patch };
  other.engine = createEngine({ ...other.environment, crm: stubborn, referrals });
  crm.edit("c1", { dealValue: 2 });
  for (let polls = 0; polls < 3; polls += 1) {
    await other.sync();
    await other.clock.advance(600_000);
  }
  expect(refusals).toBe(1);
});

test("what a seller was told stays as long as it holds: further refused edits cost no write", async () => {
  const world = await smallWorld();
  world.crm.add(deal);
  await world.sync();
  world.referrals.edit("r1", { "/status": "Closed/Lost" });
  await world.sync();
  world.crm.edit("c1", { notes: "too late" });
  await world.sync();
  const said = told(world)?.lastError;
  expect(said).toContain("notes");
  const writes = (): number => world.crm.calls.filter((call) => call === "upsert").length;
  const before = writes();
  world.crm.edit("c1", { dealValue: 3 });
  await world.sync();
  expect((await world.onlyPair()).refusals.map(({ field }) => field)).toEqual([
    "dealValue",
    "notes",
  ]);
  expect([told(world)?.lastError, writes()]).toEqual([said, before]);
});

test("a CRM that calls each word to the seller outdated does without, and nothing turns", async () => {
  const world = await smallWorld();
  world.crm.add({ ...deal, customer: null });
  let tries = 0;
  world.crm.upsert = async () => {
    tries += 1;
    throw new CrmError("conflict", "stale");
  };
  await world.sync();
  expect(tries).toBe(world.environment.settings.staleRetries);
  await world.clock.advance(600_000);
  await world.sync();
  expect(tries).toBe(world.environment.settings.staleRetries);
  expect((await world.onlyPair()).refusals.map(({ field }) => field)).toEqual(["customer"]);
});

test.each([
  ["approved", "first-run"],
  ["resumed", "pause"],
])("what stopped while writes waited is told as soon as they are %s", async (_, reason) => {
  const world = await smallWorld({ isApproved: false });
  world.crm.add(deal);
  const id = world.referrals.add({ ...deal, externalReferenceId: "c1", status: "Active" });
  if (reason === "pause") await world.engine.approve();
  await world.sync();
  if (reason === "pause") await world.engine.pause({});
  world.referrals.stored.delete(id);
  await world.engine.hint({ side: "referral", id });
  while ((await world.engine.runDue()) > 0);
  expect((await world.onlyPair()).state).toBe("dead");
  expect(told(world)?.syncState).not.toBe("Stopped: see the last error");
  await (reason === "pause" ? world.engine.resume({}) : world.engine.approve());
  while ((await world.engine.runDue()) > 0);
  expect(told(world)?.syncState).toBe("Stopped: see the last error");
  expect((await world.onlyPair()).state).toBe("dead");
});

test("a write that turns out to have landed while the seller is told of a dead letter lets the pair go on", async () => {
  const world = await smallWorld();
  const { crm, ledger, referrals } = world;
  crm.add(deal);
  await world.sync();
  crm.faults.push("timeout-after");
  referrals.edit("r1", { "/details/dealValue": 2 });
  await world.sync();
  referrals.edit("r1", { "/details/dealValue": 3 });
  await world.engine.pollReferrals();
  await world.engine.pollCrm();
  const [pair, at] = [await world.onlyPair(), world.clock.now()];
  expect(pair.attempt?.writes.map(({ value }) => value)).toEqual([2]);
  const problem = {
    code: "accessDenied",
    sentence: "No permission",
    remedy: "Grant it",
    side: "referral",
    tries: 1,
    since: at,
    nextCall: "GET referral",
  } as const;
  await ledger.commit({ pairs: [{ ...pair, problem, due: { at, priority: "read" } }] });
  const { upsert } = crm;
  // A CRM that sees nothing new in what it is told.
  crm.upsert = async () => {
    crm.upsert = upsert;
    await crm.read("c1", {});
    const record = crm.records.get("c1") ?? expect.unreachable();
    return { id: "c1", version: record.version, record };
  };
  while ((await world.engine.runDue()) > 0);
  expect(crm.records.get("c1")?.fields.dealValue).toBe(3);
  expect((await world.onlyPair()).state).toBe("in-step");
});
