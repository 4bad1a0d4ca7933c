import { expect, test } from "vitest";
import type { Referral } from "../contract/index.ts";
import { CrmError } from "../crm/port.ts";
import { createEngine } from "./engine.ts";
import { smallWorld } from "./small-world-suite.ts";

const deal = {
  share: true,
  name: "Migration",
  customer: "Contoso",
  dealValue: 50_000,
  stage: "Open",
};
const lead: Partial<Referral> = {
  name: "Lead",
  status: "New",
  substatus: "Pending",
  customerProfile: { name: "Fabrikam" },
  details: { dealValue: 10 },
};

test("a shared deal becomes a referral, and its edits reach it with one call each", async () => {
  const world = await smallWorld();
  const id = world.crm.add(deal);
  await world.sync();
  expect(world.referrals.stored.get("r1")).toMatchObject({
    name: "Migration",
    externalReferenceId: id,
  });
  await world.clock.advance(60_000);
  await world.sync();
  const before = world.referrals.calls.length;
  world.crm.edit(id, { dealValue: 60_000 });
  await world.sync();
  expect(world.referrals.stored.get("r1")?.details?.dealValue).toBe(60_000);
  expect(world.referrals.calls.slice(before)).toEqual(["list", "patch"]);
  expect((await world.onlyPair()).state).toBe("in-step");
});

test("a referral becomes a deal, and its edits reach it", async () => {
  const world = await smallWorld();
  world.referrals.add(lead);
  await world.sync();
  expect(world.crm.records.get("c1")?.fields).toMatchObject({
    name: "Lead",
    customer: "Fabrikam",
    dealValue: 10,
    stage: "Waiting",
    referralId: "r1",
  });
  world.referrals.edit("r1", { "/details/dealValue": 20 });
  await world.sync();
  expect(world.crm.records.get("c1")?.fields.dealValue).toBe(20);
  expect((await world.onlyPair()).state).toBe("in-step");
});

test("at rest nothing is written, and our own write coming back is no news", async () => {
  const world = await smallWorld();
  world.crm.add(deal);
  await world.sync();
  const writes = (): number =>
    world.referrals.calls.filter((call) => call !== "list" && call !== "get").length +
    world.crm.calls.filter((call) => call === "upsert").length;
  const before = writes();
  const { revision } = await world.onlyPair();
  for (let poll = 0; poll < 5; poll += 1) {
    await world.clock.advance(60_000);
    await world.sync();
  }
  expect(writes()).toBe(before);
  expect((await world.onlyPair()).revision).toBeLessThanOrEqual(revision + 2);
});

test("fifty edits between two looks are one call", async () => {
  const world = await smallWorld();
  const id = world.crm.add(deal);
  await world.sync();
  const before = world.referrals.calls.length;
  for (let edit = 1; edit <= 50; edit += 1)
    world.crm.edit(id, { dealValue: edit, notes: `n${edit}` });
  await world.sync();
  expect(world.referrals.calls.slice(before).filter((call) => call === "patch")).toHaveLength(1);
  expect(world.referrals.stored.get("r1")?.details).toMatchObject({ dealValue: 50, notes: "n50" });
});

test("a field that only PUT can write goes by one PUT that keeps what the engine doesn't know", async () => {
  const world = await smallWorld();
  const id = world.crm.add(deal);
  await world.sync();
  world.referrals.edit("r1", { "/somethingNew": { kept: true } });
  await world.sync();
  const before = world.referrals.calls.length;
  world.crm.edit(id, { name: "Renamed", dealValue: 7 });
  await world.sync();
  expect(world.referrals.calls.slice(before).filter((call) => call !== "list")).toEqual(["update"]);
  expect(world.referrals.stored.get("r1")).toMatchObject({
    name: "Renamed",
    somethingNew: { kept: true },
    details: { dealValue: 7 },
  });
});

test("status and substatus travel last and together, and the closing stage reaches the referral", async () => {
  const world = await smallWorld();
  const id = world.crm.add(deal);
  await world.sync();
  world.crm.edit(id, { stage: "Won", dealValue: 9 });
  await world.sync();
  expect(world.referrals.stored.get("r1")).toMatchObject({
    status: "Closed",
    substatus: "Won",
    details: { dealValue: 9 },
  });
});

test("a change after the final state is refused by name and costs no call", async () => {
  const world = await smallWorld();
  const id = world.crm.add(deal);
  await world.sync();
  world.crm.edit(id, { stage: "Won" });
  await world.sync();
  const before = world.referrals.calls.length;
  world.crm.edit(id, { dealValue: 1 });
  await world.sync();
  expect(world.referrals.calls.slice(before)).toEqual(["list"]);
  const pair = await world.onlyPair();
  expect(pair.state).toBe("refusing");
  expect(pair.refusals[0]).toMatchObject({ field: "dealValue", side: "referral" });
  expect(pair.refusals[0]?.reason).toContain("final");
  expect(pair.refusals[0]?.remedy).not.toBe("");
});

test("history replays to the shadows", async () => {
  const world = await smallWorld();
  const id = world.crm.add(deal);
  await world.sync();
  for (let edit = 1; edit <= 5; edit += 1) {
    world.crm.edit(id, { dealValue: edit });
    await world.sync();
    world.referrals.edit("r1", { "/details/notes": `note ${edit}` });
    await world.sync();
  }
  const pair = await world.onlyPair();
  const replayed: { referral: Record<string, unknown>; crm: Record<string, unknown> } = {
    referral: {},
    crm: {},
  };
  for (const entry of await world.ledger.history(pair.id)) {
    if (entry.kind !== "agreed") continue;
    for (const { field, referral, crm } of entry.fields ?? []) {
      if (referral !== undefined) replayed.referral[field] = referral;
      if (crm !== undefined) replayed.crm[field] = crm;
    }
  }
  expect(replayed.referral).toEqual(pair.referral?.shadow);
  expect(replayed.crm).toEqual(pair.crm?.shadow);
});

