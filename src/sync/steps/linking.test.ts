import { expect, test } from "vitest";
import type { CrmCapabilities } from "../../crm/port.ts";
import type { Pair } from "../pair/pair.ts";
import { type SmallWorld, smallWorld } from "../small-world-suite.ts";

/** A deal that can't be shared yet: it has no customer. */
async function waitingDeal(capabilities: Partial<CrmCapabilities> = {}): Promise<SmallWorld> {
  const world = await smallWorld({}, {}, capabilities);
  world.crm.add({ share: true, name: "Migration", customer: null, dealValue: 1, stage: "Open" });
  await world.sync();
  return world;
}

/** A referral that names the deal comes, and is matched before anything else is done. */
async function link(world: SmallWorld): Promise<Pair> {
  world.referrals.add({
    name: "Migration",
    status: "Active",
    substatus: "Accepted",
    externalReferenceId: "c1",
    customerProfile: { name: "Contoso" },
    details: { dealValue: 1 },
  });
  await world.engine.pollReferrals();
  const pairs = await world.ledger.pairs({ limit: 5 });
  await world.engine.reconcile(pairs.find(({ referral }) => referral)?.id ?? "");
  await world.sync();
  return world.onlyPair();
}

test("a deal that is still to be read is read also once it is linked", async () => {
  const world = await waitingDeal({ stateFields: {} });
  const { crm } = world;
  const seen = crm.records.get("c1") ?? expect.unreachable();
  const now = { ...seen, version: "another", fields: { ...seen.fields, dealValue: 9 } };
  crm.records.set("c1", now);
  const { changesSince } = crm;
  crm.changesSince = async function* () {
    yield { kind: "changed", record: now };
    yield { kind: "watermark", watermark: "9" };
  };
  await world.engine.pollCrm();
  crm.changesSince = changesSince;
  expect((await world.onlyPair()).look).toEqual({ crm: "hint" });
  expect((await link(world)).referral?.id).toBe("r1");
  const questions = await world.ledger.inbox({ isOpen: true, limit: 5 });
  expect(questions.map(({ field }) => field)).toEqual(["dealValue"]);
});

test("a deletion that was told and isn't confirmed yet counts also once the deal is linked", async () => {
  const world = await waitingDeal();
  world.crm.remove("c1");
  await world.engine.pollCrm();
  expect((await link(world)).state).toBe("unlinked");
});

test("what the CRM was told about a deal that couldn't be shared is taken back once it is linked", async () => {
  const world = await waitingDeal();
  expect(world.crm.records.get("c1")?.fields.lastError).toContain("customer");
  await link(world);
  expect(world.crm.records.get("c1")?.fields).toMatchObject({
    customer: "Contoso",
    lastError: null,
    syncState: "In step",
  });
});

test("a deal that a person has paused stays paused when it is linked", async () => {
  const world = await waitingDeal();
  const { id } = await world.onlyPair();
  await world.engine.pause({ pairId: id }, "Kim");
  expect((await link(world)).state).toBe("paused");
  expect(world.crm.records.get("c1")?.fields.customer).toBeNull();
});
