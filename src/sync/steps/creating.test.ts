import { expect, test } from "vitest";
import type { Referral } from "../../contract/index.ts";
import { CrmError } from "../../crm/port.ts";
import { createEngine } from "../engine.ts";
import { type SmallWorld, settled, smallMapping, smallWorld } from "../small-world-suite.ts";

const deal = { share: true, name: "Migration", customer: "Contoso", dealValue: 1, stage: "Open" };
/** The longest that a late request lives, and then that lists lag. */
const settleMs = 120_000 + 300_000;
const withLink = { stateFields: { referralId: "referralId", referralLink: "link" } };
const withIdAlone = { stateFields: { referralId: "referralId" } };

const lead = {
  name: "Lead",
  status: "Active",
  substatus: "Accepted",
  customerProfile: { name: "Contoso" },
  details: { dealValue: 10 },
} as const;

const creates = (world: SmallWorld): number =>
  world.referrals.calls.filter((call) => call === "create").length;

test("a create whose answer was lost is looked for before it is repeated, and found", async () => {
  const world = await smallWorld();
  world.crm.add(deal);
  world.referrals.faults.push({ method: "create", fault: "timeout-after" });
  await world.engine.pollReferrals();
  await world.engine.pollCrm();
  while ((await world.engine.runDue()) > 0);
  expect((await world.onlyPair()).state).toBe("probing");
  await world.clock.advance(settleMs);
  while ((await world.engine.runDue()) > 0);
  expect(creates(world)).toBe(1);
  const pair = await world.onlyPair();
  expect(pair.referral?.id).toBe("r1");
  expect(pair.state).toBe("in-step");
});

test("a create that never arrived is repeated after the probe, with the same request", async () => {
  const world = await smallWorld();
  world.crm.add(deal);
  world.referrals.faults.push({ method: "create", fault: "timeout-before" });
  await world.sync();
  const first = (await world.onlyPair()).creation;
  await world.clock.advance(settleMs);
  await world.sync();
  expect(creates(world)).toBe(2);
  expect(world.referrals.stored.size).toBe(1);
  const created = await world.ledger.history((await world.onlyPair()).id);
  expect(created.find(({ kind }) => kind === "created")?.correlationId).toBe(first?.requestId);
});

test("nothing is probed before a late create must have landed", async () => {
  const world = await smallWorld();
  world.crm.add(deal);
  world.referrals.faults.push({ method: "create", fault: "timeout-before" });
  await world.sync();
  const before = world.referrals.calls.length;
  await world.clock.advance(settleMs - 1_000);
  while ((await world.engine.runDue()) > 0);
  expect(world.referrals.calls.slice(before)).toEqual([]);
});

test("a crash during the create leaves an intent, from which the next life finds the referral", async () => {
  const world = await smallWorld();
  world.crm.add(deal);
  const { referrals } = world;
  const dying = createEngine({
    ...world.environment,
    referrals: {
      ...referrals,
      create: async (referral, options) => {
        await referrals.create(referral, options);
        return new Promise(() => {});
      },
    },
  });
  await dying.pollReferrals();
  await dying.pollCrm();
  void dying.runDue();
  await settled();
  expect((await world.onlyPair()).state).toBe("creating-referral");
  await world.restart();
  while ((await world.engine.runDue()) > 0);
  await world.clock.advance(settleMs);
  await world.sync();
  expect(creates(world)).toBe(1);
  expect((await world.onlyPair()).referral?.id).toBe("r1");
});

test("a create that lands after its repetition leaves a question, never a second deal", async () => {
  const world = await smallWorld();
  world.crm.add(deal);
  await world.sync();
  const own = world.referrals.stored.get("r1");
  const { id: _id, eTag: _tag, engagementId: _engagement, ...late } = own ?? ({} as Referral);
  world.referrals.add(late);
  await world.sync();
  const [item] = await world.ledger.inbox({ kinds: ["double"], isOpen: true, limit: 5 });
  expect(item?.proposal).toContain("Close");
  expect(world.crm.records.size).toBe(1);
  await world.engine.resolve(item?.id ?? "", { choose: "close" }, "Kim");
  await world.sync();
  expect(world.referrals.stored.get("r2")).toMatchObject({ status: "Closed" });
  expect(world.referrals.stored.get("r1")).toMatchObject({ status: "New" });
});

