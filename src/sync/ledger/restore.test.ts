import { expect, test } from "vitest";
import { createEngine } from "../engine.ts";
import type { Engine, RestoreWitness, Witnessed } from "../engine-port.ts";
import { type SmallWorld, smallWorld } from "../small-world-suite.ts";
import { createMemoryLedger, type MemoryLedger } from "./memory-ledger.ts";

const deal = { share: true, name: "Migration", customer: "Contoso", dealValue: 1, stage: "Open" };

/** A world whose ledger is watched from outside. */
async function witnessed(): Promise<{
  readonly witness: RestoreWitness;
  readonly world: SmallWorld;
}> {
  let remembered: Witnessed | undefined;
  const witness: RestoreWitness = {
    read: async () => remembered,
    write: async (witnessed) => {
      remembered = witnessed;
    },
  };
  return { witness, world: await smallWorld({}, { witness }) };
}

interface Restored {
  readonly world: SmallWorld;
  readonly ledger: MemoryLedger;
  readonly engine: Engine;
  sync(): Promise<void>;
}

/** A world that was backed up, went on with `meanwhile`, and was restored from the backup. */
async function restored(meanwhile: (world: SmallWorld) => Promise<void>): Promise<Restored> {
  let remembered: Witnessed | undefined;
  const witness: RestoreWitness = {
    read: async () => remembered,
    write: async (witnessed) => {
      remembered = witnessed;
    },
  };
  const world = await smallWorld({ isApproved: false }, { witness });
  await world.engine.approve();
  world.crm.add(deal);
  await world.sync();
  const backup = world.ledger.snapshot();
  await world.clock.advance(60_000);
  await meanwhile(world);
  const ledger = createMemoryLedger(backup);
  const engine = createEngine({ ...world.environment, ledger });
  await engine.open();
  const sync = async (): Promise<void> => {
    await engine.pollCrm();
    await engine.pollReferrals();
    while ((await engine.runDue()) > 0);
  };
  return { world, ledger, engine, sync };
}

test("a database older than the world is noticed, begins a new epoch, and counts the call window as spent", async () => {
  const { ledger, world } = await restored(async (one) => {
    one.crm.edit("c1", { dealValue: 2 });
    await one.sync();
  });
  const connection = await ledger.connection();
  expect(connection).toMatchObject({ epoch: 2, awaitsApproval: "restored" });
  const budget = await ledger.budget(world.environment.settings.quotaOwner);
  expect(budget?.calls.length).toBe(budget?.limit);
  const [question] = await ledger.inbox({ kinds: ["approval"], isOpen: true, limit: 1 });
  expect(question?.sentence).toContain("restored from a backup");
});

test("in a new epoch nothing is created before both sides were walked over once more", async () => {
  const { witness, world } = await witnessed();
  world.crm.add(deal);
  await world.engine.pollCrm();
  await world.clock.advance(1_000);
  await world.engine.pollReferrals();
  const backup = world.ledger.snapshot();
  await world.clock.advance(1_000);
  world.referrals.add({ name: "Migration", status: "Active", externalReferenceId: "c1" });
  await world.engine.pollReferrals();
  const ledger = createMemoryLedger(backup);
  const engine = createEngine({ ...world.environment, witness, ledger });
  await engine.open();
  await world.clock.advance(120_000);
  while ((await engine.runDue()) > 0);
  expect(world.referrals.calls).not.toContain("create");
  expect((await ledger.pairsByReferral(["r1"])).get("r1")?.crm?.id).toBe("c1");
});

test("a write since the last walk is enough to notice that a database was restored", async () => {
  const { world } = await witnessed();
  world.crm.add(deal);
  await world.engine.pollReferrals();
  await world.engine.pollCrm();
  const backup = world.ledger.snapshot();
  while ((await world.engine.runDue()) > 0);
  expect(world.referrals.calls).toContain("create");
  const ledger = createMemoryLedger(backup);
  await createEngine({ ...world.environment, ledger }).open();
  expect((await ledger.connection()).epoch).toBe(2);
});

