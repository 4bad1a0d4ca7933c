import { expect, test } from "vitest";
import { engineRules } from "../core/rules.ts";
import { defaultSettings } from "../settings.ts";
import type { SmallWorld } from "../small-world-suite.ts";
import { smallWorld } from "../small-world-suite.ts";

const deal = { share: true, customer: "Contoso", dealValue: 1, stage: "Open" };
type Policy = "ignore" | "close" | "unlink";

async function deals(count: number, policy: Policy): Promise<SmallWorld> {
  const deletion = { ...defaultSettings.deletion, policy };
  const world = await smallWorld({ deletion });
  for (let index = 0; index < count; index += 1) world.crm.add({ ...deal, name: `Deal ${index}` });
  await world.sync();
  await world.clock.advance(120_000);
  await world.sync();
  return world;
}

const closed = (world: SmallWorld): number =>
  [...world.referrals.stored.values()].filter(({ status }) => status === "Closed").length;

test("a deleted deal closes its referral, with the reason, where the policy says so", async () => {
  const world = await deals(1, "close");
  world.crm.remove("c1");
  await world.sync();
  expect(world.referrals.stored.get("r1")).toMatchObject({
    status: "Closed",
    statusReason: "The deal was deleted in the CRM.",
  });
  expect((await world.onlyPair()).state).toBe("unlinked");
});

test("ignore and unlink leave the referral as it is, and its later changes make no new deal", async () => {
  for (const policy of ["ignore", "unlink"] as const) {
    const world = await deals(1, policy);
    world.crm.remove("c1");
    await world.sync();
    expect(closed(world), policy).toBe(0);
    world.referrals.edit("r1", { "/details/dealValue": 99 });
    await world.sync();
    await world.engine.auditSweep();
    await world.sync();
    expect(world.crm.records.size, policy).toBe(0);
    expect((await world.onlyPair()).state, policy).toBe("unlinked");
  }
});

test("a deal that can merely not be seen is no deletion: the pair waits for a person, and heals when it shows again", async () => {
  const world = await deals(1, "close");
  const record = world.crm.records.get("c1");
  world.crm.records.delete("c1");
  await world.engine.hint({ side: "crm", id: "c1" });
  while ((await world.engine.runDue()) > 0);
  expect(closed(world)).toBe(0);
  const pair = await world.onlyPair();
  expect(pair.state).toBe("dead");
  expect(pair.problem?.remedy).toContain("sight");
  if (record) world.crm.records.set("c1", record);
  world.crm.edit("c1", { dealValue: 5 });
  await world.sync();
  expect(world.referrals.stored.get("r1")?.details?.dealValue).toBe(5);
  expect((await world.onlyPair()).state).toBe("in-step");
});

test("a deletion that was told but isn't true changes nothing", async () => {
  const world = await deals(1, "close");
  const record = world.crm.records.get("c1");
  world.crm.remove("c1");
  await world.engine.pollCrm();
  if (record) world.crm.records.set("c1", record);
  while ((await world.engine.runDue()) > 0);
  expect(closed(world)).toBe(0);
  expect((await world.onlyPair()).state).toBe("in-step");
});

test("where the CRM tells no deletions, none counts", async () => {
  const signal = { isExplicit: true, deleteSignal: "not-found" } as const;
  expect(engineRules.isDeletion(signal)).toBe(false);
  expect(engineRules.isDeletion({ ...signal, deleteSignal: "tombstone" })).toBe(true);
  expect(engineRules.isDeletion({ isExplicit: false, deleteSignal: "tombstone" })).toBe(false);
});

test("the brake is the larger of 2 % and 5 an hour, at most 20", () => {
  const limit = (pairs: number): number =>
    engineRules.deletionsPerHour(pairs, defaultSettings.deletion);
  expect([1, 250, 400, 999, 1_000, 100_000].map(limit)).toEqual([5, 5, 8, 19, 20, 20]);
});

test("many deletions at once stop at the brake; released, they go on", async () => {
  const world = await deals(9, "close");
  for (let index = 1; index <= 9; index += 1) world.crm.remove(`c${index}`);
  await world.sync();
  expect(closed(world)).toBe(5);
  const [item] = await world.ledger.inbox({ kinds: ["brake"], isOpen: true, limit: 5 });
  expect(item?.sentence).toContain("deleted in the CRM within an hour");
  await world.clock.advance(2 * 3_600_000);
  await world.sync();
  expect(closed(world)).toBe(5);
  await world.engine.resolve(item?.id ?? "", { choose: "close" }, "Kim");
  await world.sync();
  expect(closed(world)).toBe(9);
});

test("dismissed at the brake, the remaining deletions are ignored", async () => {
  const world = await deals(7, "close");
  for (let index = 1; index <= 7; index += 1) world.crm.remove(`c${index}`);
  await world.sync();
  const [item] = await world.ledger.inbox({ kinds: ["brake"], isOpen: true, limit: 5 });
  await world.engine.resolve(item?.id ?? "", { choose: "dismiss" }, "Kim");
  await world.sync();
  expect(closed(world)).toBe(5);
});

