import { expect, test } from "vitest";
import { CrmError } from "../../crm/port.ts";
import { byNames, deal, referral, smallWorld } from "../small-world-suite.ts";
import { normalisedName } from "./match-key.ts";

test("a referral that names its deal is linked to it, shared or not", async () => {
  const world = await smallWorld();
  const id = world.crm.add(deal);
  world.referrals.add({ ...referral, externalReferenceId: id });
  await world.sync();
  expect(world.crm.records.size).toBe(1);
  const pair = await world.onlyPair();
  expect([pair.referral?.id, pair.crm?.id, pair.state]).toEqual(["r1", "c1", "in-step"]);
});

test("a deal that names its referral is linked to it", async () => {
  const world = await smallWorld();
  world.crm.add({ ...deal, referralId: "r1", share: true });
  world.referrals.add(referral);
  await world.sync();
  expect(world.crm.records.size).toBe(1);
  expect(world.referrals.stored.size).toBe(1);
  expect((await world.onlyPair()).state).toBe("in-step");
});

test("one deal and one referral whose names mean the same are linked", async () => {
  const world = await smallWorld(byNames);
  world.crm.add({ ...deal, customer: "CONTOSO GmbH", name: "Migration!" });
  world.referrals.add(referral);
  await world.sync();
  expect(world.crm.records.size).toBe(1);
  expect((await world.onlyPair()).referral?.id).toBe("r1");
});

test("several candidates are asked about, and the person's choice is carried out", async () => {
  const world = await smallWorld(byNames);
  world.crm.add(deal);
  world.crm.add(deal);
  world.referrals.add(referral);
  await world.sync();
  const [item] = await world.ledger.inbox({ kinds: ["match"], isOpen: true, limit: 5 });
  expect(item?.candidates).toEqual(["c1", "c2"]);
  expect(world.crm.records.size).toBe(2);
  await world.engine.resolve(item?.id ?? "", { choose: "link", recordId: "c2" }, "Kim");
  await world.sync();
  const linked = (await world.ledger.pairsByReferral(["r1"])).get("r1");
  expect(linked?.crm?.id).toBe("c2");
});

test("told that none is meant, the engine creates a new deal", async () => {
  const world = await smallWorld(byNames);
  world.crm.add(deal);
  world.crm.add(deal);
  world.referrals.add(referral);
  await world.sync();
  const [item] = await world.ledger.inbox({ kinds: ["match"], isOpen: true, limit: 5 });
  await world.engine.resolve(item?.id ?? "", { choose: "create" }, "Kim");
  await world.sync();
  expect(world.crm.records.size).toBe(3);
});

test("a deal and a referral that appear at the same time are linked, whichever is seen first", async () => {
  for (const first of ["crm", "referrals"] as const) {
    const world = await smallWorld(byNames);
    await world.sync();
    await world.clock.advance(30_000);
    world.crm.add({ ...deal, share: true });
    world.referrals.add(referral);
    if (first === "crm") await world.engine.pollCrm();
    else await world.engine.pollReferrals();
    while ((await world.engine.runDue()) > 0);
    await world.clock.advance(5_000);
    await world.sync();
    expect([world.crm.records.size, world.referrals.stored.size], first).toEqual([1, 1]);
    expect((await world.onlyPair()).state, first).toBe("in-step");
  }
});

const lateIndex = { visibilityDelayMs: 10_000 };

test("an inbound referral becomes a deal at once, also where the CRM shows new deals late; only where names match it waits for them", async () => {
  for (const matchFields of [[], byNames.matchFields]) {
    const world = await smallWorld({ matchFields }, {}, lateIndex);
    await world.sync();
    await world.clock.advance(30_000);
    world.referrals.add(referral);
    await world.engine.pollReferrals();
    while ((await world.engine.runDue()) > 0);
    expect(world.crm.records.size).toBe(matchFields.length === 0 ? 1 : 0);
    await world.clock.advance(10_000);
    while ((await world.engine.runDue()) > 0);
    expect(world.crm.records.size).toBe(1);
  }
});