test("referrals of one engagement are siblings, not doubles", async () => {
  const world = await smallWorld();
  world.crm.add(deal);
  await world.sync();
  const own = world.referrals.stored.get("r1");
  const { id: _id, eTag: _tag, ...sibling } = own ?? ({} as Referral);
  world.referrals.add(sibling);
  await world.sync();
  expect(await world.ledger.inbox({ isOpen: true, limit: 5 })).toEqual([]);
  expect(world.crm.records.size).toBe(1);
  const all = await world.ledger.pairsOfEngagement(own?.engagementId ?? "");
  expect(all.map(({ role }) => role).toSorted()).toEqual(["deal", "sibling"]);
});

test("a value that is missing is refused by name and never invented; filled in, the referral is created", async () => {
  const world = await smallWorld();
  world.crm.add({ ...deal, customer: null });
  await world.sync();
  expect(world.referrals.stored.size).toBe(0);
  const pair = await world.onlyPair();
  expect(pair.refusals[0]).toMatchObject({ field: "customer" });
  expect(pair.refusals[0]?.remedy).toBe("Fill in customer in the CRM.");
  expect(pair.state).toBe("refusing");
  world.crm.edit("c1", { customer: "Contoso" });
  await world.sync();
  expect(world.referrals.stored.size).toBe(1);
  expect(await world.onlyPair()).toMatchObject({ state: "in-step", refusals: [] });
});

test("a deal that lacks something waits for a person as long as it is marked for sharing", async () => {
  const world = await smallWorld();
  world.crm.add({ ...deal, customer: null });
  await world.sync();
  expect((await world.onlyPair()).state).toBe("refusing");
  world.crm.edit("c1", { share: false });
  await world.sync();
  expect(await world.onlyPair()).toMatchObject({ state: "unshared", refusals: [] });
  expect(world.referrals.stored.size).toBe(0);
});

test("contact data stays in the CRM without consent, at creation and later", async () => {
  const team = [{ email: "kim@contoso.example" }];
  const world = await smallWorld();
  world.crm.add({ ...deal, consent: false, team });
  world.crm.add({ ...deal, name: "Second", consent: true, team });
  await world.sync();
  const byName = (name: string): Referral | undefined =>
    [...world.referrals.stored.values()].find((one) => one.name === name);
  expect(byName("Migration")?.customerProfile).not.toHaveProperty("team");
  expect(byName("Second")?.customerProfile?.team).toEqual(team);
  world.crm.edit("c1", { team: [{ email: "lee@contoso.example" }] });
  await world.sync();
  expect(byName("Migration")?.customerProfile).not.toHaveProperty("team");
});

test("a deal that is over isn't shared, and one that is no longer marked isn't either", async () => {
  const world = await smallWorld();
  world.crm.add({ ...deal, stage: "Lost" });
  world.crm.add({ ...deal, name: "Second" });
  await world.engine.pollReferrals();
  await world.engine.pollCrm();
  world.crm.edit("c2", { share: false });
  while ((await world.engine.runDue()) > 0);
  expect(world.referrals.stored.size).toBe(0);
});

test("an inbound referral that is over when first seen makes no deal", async () => {
  const world = await smallWorld();
  world.referrals.add({ name: "Old", status: "Closed", substatus: "Lost" });
  await world.sync();
  expect(world.crm.records.size).toBe(0);
});

test("a deal whose creation lost its answer is found again, with the edit that a person made meanwhile", async () => {
  const world = await smallWorld({}, {}, withLink);
  world.referrals.add(lead);
  world.crm.faults.push("timeout-after");
  await world.sync();
  expect(world.crm.records.size).toBe(1);
  world.crm.edit("c1", { dealValue: 11 });
  await world.clock.advance(60_000);
  await world.sync();
  expect(world.crm.records.size).toBe(1);
  expect(world.crm.records.get("c1")?.fields.dealValue).toBe(11);
  expect(world.referrals.stored.get("r1")?.details?.dealValue).toBe(11);
});