test("five deletions an hour, hour after hour, don't meet the brake", async () => {
  const world = await deals(10, "close");
  for (let index = 1; index <= 5; index += 1) world.crm.remove(`c${index}`);
  await world.sync();
  await world.clock.advance(3_600_001);
  for (let index = 6; index <= 10; index += 1) world.crm.remove(`c${index}`);
  await world.sync();
  expect(closed(world)).toBe(10);
});

test("the brake's share is one of the linked deals: what lacks a value isn't shared yet", async () => {
  const half = { ...defaultSettings.deletion, sharePerHour: 0.5, atLeast: 1 };
  const world = await smallWorld({ deletion: { ...half, policy: "close" } });
  for (let index = 1; index <= 4; index += 1) world.crm.add({ ...deal, name: `Deal ${index}` });
  for (let index = 5; index <= 10; index += 1) {
    world.crm.add({ ...deal, customer: null, name: `Deal ${index}` });
  }
  await world.sync();
  // A linked one that is refused a value counts.
  world.crm.edit("c4", { customer: null });
  await world.sync();
  expect(await world.ledger.countByState()).toMatchObject({ "in-step": 3, refusing: 7 });
  for (let index = 1; index <= 4; index += 1) world.crm.remove(`c${index}`);
  await world.sync();
  expect(closed(world)).toBe(2);
});

test("after a restore the brake's hour counts as spent: nobody knows how many deletions were forgotten", async () => {
  const world = await deals(3, "close");
  await world.engine.declareRestored();
  await world.clock.advance(61_000);
  await world.sync();
  world.crm.remove("c1");
  await world.sync();
  expect(closed(world)).toBe(0);
  const [item] = await world.ledger.inbox({ kinds: ["brake"], isOpen: true, limit: 5 });
  expect(item?.sentence).toContain("forgotten since the restore");
  await world.engine.resolve(item?.id ?? "", { choose: "close" }, "Kim");
  world.crm.remove("c2");
  await world.sync();
  expect(closed(world)).toBe(2);
  await world.clock.advance(3_600_001);
  world.crm.remove("c3");
  await world.sync();
  expect(closed(world)).toBe(3);
});

test("a pair that stopped because its deal was gone hears of the deletion, once", async () => {
  const world = await deals(1, "close");
  const { read } = world.crm;
  world.crm.read = async () => undefined;
  await world.engine.hint({ side: "crm", id: "c1" });
  while ((await world.engine.runDue()) > 0);
  expect((await world.onlyPair()).state).toBe("dead");
  world.crm.read = read;
  world.crm.remove("c1");
  await world.sync();
  expect((await world.onlyPair()).state).toBe("unlinked");
  expect(closed(world)).toBe(1);
  const { revision } = await world.onlyPair();
  await world.engine.auditSweep();
  await world.sync();
  expect((await world.onlyPair()).revision).toBe(revision);
});

test("a person can end a pair whose deal is gone for good", async () => {
  const world = await deals(1, "ignore");
  world.crm.records.delete("c1");
  await world.engine.hint({ side: "crm", id: "c1" });
  while ((await world.engine.runDue()) > 0);
  const { id } = await world.onlyPair();
  await world.engine.unlink(id, "Kim");
  world.referrals.edit("r1", { "/details/dealValue": 99 });
  await world.sync();
  expect((await world.onlyPair()).state).toBe("unlinked");
  expect(world.crm.records.size).toBe(0);
  const history = await world.ledger.history(id);
  expect(history.findLast(({ kind }) => kind === "unlinked")?.by).toBe("Kim");
});

test("a deleted deal that a late list still shows stays deleted, and what was decided about it is carried out", async () => {
  const world = await deals(6, "close");
  const { crm } = world;
  const last = crm.records.get("c6") ?? expect.unreachable();
  for (let index = 1; index <= 6; index += 1) crm.remove(`c${index}`);
  await world.sync();
  expect(await world.ledger.countByState()).toMatchObject({ deleted: 1 });
  const { changesSince } = crm;
  crm.changesSince = async function* () {
    yield { kind: "changed", record: last };
    const modifiedAt = new Date(Date.parse(last.modifiedAt) + 1).toISOString();
    yield { kind: "changed", record: { ...last, version: "edited, then deleted", modifiedAt } };
    yield { kind: "watermark", watermark: "99" };
  };
  await world.sync();
  crm.changesSince = changesSince;
  expect(await world.ledger.countByState()).toMatchObject({ deleted: 1 });
  const [item] = await world.ledger.inbox({ kinds: ["brake"], isOpen: true, limit: 5 });
  await world.engine.resolve(item?.id ?? "", { choose: "close" }, "Kim");
  await world.sync();
  expect(closed(world)).toBe(6);
});

test("a deletion that waits for the first approval, or for an end of the pause, is carried out then", async () => {
  const world = await deals(1, "close");
  await world.engine.pause({}, "Kim");
  world.crm.remove("c1");
  await world.sync();
  expect(closed(world)).toBe(0);
  await world.engine.resume({}, "Kim");
  await world.sync();
  expect(closed(world)).toBe(1);
});