test("the loop polls, follows hints and drains when stopped, by the clock it is given", async () => {
  const world = await smallWorld();
  const id = world.crm.add(deal);
  const running = world.engine.start();
  await world.clock.advance(5_000);
  expect(world.referrals.stored.get("r1")?.name).toBe("Migration");
  world.crm.edit(id, { dealValue: 3 });
  await world.clock.advance(world.environment.settings.pollCrmMs);
  expect(world.referrals.stored.get("r1")?.details?.dealValue).toBe(3);
  world.referrals.edit("r1", { "/details/dealValue": 4 });
  await world.engine.hint({ side: "referral", id: "r1" });
  await world.clock.advance(1_000);
  expect(world.crm.records.get(id)?.fields.dealValue).toBe(4);
  await world.engine.stop();
  await running;
});

test("a CRM's wake-up call brings its next walk forward, and a flood of them is a few walks", async () => {
  const world = await smallWorld({ pollCrmMs: 600_000 });
  const id = world.crm.add(deal);
  const running = world.engine.start();
  await world.clock.advance(20_000);
  world.crm.edit(id, { dealValue: 3 });
  world.engine.pollCrmSoon(2_000);
  await world.clock.advance(1_999);
  expect(world.referrals.stored.get("r1")?.details?.dealValue).toBe(50_000);
  await world.clock.advance(1_001);
  expect(world.referrals.stored.get("r1")?.details?.dealValue).toBe(3);
  const walked = (): number => world.crm.calls.filter((call) => call === "walk").length;
  const before = walked();
  for (let second = 0; second < 60; second += 1) {
    for (let call = 0; call < 100; call += 1) world.engine.pollCrmSoon(2_000);
    await world.clock.advance(1_000);
  }
  expect(walked() - before).toBeGreaterThan(0);
  expect(walked() - before).toBeLessThanOrEqual(13);
  await world.engine.stop();
  await running;
});

test("a wake-up call doesn't disturb a CRM that asked to be left alone", async () => {
  const world = await smallWorld({ pollCrmMs: 600_000 });
  const running = world.engine.start();
  await world.clock.advance(20_000);
  const { changesSince } = world.crm;
  let walks = 0;
  Object.assign(world.crm, {
    changesSince: (...args: Parameters<typeof changesSince>) => {
      walks += 1;
      if (walks > 1) return changesSince(...args);
      throw new CrmError("throttled", "too many", { retryAfterMs: 30_000 });
    },
  });
  for (let second = 0; second < 30; second += 1) {
    world.engine.pollCrmSoon(0);
    await world.clock.advance(999);
  }
  expect(walks).toBe(1);
  await world.clock.advance(5_000);
  expect(walks).toBe(2);
  await world.engine.stop();
  await running;
});

test("followers hear of what is committed, and of what needs a person", async () => {
  const world = await smallWorld();
  const id = world.crm.add(deal);
  await world.sync();
  const heard: string[] = [];
  const leave = world.engine.subscribe(({ kinds, isForPeople }) => {
    heard.push(...kinds, ...(isForPeople ? ["person"] : []));
  });
  world.crm.edit(id, { dealValue: 1 });
  world.referrals.edit("r1", { "/details/dealValue": 2 });
  await world.sync();
  leave();
  world.crm.edit(id, { notes: "unheard" });
  await world.sync();
  expect(heard).toContain("conflict");
  expect(heard).toContain("person");
  expect(heard).not.toContain("wrote");
});

test("the first run writes nothing before a person has approved, and everything after", async () => {
  const world = await smallWorld({ isApproved: false });
  world.crm.add(deal);
  world.referrals.add(lead);
  await world.sync();
  await world.clock.advance(60_000);
  await world.sync();
  expect([...world.referrals.stored.keys()]).toEqual(["r1"]);
  expect([...world.crm.records.keys()]).toEqual(["c1"]);
  const [question] = await world.ledger.inbox({ kinds: ["approval"], isOpen: true, limit: 1 });
  expect(question?.sentence).toContain("Nothing was written yet");
  await world.engine.approve("Kim");
  await world.sync();
  expect(world.referrals.stored.size).toBe(2);
  expect(world.crm.records.size).toBe(2);
  expect(await world.ledger.inbox({ isOpen: true, limit: 10 })).toEqual([]);
});

test("an approval that a crash interrupted is carried on by the next life", async () => {
  const world = await smallWorld({ isApproved: false });
  world.crm.add(deal);
  await world.sync();
  const { ledger } = world;
  const dying = createEngine({
    ...world.environment,
    ledger: Object.assign(Object.create(ledger), {
      commit: (change: Parameters<typeof ledger.commit>[0]) =>
        change.connection ? ledger.commit(change) : new Promise(() => {}),
      connection: () => ledger.connection(),
      inbox: (query: Parameters<typeof ledger.inbox>[0]) => ledger.inbox(query),
      pairs: (query: Parameters<typeof ledger.pairs>[0]) => ledger.pairs(query),
      pair: (id: string) => ledger.pair(id),
    }),
  });
  void dying.approve("Kim");
  await world.clock.advance(1_000);
  expect(world.referrals.stored.size).toBe(0);
  await world.restart();
  await world.sync();
  expect(world.referrals.stored.size).toBe(1);
});