test.each([
  ["with a field for the link", withLink],
  ["without one", withIdAlone],
])(
  "a deal that only names the referral isn't the one whose creation lost its answer, in a CRM %s: what differs is asked about",
  async (_, capabilities) => {
    const world = await smallWorld({}, {}, capabilities);
    world.referrals.add(lead);
    world.crm.faults.push("timeout-before");
    await world.sync();
    world.crm.add({ ...deal, name: "Lead", dealValue: 9, referralId: "r1" });
    await world.clock.advance(60_000);
    await world.sync();
    const questions = await world.ledger.inbox({ isOpen: true, limit: 5 });
    expect(questions.map(({ field }) => field)).toEqual(["dealValue"]);
    expect(world.referrals.stored.get("r1")?.details?.dealValue).toBe(10);
    expect(world.crm.records.size).toBe(1);
  },
);

test("where the CRM has no field for the link, nobody can tell whose a deal found after a lost answer is: only what differs is asked about", async () => {
  const world = await smallWorld({}, {}, withIdAlone);
  world.referrals.add(lead);
  world.crm.faults.push("timeout-after");
  await world.sync();
  world.crm.edit("c1", { dealValue: 11 });
  await world.clock.advance(60_000);
  await world.sync();
  const questions = await world.ledger.inbox({ isOpen: true, limit: 5 });
  expect(questions.map(({ field }) => field)).toEqual(["dealValue"]);
  world.crm.edit("c1", { notes: "flows" });
  await world.sync();
  expect(world.referrals.stored.get("r1")?.details).toMatchObject({
    dealValue: 10,
    notes: "flows",
  });
});

test.each([
  [undefined, ["dealValue"]],
  ["https://partner.microsoft.com/r1", []],
])(
  "a deal that the CRM holds under the referral's key after a lost answer is ours only by its link (%s)",
  async (link, asked) => {
    const settings = { referralLink: "https://partner.microsoft.com/{id}" };
    const world = await smallWorld(settings, {}, { stateFields: { referralLink: "link" } });
    const { crm } = world;
    const { upsert } = crm;
    let tries = 0;
    crm.upsert = async (write, options) => {
      tries += 1;
      if (tries > 2) return upsert(write, options);
      if (tries === 1) throw new CrmError("unavailable", "no answer", { outcomeUnknown: true });
      crm.add({ ...deal, name: "Lead", dealValue: 9, ...(link ? { link } : {}) });
      throw new CrmError("conflict", "a deal with other values has this key", { recordId: "c1" });
    };
    world.referrals.add(lead);
    await world.sync();
    await world.clock.advance(60_000);
    await world.sync();
    const questions = await world.ledger.inbox({ isOpen: true, limit: 5 });
    expect(questions.map(({ field }) => field)).toEqual(asked);
    expect(world.referrals.stored.get("r1")?.details?.dealValue).toBe(link ? 9 : 10);
    expect(crm.records.size).toBe(1);
  },
);

test.each([
  ["was refused", "unavailable"],
  ["got no answer", "timeout-before"],
] as const)(
  "where a try that %s has made nothing the next one is matched anew: a deal that came into sight is linked, and asked about where it went again",
  async (_, fault) => {
    for (const isGone of [false, true]) {
      const world = await smallWorld({ matchFields: ["customer", "name"] });
      world.referrals.add(lead);
      world.crm.faults.push(fault);
      await world.sync();
      expect(world.crm.records.size).toBe(0);
      world.crm.add({ ...deal, name: "Lead", dealValue: 10, share: false });
      await world.engine.pollCrm();
      if (isGone) world.crm.remove("c1");
      await world.clock.advance(60_000);
      await world.sync();
      const linked = (await world.ledger.pairsByReferral(["r1"])).get("r1");
      expect(linked?.crm?.id).toBe(isGone ? undefined : "c1");
      expect(world.crm.records.size).toBe(isGone ? 0 : 1);
      const questions = await world.ledger.inbox({ isOpen: true, limit: 5 });
      expect(questions.map(({ kind }) => kind)).toEqual(isGone ? ["match"] : []);
    }
  },
);