test("a word to the seller since the last walk is enough, too", async () => {
  const { world } = await witnessed();
  world.crm.add(deal);
  await world.sync();
  world.referrals.stored.delete("r1");
  await world.engine.hint({ side: "referral", id: "r1" });
  const backup = world.ledger.snapshot();
  while ((await world.engine.runDue()) > 0);
  expect(world.crm.records.get("c1")?.fields.syncState).toContain("Stopped");
  const ledger = createMemoryLedger(backup);
  await createEngine({ ...world.environment, ledger }).open();
  expect((await ledger.connection()).epoch).toBe(2);
});

test("where a restored database has forgotten nothing but calls, their window counts as spent, once", async () => {
  const { world } = await witnessed();
  const { quotaOwner } = world.environment.settings;
  world.crm.add(deal);
  await world.sync();
  const backup = world.ledger.snapshot();
  await world.engine.hint({ side: "referral", id: "r1" });
  while ((await world.engine.runDue()) > 0);
  expect(world.referrals.calls.at(-1)).toBe("get");
  const ledger = createMemoryLedger(backup);
  await createEngine({ ...world.environment, ledger }).open();
  const budget = await ledger.budget(quotaOwner);
  expect(budget?.calls.length).toBe(budget?.limit);
  expect(await ledger.connection()).toMatchObject({ epoch: 1, awaitsApproval: undefined });
  await world.clock.advance(61_000);
  const next = createEngine({ ...world.environment, ledger });
  await next.open();
  await next.pollReferrals();
  expect((await ledger.budget(quotaOwner))?.calls.length).toBe(1);
});

test("a database that wasn't restored begins no epoch, however often the engine starts", async () => {
  const world = await smallWorld();
  for (let start = 0; start < 5; start += 1) {
    await world.restart();
    await world.sync();
  }
  expect((await world.ledger.connection()).epoch).toBe(1);
});

test("after a restore equal values are adopted, and what differs is asked, whatever the policy", async () => {
  const { world, ledger, engine, sync } = await restored(async (one) => {
    one.crm.edit("c1", { dealValue: 2 });
    await one.sync();
    one.crm.edit("c1", { notes: "only in the CRM" });
  });
  await world.clock.advance(60_000);
  const running = engine.auditSweep();
  await world.clock.advance(60_000);
  await running;
  await sync();
  await engine.approve();
  await sync();
  const [pair] = await ledger.pairs({ limit: 5 });
  expect(pair?.referral?.shadow.dealValue).toBe(2);
  expect(pair?.epoch).toBe(2);
  const conflicts = await ledger.inbox({ kinds: ["conflict"], isOpen: true, limit: 5 });
  expect(conflicts.map(({ field }) => field)).toEqual(["notes"]);
  expect(world.referrals.stored.get("r1")?.details?.notes).toBeUndefined();
});

test("nothing is written after a restore before a person has approved", async () => {
  const { world, engine, sync } = await restored(async (one) => {
    one.crm.add({ ...deal, name: "New since the backup" });
    await one.sync();
  });
  const [referrals, records] = [world.referrals.stored.size, world.crm.records.size];
  world.crm.add({ ...deal, name: "Newer still" });
  await world.clock.advance(120_000);
  await sync();
  expect([world.referrals.stored.size, world.crm.records.size]).toEqual([referrals, records + 1]);
  await engine.approve();
  await world.clock.advance(120_000);
  await sync();
  expect(world.referrals.stored.size).toBe(referrals + 1);
});

test("a pair that was made after the backup is found again by its ids and not made twice", async () => {
  const { world, ledger, engine, sync } = await restored(async (one) => {
    one.crm.add({ ...deal, name: "Outbound since" });
    one.referrals.add({
      name: "Inbound since",
      status: "Active",
      substatus: "Accepted",
      customerProfile: { name: "Fabrikam" },
      details: { dealValue: 3 },
    });
    await one.sync();
  });
  await engine.approve();
  await world.clock.advance(120_000);
  await sync();
  expect([world.referrals.stored.size, world.crm.records.size]).toEqual([3, 3]);
  const linked = (await ledger.pairs({ limit: 10 })).filter(({ referral, crm }) => referral && crm);
  expect(linked).toHaveLength(3);
});

test("an operator can declare a restore by hand", async () => {
  const world = await smallWorld({ isApproved: false });
  await world.engine.approve();
  await world.engine.declareRestored("Kim");
  expect(await world.ledger.connection()).toMatchObject({ epoch: 2, awaitsApproval: "restored" });
});
