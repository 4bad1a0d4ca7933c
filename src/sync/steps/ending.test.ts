import { expect, test } from "vitest";
import type { HistoryEntry, InboxItem } from "../ledger/ledger-port.ts";
import { defaultSettings } from "../settings.ts";
import { type SmallWorld, smallWorld } from "../small-world-suite.ts";

const deal = { share: true, name: "Migration", customer: "Contoso", dealValue: 1, stage: "Open" };

/** Pairs whose amounts are in conflict. */
async function disputed(
  count: number,
  policy: "ignore" | "close" | "unlink" = "ignore",
): Promise<SmallWorld> {
  const world = await smallWorld({ deletion: { ...defaultSettings.deletion, policy } });
  for (let index = 0; index < count; index += 1) world.crm.add({ ...deal, name: `Deal ${index}` });
  await world.sync();
  for (let index = 1; index <= count; index += 1) {
    world.crm.edit(`c${index}`, { dealValue: 2 });
    world.referrals.edit(`r${index}`, { "/details/dealValue": 3 });
  }
  await world.sync();
  expect((await open(world)).map(({ kind }) => kind)).toEqual(Array(count).fill("conflict"));
  return world;
}

const open = ({ ledger }: SmallWorld): Promise<readonly InboxItem[]> =>
  ledger.inbox({ isOpen: true, limit: 20 });

async function lastOf(
  { ledger }: SmallWorld,
  referralId: string,
): Promise<readonly Partial<HistoryEntry>[]> {
  const pair = (await ledger.pairsByReferral([referralId])).get(referralId);
  return (await ledger.history(pair?.id ?? "")).slice(-2);
}

const closed = { kind: "resolved", fields: [{ field: "dealValue" }], note: "the pair is over" };

test("what was asked about a pair is closed with it, whichever way it ends, and its history says so", async () => {
  for (const policy of ["ignore", "close", "unlink"] as const) {
    const world = await disputed(1, policy);
    world.crm.remove("c1");
    await world.sync();
    expect(await open(world), policy).toEqual([]);
    expect(await lastOf(world, "r1"), policy).toMatchObject([{ kind: "unlinked" }, closed]);
  }
});

test("a person who ends a pair is named beside what that closes", async () => {
  const world = await disputed(1);
  const [item] = await open(world);
  await world.engine.unlink(item?.pairId ?? "", "Kim");
  expect(await open(world)).toEqual([]);
  const answered = await world.ledger.inboxItem(item?.id ?? "");
  expect(answered).toMatchObject({ resolution: "the pair is over", resolvedBy: "Kim" });
  expect(await lastOf(world, "r1")).toMatchObject([
    { kind: "unlinked", by: "Kim" },
    { ...closed, by: "Kim" },
  ]);
  const pair = await world.onlyPair();
  expect([pair.parked, pair.decisions, pair.refusals]).toEqual([{}, {}, []]);
});

test("deletions that a person lets be ignored at the brake close what was asked, too, and are told in history", async () => {
  const world = await disputed(6);
  for (let index = 1; index <= 6; index += 1) world.crm.remove(`c${index}`);
  await world.sync();
  const [brake] = await world.ledger.inbox({ kinds: ["brake"], isOpen: true, limit: 5 });
  await world.engine.resolve(brake?.id ?? "", { choose: "dismiss" }, "Kim");
  await world.sync();
  expect(await open(world)).toEqual([]);
  for (let index = 1; index <= 6; index += 1) {
    const last = await lastOf(world, `r${index}`);
    expect(last).toMatchObject([{ kind: "unlinked", note: "the deletion is ignored" }, closed]);
  }
});

test("a field that a person has paused stays so when its pair is over", async () => {
  const world = await disputed(1);
  const { id } = await world.onlyPair();
  await world.engine.pause({ pairId: id, field: "name" }, "Kim");
  await world.engine.unlink(id, "Kim");
  expect(Object.keys((await world.onlyPair()).parked)).toEqual(["name"]);
});

test("nothing of a pair that is over can be undone", async () => {
  const world = await smallWorld();
  world.crm.add(deal);
  await world.sync();
  world.crm.edit("c1", { dealValue: 2 });
  await world.sync();
  const { id } = await world.onlyPair();
  const wrote = (await world.ledger.history(id)).findLast(({ kind }) => kind === "wrote");
  await world.engine.unlink(id, "Kim");
  const undo = world.engine.undo(wrote?.sequence ?? 0, "Kim");
  await expect(undo).rejects.toThrow(/pair is over/);
});

test("a deal whose counted deletion was taken back counts again when it is deleted again", async () => {
  const world = await smallWorld({ deletion: { ...defaultSettings.deletion, policy: "close" } });
  world.crm.add(deal);
  await world.sync();
  world.referrals.faults.push({ method: "patch", fault: "unavailable" });
  const record = world.crm.records.get("c1") ?? expect.unreachable();
  world.crm.remove("c1");
  await world.sync();
  expect((await world.ledger.connection()).deletions).toHaveLength(1);
  world.crm.edit("c1", record.fields);
  await world.sync();
  expect((await world.onlyPair()).crm?.presence).toBe("present");
  world.crm.remove("c1");
  await world.clock.advance(600_000);
  await world.sync();
  expect((await world.ledger.connection()).deletions).toHaveLength(2);
  expect(world.referrals.stored.get("r1")?.status).toBe("Closed");
});