test("a deal that is met where every try was refused is somebody else's: what differs is asked about", async () => {
  const world = await smallWorld();
  const { crm } = world;
  const { upsert } = crm;
  let tries = 0;
  crm.upsert = async (write, options) => {
    tries += 1;
    if (tries === 1) throw new CrmError("unauthorized", "no permission to write this deal");
    if (tries > 2) return upsert(write, options);
    crm.add({ ...deal, name: "Lead", dealValue: 9 });
    throw new CrmError("conflict", "a deal with other values has this key", { recordId: "c1" });
  };
  world.referrals.add({
    name: "Lead",
    status: "Active",
    substatus: "Accepted",
    customerProfile: { name: "Contoso" },
    details: { dealValue: 10 },
  });
  await world.sync();
  await world.clock.advance(60_000);
  await world.engine.runDue();
  await world.engine.runDue();
  const questions = await world.ledger.inbox({ isOpen: true, limit: 5 });
  expect(questions.map(({ kind, field }) => [kind, field])).toEqual([["conflict", "dealValue"]]);
  expect(world.referrals.stored.get("r1")?.details?.dealValue).toBe(10);
  expect(crm.records.get("c1")?.fields.dealValue).toBe(9);
});

test("after a restore an edited referral may be of a forgotten request: what differs is asked about", async () => {
  for (const isRestored of [false, true]) {
    const world = await smallWorld();
    if (isRestored) await world.engine.declareRestored();
    await world.clock.advance(61_000);
    world.crm.add({ ...deal, dealValue: 2 });
    world.referrals.faults.push({ method: "create", fault: "timeout-before" });
    await world.sync();
    world.referrals.add({
      name: deal.name,
      externalReferenceId: "c1",
      type: "Shared",
      target: [{ type: "SolutionProfile", id: "solution" }],
      status: "New",
      substatus: "Pending",
      customerProfile: { name: deal.customer },
      details: { dealValue: 1 },
    } as Partial<Referral>);
    world.referrals.edit("r1", { "/details/notes": "edited since" });
    await world.clock.advance(settleMs);
    await world.sync();
    const questions = await world.ledger.inbox({ isOpen: true, limit: 5 });
    const asked = questions.map(({ field }) => field);
    expect(asked).toEqual(isRestored ? expect.arrayContaining(["dealValue"]) : []);
    expect(world.crm.records.get("c1")?.fields.dealValue).toBe(isRestored ? 2 : 1);
  }
});

test("an inbound referral waits in the holding stage, and moving it on accepts it", async () => {
  const holding = { crmField: "stage", value: "Waiting" };
  const world = await smallWorld({}, { mapping: { ...smallMapping, holding } });
  world.referrals.add({
    name: "Lead",
    status: "New",
    substatus: "Pending",
    customerProfile: { name: "Fabrikam" },
    details: { dealValue: 10 },
  });
  await world.sync();
  expect((await world.onlyPair()).state).toBe("held");
  world.crm.edit("c1", { dealValue: 12 });
  await world.sync();
  expect(world.referrals.stored.get("r1")?.details?.dealValue).toBe(10);
  world.referrals.edit("r1", { "/details/notes": "still arrives" });
  await world.sync();
  expect(world.crm.records.get("c1")?.fields.notes).toBe("still arrives");
  world.crm.edit("c1", { stage: "Open" });
  await world.sync();
  expect(world.referrals.stored.get("r1")).toMatchObject({
    status: "Active",
    substatus: "Accepted",
    details: { dealValue: 12 },
  });
  expect((await world.onlyPair()).state).toBe("in-step");
});

test("what was tried stays in mind while the referral waits to be matched anew", async () => {
  const world = await smallWorld({ matchFields: ["name"] }, {}, { visibilityDelayMs: 10_000 });
  const { clock, crm, engine, ledger, referrals } = world;
  referrals.add(lead);
  crm.faults.push("timeout-before");
  await world.sync();
  await clock.advance(10_000);
  await world.sync();
  const tried = (await world.onlyPair()).attempt ?? expect.unreachable();
  await clock.advance(11_000);
  referrals.edit("r1", { "/details/notes": "news" });
  await engine.pollReferrals();
  while ((await engine.runDue()) > 0);
  expect(crm.records.size).toBe(0);
  expect((await world.onlyPair()).attempt?.id).toBe(tried.id);
  await clock.advance(60_000);
  await world.sync();
  const created = (await ledger.history((await world.onlyPair()).id)).find(
    ({ kind }) => kind === "created",
  );
  expect(created?.correlationId).toBe(tried.id);
});