test("a deal made in that moment that names the referral, and that no walk shows yet, is met under its key and linked", async () => {
  const world = await smallWorld({}, {}, lateIndex);
  const { crm } = world;
  const { changesSince, upsert } = crm;
  await world.sync();
  await world.clock.advance(30_000);
  const id = crm.add({ ...deal, dealValue: 2, referralId: "r1", share: true });
  crm.changesSince = async function* (watermark) {
    yield { kind: "watermark", watermark };
  };
  crm.upsert = async (write, options) => {
    if (write.recordId !== undefined) return upsert(write, options);
    throw new CrmError("conflict", "a deal with other values has this key", { recordId: id });
  };
  world.referrals.add(referral);
  await world.engine.pollReferrals();
  while ((await world.engine.runDue()) > 0);
  expect((await world.onlyPair()).crm?.id).toBe(id);
  const questions = await world.ledger.inbox({ isOpen: true, limit: 5 });
  expect(questions.map(({ kind, field }) => [kind, field])).toEqual([["conflict", "dealValue"]]);
  await world.clock.advance(30_000);
  crm.changesSince = changesSince;
  await world.sync();
  expect([crm.records.size, world.referrals.stored.size]).toEqual([1, 1]);
});

test("a second deal just like a shared one is asked about before it is shared too", async () => {
  const world = await smallWorld(byNames);
  world.crm.add({ ...deal, share: true });
  await world.sync();
  world.crm.add({ ...deal, share: true });
  await world.sync();
  expect(world.referrals.stored.size).toBe(1);
  const [item] = await world.ledger.inbox({ kinds: ["match"], isOpen: true, limit: 5 });
  await world.engine.resolve(item?.id ?? "", { choose: "create" }, "Kim");
  await world.sync();
  expect(world.referrals.stored.size).toBe(2);
});

test("on first sight equal values are adopted, an empty side is filled, a difference is decided by policy", async () => {
  const world = await smallWorld();
  const id = world.crm.add({ ...deal, name: "Other name", notes: null, dealValue: 1 });
  world.referrals.add({
    ...referral,
    externalReferenceId: id,
    details: { dealValue: 1, notes: "from Microsoft" },
  });
  await world.sync();
  expect(world.crm.records.get(id)?.fields.notes).toBe("from Microsoft");
  const conflicts = await world.ledger.inbox({ kinds: ["conflict"], isOpen: true, limit: 5 });
  expect(conflicts.map(({ field }) => field)).toEqual(["name"]);
  expect(conflicts[0]).toMatchObject({ referral: "Migration", crm: "Other name" });
});

test("names are compared without case, accents, punctuation and legal form", () => {
  const alike = ["Müller & Söhne GmbH", "muller sohne", "MÜLLER, SÖHNE Ltd."];
  expect(new Set(alike.map(normalisedName)).size).toBe(1);
  expect(normalisedName("Contoso")).not.toBe(normalisedName("Contoso West"));
  expect(normalisedName(null)).toBe("");
});

test("a deal whose referral is paused or stopped waits without turning, and goes on with it", async () => {
  const world = await smallWorld({ matchFields: ["customer", "name"] });
  const id = world.referrals.add({
    name: "Migration",
    status: "Active",
    substatus: "Accepted",
    customerProfile: { name: "Contoso" },
  });
  await world.engine.hint({ side: "referral", id });
  const named = (await world.ledger.pairsByReferral([id])).get(id);
  const scope = { pairId: named?.id ?? "" };
  await world.engine.pause(scope);
  world.crm.add({ share: true, name: "Migration", customer: "Contoso", stage: "Open" });
  await world.engine.pollReferrals();
  await world.engine.pollCrm();
  while ((await world.engine.runDue()) > 0);
  for (let turn = 0; turn < 3; turn += 1) {
    await world.clock.advance(2_000);
    expect(await world.engine.runDue()).toBe(0);
  }
  expect(world.referrals.stored.size).toBe(1);
  await world.engine.resume(scope);
  await world.sync();
  expect((await world.onlyPair()).state).toBe("in-step");
  expect([world.referrals.stored.size, world.crm.records.size]).toEqual([1, 1]);
});

