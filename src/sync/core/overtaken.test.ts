import { expect, test } from "vitest";
import { CrmError } from "../../crm/port.ts";
import { type SmallWorld, smallWorld } from "../small-world-suite.ts";

const deal = { share: true, name: "Migration", customer: "Contoso", dealValue: 1, stage: "Open" };

async function linked(): Promise<SmallWorld> {
  const world = await smallWorld();
  world.crm.add(deal);
  await world.sync();
  return world;
}

/** An edit within the same stamp as the one before, which a walk brings at once. */
async function editMeanwhile({ crm, engine }: SmallWorld, dealValue: number): Promise<void> {
  const before = crm.records.get("c1") ?? expect.unreachable();
  crm.edit("c1", { dealValue });
  const after = crm.records.get("c1") ?? expect.unreachable();
  crm.records.set("c1", { ...after, modifiedAt: before.modifiedAt });
  await engine.pollCrm();
}

const valuesOf = ({ crm, referrals }: SmallWorld): unknown[] => [
  crm.records.get("c1")?.fields.dealValue,
  referrals.stored.get("r1")?.details?.dealValue,
];

test("what was edited while an older answer to a read was under way isn't lost", async () => {
  const world = await linked();
  const { crm } = world;
  const { read } = crm;
  crm.edit("c1", { dealValue: 2 });
  await world.engine.hint({ side: "crm", id: "c1" });
  crm.read = async (id, options) => {
    const record = await read(id, options);
    crm.read = read;
    await editMeanwhile(world, 9);
    return record;
  };
  while ((await world.engine.runDue()) > 0);
  await world.sync();
  expect(valuesOf(world)).toEqual([9, 9]);
});

test("what was edited while the answer to a write was under way isn't lost", async () => {
  const world = await linked();
  const { crm } = world;
  const { upsert } = crm;
  crm.upsert = async (write, options) => {
    const written = await upsert(write, options);
    crm.upsert = upsert;
    await editMeanwhile(world, 9);
    return written;
  };
  world.referrals.edit("r1", { "/details/notes": "a note" });
  await world.sync();
  expect(valuesOf(world)).toEqual([9, 9]);
});

test("what was edited while the answer to a create was under way isn't lost", async () => {
  const world = await smallWorld({}, {}, { stateFields: {} });
  const { crm, referrals } = world;
  const { upsert } = crm;
  crm.upsert = async (write, options) => {
    const written = await upsert(write, options);
    crm.upsert = upsert;
    await editMeanwhile(world, 9);
    return written;
  };
  referrals.add({
    name: "Migration",
    status: "Active",
    substatus: "Accepted",
    details: { dealValue: 1 },
  });
  await world.sync();
  expect(valuesOf(world)).toEqual([9, 9]);
});

test("what was edited on the referral while the answer to a write was under way isn't lost", async () => {
  const world = await linked();
  const { crm, referrals } = world;
  const { patch } = referrals;
  referrals.patch = async (id, operations, options) => {
    const answer = await patch(id, operations, options);
    referrals.patch = patch;
    referrals.edit("r1", { "/details/notes": "theirs" });
    const after = referrals.stored.get("r1") ?? expect.unreachable();
    const { updatedDateTime } = answer.referral;
    if (updatedDateTime) referrals.stored.set("r1", { ...after, updatedDateTime });
    await world.engine.pollReferrals();
    return answer;
  };
  crm.edit("c1", { dealValue: 3 });
  await world.sync();
  expect(crm.records.get("c1")?.fields).toMatchObject({ dealValue: 3, notes: "theirs" });
});

/** A write to the deal that lands and is listed; its answer is lost, and a person edits. */
function landingUnheard(world: SmallWorld, person: { readonly dealValue: number }): void {
  const { crm, engine } = world;
  const { upsert } = crm;
  crm.upsert = async (write, options) => {
    await upsert(write, options);
    crm.upsert = upsert;
    await engine.pollCrm();
    crm.edit("c1", person);
    throw new CrmError("unavailable", "no answer", { outcomeUnknown: true });
  };
}

test("a write that a list has shown is ours, also where its answer is lost and somebody edits at once", async () => {
  const world = await linked();
  landingUnheard(world, { dealValue: 9 });
  world.referrals.edit("r1", { "/details/dealValue": 2 });
  await world.sync();
  await world.clock.advance(60_000);
  await world.sync();
  expect(valuesOf(world)).toEqual([9, 9]);
  expect(await world.ledger.inbox({ isOpen: true, limit: 5 })).toEqual([]);
});

test("an undo that a list has shown parks its field, also where its answer is lost and somebody edits at once", async () => {
  const world = await linked();
  world.referrals.edit("r1", { "/details/dealValue": 2 });
  await world.sync();
  const { id } = await world.onlyPair();
  const wrote = (await world.ledger.history(id)).findLast(({ kind }) => kind === "wrote");
  landingUnheard(world, { dealValue: 9 });
  await world.engine.undo(wrote?.sequence ?? 0, "Kim");
  await world.sync();
  await world.clock.advance(60_000);
  await world.sync();
  expect((await world.onlyPair()).parked).toMatchObject({ dealValue: { reason: "undo" } });
  expect(valuesOf(world)).toEqual([9, 2]);
});

test("a value that somebody else typed during a refused write isn't taken for ours", async () => {
  const world = await linked();
  const { crm, engine, referrals } = world;
  const { upsert } = crm;
  crm.upsert = async () => {
    crm.upsert = upsert;
    crm.edit("c1", { dealValue: 2 });
    await engine.pollCrm();
    crm.edit("c1", { dealValue: 9 });
    throw new CrmError("conflict", "stale");
  };
  referrals.edit("r1", { "/details/dealValue": 2 });
  await world.sync();
  const questions = await world.ledger.inbox({ isOpen: true, limit: 5 });
  expect(questions.map(({ kind, field }) => [kind, field])).toEqual([["conflict", "dealValue"]]);
});

test("a part of a write that lands after somebody's edit was listed is ours, and a later edit isn't taken for a conflict", async () => {
  const parts = [
    { name: "account", prefix: "customer" },
    { name: "deal", prefix: "" },
  ];
  const world = await smallWorld({}, {}, { parts });
  const { crm, referrals } = world;
  crm.add(deal);
  await world.sync();
  const { upsert } = crm;
  // Each part has a version of its own: the edit of the deal doesn't stop the customer's change.
  crm.upsert = async (write, options) => {
    crm.upsert = upsert;
    const [account, own] = write.steps;
    if (!account || !own) return expect.unreachable();
    crm.edit("c1", { notes: "a person's" });
    await world.engine.pollCrm();
    crm.edit("c1", account.fields);
    await options.memo?.finish(account.key, "c1");
    referrals.edit("r1", { "/customerProfile/name": "Northwind" });
    await world.engine.pollReferrals();
    throw new CrmError("conflict", "the deal was changed in between");
  };
  referrals.edit("r1", { "/customerProfile/name": "Fabrikam", "/details/dealValue": 2 });
  await world.sync();
  expect(crm.records.get("c1")?.fields).toMatchObject({ customer: "Northwind", dealValue: 2 });
  expect(await world.ledger.inbox({ isOpen: true, limit: 5 })).toEqual([]);
});