test("after a restore a look-alike that nobody shares is asked about too: a forgotten life may have made the other", async () => {
  for (const isRestored of [false, true]) {
    const world = await smallWorld({ matchFields: ["customer", "name"] });
    if (isRestored) await world.engine.declareRestored();
    await world.clock.advance(61_000);
    const twin = { name: "Migration", customer: "Contoso", stage: "Open" };
    world.crm.add(twin);
    world.crm.add({ ...twin, share: true, referralId: "r1" });
    world.referrals.add({
      name: "Migration",
      status: "Active",
      substatus: "Accepted",
      customerProfile: { name: "Contoso" },
    });
    await world.sync();
    const questions = await world.ledger.inbox({ isOpen: true, limit: 5 });
    expect(questions.map(({ kind }) => kind)).toEqual(isRestored ? ["match"] : []);
    expect(world.crm.records.size).toBe(2);
  }
});

test("a deal that names a referral only when it is read for the last time is linked, not shared anew", async () => {
  const world = await smallWorld();
  const { crm, engine } = world;
  crm.add({ ...deal, share: true });
  await engine.pollReferrals();
  await engine.pollCrm();
  const listed = crm.records.get("c1") ?? expect.unreachable();
  crm.records.set("c1", {
    ...listed,
    version: "new",
    fields: { ...listed.fields, referralId: "r1" },
  });
  await world.clock.advance(1_000);
  world.referrals.add(referral);
  const [own] = await world.ledger.pairs({ limit: 5 });
  await engine.reconcile(own?.id ?? "");
  await world.clock.advance(1_000);
  while ((await engine.runDue()) > 0);
  expect(world.referrals.calls).not.toContain("create");
  expect([crm.records.size, (await world.onlyPair()).crm?.id]).toEqual([1, "c1"]);
});

test("a deal whose version tells nothing may name a referral under the stamp that was seen before", async () => {
  const world = await smallWorld({}, {}, { versions: "none" });
  const { crm } = world;
  crm.add({ ...deal, customer: null, share: true });
  await world.sync();
  const listed = crm.records.get("c1") ?? expect.unreachable();
  crm.records.set("c1", { ...listed, fields: { ...listed.fields, referralId: "r1" } });
  crm.changesSince = async function* () {
    yield { kind: "changed", record: crm.records.get("c1") ?? listed };
    yield { kind: "watermark", watermark: "1" };
  };
  world.referrals.add(referral);
  await world.sync();
  expect([crm.records.size, (await world.onlyPair()).crm?.id]).toEqual([1, "c1"]);
});

test("a deal that comes into sight answers what was asked for want of it, also while writes wait for approval", async () => {
  const world = await smallWorld({ isApproved: false });
  const { crm } = world;
  const questions = () => world.ledger.inbox({ kinds: ["match"], isOpen: true, limit: 5 });
  world.referrals.add({ ...referral, externalReferenceId: "c1" });
  await world.sync();
  expect(await questions()).toHaveLength(1);
  crm.add({ ...deal, share: true });
  await world.sync();
  expect(await questions()).toEqual([]);
  expect((await world.onlyPair()).crm?.id).toBe("c1");
  expect(crm.calls).not.toContain("upsert");
});

test.each(["before", "after"])(
  "an answer for want of a deal is matched anew where the deal comes into sight while the new one is made, and goes again %s it was tried",
  async (moment) => {
    const world = await smallWorld();
    const { crm, engine, ledger } = world;
    world.referrals.add({ ...referral, externalReferenceId: "c1" });
    await world.sync();
    const [item] = await ledger.inbox({ kinds: ["match"], isOpen: true, limit: 5 });
    await engine.resolve(item?.id ?? "", { choose: "create" });
    crm.faults.push("timeout-before");
    if (moment === "after") while ((await engine.runDue()) > 0);
    crm.add({ ...deal, share: true });
    await engine.pollCrm();
    const [own] = (await ledger.pairsByRecord(["c1"])).values();
    await engine.reconcile(own?.id ?? "");
    crm.remove("c1");
    await engine.pollCrm();
    await world.clock.advance(60_000);
    await world.sync();
    expect(crm.records.size).toBe(0);
    const linked = (await ledger.pairsByReferral(["r1"])).get("r1");
    expect(linked?.crm).toMatchObject({ id: "c1", presence: "deleted" });
  },
);
