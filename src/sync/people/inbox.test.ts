import { expect, test } from "vitest";
import { createEngine } from "../engine.ts";
import { type Engine, EngineRefusal } from "../engine-port.ts";
import type { InboxItem, Ledger } from "../ledger/ledger-port.ts";
import { defaultSettings } from "../settings.ts";
import { type SmallWorld, smallWorld } from "../small-world-suite.ts";

const deal = { share: true, name: "Migration", customer: "Contoso", dealValue: 1, stage: "Open" };

/** One pair whose deal value was changed on both sides. */
async function disputed(referral = 2, crm = 3): Promise<SmallWorld> {
  const world = await smallWorld();
  world.crm.add(deal);
  await world.sync();
  world.referrals.edit("r1", { "/details/dealValue": referral });
  world.crm.edit("c1", { dealValue: crm });
  await world.sync();
  return world;
}

async function openItem(world: SmallWorld): Promise<InboxItem> {
  const [item, second] = await world.ledger.inbox({ isOpen: true, limit: 5 });
  if (!item || second) throw new Error("not exactly one open question");
  return item;
}

const values = (world: SmallWorld): readonly unknown[] => [
  world.referrals.stored.get("r1")?.details?.dealValue,
  world.crm.records.get("c1")?.fields.dealValue,
];

test("a conflict parks its field, shows all three values, and the rest flows", async () => {
  const world = await disputed();
  expect(await openItem(world)).toMatchObject({
    kind: "conflict",
    field: "dealValue",
    referral: 2,
    crm: 3,
    agreedReferral: 1,
    agreedCrm: 1,
  });
  expect(values(world)).toEqual([2, 3]);
  world.crm.edit("c1", { name: "Renamed" });
  await world.sync();
  expect(world.referrals.stored.get("r1")?.name).toBe("Renamed");
  expect((await world.onlyPair()).state).toBe("asking");
});

test("keep referral, keep CRM and a third value are each carried out once", async () => {
  for (const [answer, result] of [
    [{ choose: "referral" }, 2],
    [{ choose: "crm" }, 3],
    [{ choose: "value", value: 7 }, 7],
  ] as const) {
    const world = await disputed();
    await world.engine.resolve((await openItem(world)).id, answer, "Kim");
    await world.sync();
    expect(values(world)).toEqual([result, result]);
    const pair = await world.onlyPair();
    expect(pair.state).toBe("in-step");
    expect(pair.decisions).toEqual({});
    const history = await world.ledger.history(pair.id);
    expect(history.find(({ kind }) => kind === "resolved")?.by).toBe("Kim");
  }
});

test("always prefer a side: the same question isn't asked again for that field", async () => {
  const world = await disputed();
  await world.engine.resolve((await openItem(world)).id, { choose: "crm", always: true });
  await world.sync();
  world.referrals.edit("r1", { "/details/dealValue": 20 });
  world.crm.edit("c1", { dealValue: 30 });
  await world.sync();
  expect(values(world)).toEqual([30, 30]);
  expect(await world.ledger.inbox({ isOpen: true, limit: 5 })).toEqual([]);
});

test("a value that came after the answer was given is asked about anew", async () => {
  const world = await disputed();
  world.crm.edit("c1", { dealValue: 4 });
  await world.engine.resolve((await openItem(world)).id, { choose: "referral" });
  await world.sync();
  await world.sync();
  expect(values(world)).toEqual([2, 4]);
  expect(await openItem(world)).toMatchObject({ referral: 2, crm: 4 });
});

test("a conflict answers itself where people make both sides equal", async () => {
  const world = await disputed();
  world.crm.edit("c1", { dealValue: 2 });
  await world.sync();
  expect(await world.ledger.inbox({ isOpen: true, limit: 5 })).toEqual([]);
  expect((await world.onlyPair()).state).toBe("in-step");
});

test("an answer that the lifecycle forbids comes back as a question with the reason", async () => {
  const world = await smallWorld();
  world.crm.add(deal);
  await world.sync();
  world.referrals.edit("r1", { "/details/dealValue": 2, "/status": "Closed/Won" });
  world.crm.edit("c1", { dealValue: 3, stage: "Won" });
  await world.sync();
  await world.engine.resolve((await openItem(world)).id, { choose: "crm" });
  await world.sync();
  expect((await openItem(world)).sentence).toContain("final");
});

test("an answered question can't be answered twice, and a wrong kind of answer is refused with the remedy", async () => {
  const world = await disputed();
  const { id } = await openItem(world);
  await expect(world.engine.resolve(id, { choose: "create" })).rejects.toBeInstanceOf(
    EngineRefusal,
  );
  await world.engine.resolve(id, { choose: "crm" });
  await expect(world.engine.resolve(id, { choose: "crm" })).rejects.toThrow(/answered already/);
  await expect(world.engine.resolve("nothing", { choose: "crm" })).rejects.toThrow(/no question/);
});

test("a field that both sides keep rewriting is stopped after three writes of ours in ten minutes", async () => {
  const world = await smallWorld();
  world.crm.add(deal);
  await world.sync();
  let writes = 0;
  for (let turn = 0; turn < 12; turn += 1) {
    if (turn % 2 === 0) world.crm.edit("c1", { dealValue: 100 + turn });
    else world.referrals.edit("r1", { "/details/dealValue": 200 + turn });
    const before = values(world);
    await world.sync();
    if (String(values(world)) !== String(before)) writes += 1;
    await world.clock.advance(10_000);
  }
  expect(writes).toBe(3);
  expect((await openItem(world)).kind).toBe("breaker");
  await world.engine.resolve((await openItem(world)).id, { choose: "crm" });
  await world.sync();
  expect(new Set(values(world)).size).toBe(1);
});

test("a person who corrects a value five times in a row doesn't trip the breaker", async () => {
  const world = await smallWorld();
  world.crm.add(deal);
  await world.sync();
  for (let edit = 1; edit <= 5; edit += 1) {
    world.crm.edit("c1", { dealValue: 100 + edit });
    await world.sync();
    await world.clock.advance(10_000);
  }
  expect(values(world)).toEqual([105, 105]);
  expect(await world.ledger.inbox({ isOpen: true, limit: 5 })).toEqual([]);
});

async function lastWrite(world: SmallWorld): Promise<number> {
  const history = await world.ledger.history((await world.onlyPair()).id);
  return history.findLast(({ kind }) => kind === "wrote")?.sequence ?? 0;
}

test("undo writes the old value back on the side that we wrote, and parks the field", async () => {
  const world = await smallWorld();
  world.crm.add(deal);
  await world.sync();
  world.crm.edit("c1", { dealValue: 2 });
  await world.sync();
  await world.engine.undo(await lastWrite(world), "Kim");
  await world.sync();
  await world.sync();
  expect(values(world)).toEqual([1, 2]);
  const pair = await world.onlyPair();
  expect(pair.parked.dealValue?.reason).toBe("undo");
  await world.engine.resume({ pairId: pair.id, field: "dealValue" });
  world.crm.edit("c1", { dealValue: 3 });
  await world.sync();
  expect(values(world)).toEqual([3, 3]);
});

test("what can't be undone is refused: a closed referral, a later change, anything but a write of ours", async () => {
  const world = await smallWorld();
  world.crm.add(deal);
  await world.sync();
  world.crm.edit("c1", { dealValue: 2 });
  await world.sync();
  const write = await lastWrite(world);
  await expect(world.engine.undo(1)).rejects.toThrow(/Only a write of ours/);
  world.referrals.edit("r1", { "/details/dealValue": 9 });
  await world.sync();
  await expect(world.engine.undo(write)).rejects.toThrow(/changed again/);
  world.crm.edit("c1", { stage: "Won" });
  await world.sync();
  await expect(world.engine.undo(await lastWrite(world))).rejects.toThrow(/no action is possible/);
});

test("a paused pair, a paused field and a paused engine write nothing, and catch up afterwards", async () => {
  const world = await smallWorld();
  world.crm.add(deal);
  await world.sync();
  const { id } = await world.onlyPair();
  const scopes = [{ pairId: id }, { pairId: id, field: "dealValue" }, {}] as const;
  for (const [index, scope] of scopes.entries()) {
    const before = values(world)[0];
    await world.engine.pause(scope, "Kim");
    world.crm.edit("c1", { dealValue: 50 + index });
    await world.sync();
    await world.clock.advance(60_000);
    await world.sync();
    expect(values(world)[0]).toBe(before);
    await world.engine.resume(scope, "Kim");
    await world.sync();
    expect(values(world)[0]).toBe(50 + index);
  }
});

test("a seller sees in the CRM what waits for a decision, and that it is over", async () => {
  const world = await disputed();
  const shown = (): unknown => world.crm.records.get("c1")?.fields.syncState;
  expect(shown()).toBe("To be decided: dealValue");
  await world.engine.resolve((await openItem(world)).id, { choose: "referral" });
  const before = world.crm.calls.filter((call) => call === "upsert").length;
  await world.sync();
  expect(shown()).toBe("In step");
  expect(world.crm.calls.filter((call) => call === "upsert")).toHaveLength(before + 1);
});

/** A life that dies after so many commits, in the middle of what a person asked for. */
function dyingAfter(world: SmallWorld, commits: number): Engine {
  const { ledger } = world;
  let left = commits;
  const commit: Ledger["commit"] = async (change) => {
    left -= 1;
    if (left < 0) throw new Error("the process has died");
    await ledger.commit(change);
  };
  const dying = new Proxy(ledger, {
    get: (target, name) => {
      if (name === "commit") return commit;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  return createEngine({ ...world.environment, ledger: dying });
}

test("deletions that a person dismissed at the brake stay ignored, wherever a crash cuts the answer", async () => {
  for (let commits = 0; commits < 4; commits += 1) {
    const deletion = { ...defaultSettings.deletion, policy: "close" as const, atLeast: 1 };
    const world = await smallWorld({ deletion });
    for (const name of ["One", "Two", "Three"]) world.crm.add({ ...deal, name });
    await world.sync();
    for (const id of ["c1", "c2", "c3"]) world.crm.remove(id);
    await world.sync();
    const { id } = await openItem(world);
    await dyingAfter(world, commits)
      .resolve(id, { choose: "dismiss" }, "Kim")
      .catch(() => {});
    await world.restart();
    await world.sync();
    const [open] = await world.ledger.inbox({ isOpen: true, limit: 5 });
    if (open) await world.engine.resolve(open.id, { choose: "dismiss" }, "Kim");
    await world.sync();
    const closed = [...world.referrals.stored.values()].filter(({ status }) => status === "Closed");
    expect(closed.length, `${commits} commits`).toBe(1);
    expect(await world.ledger.countByState(), `${commits} commits`).toEqual({ unlinked: 3 });
  }
});

test("an answer about a match and the end of its question are one commit", async () => {
  for (const choose of ["create", "dismiss"] as const) {
    const world = await smallWorld({ matchFields: ["name"] });
    world.crm.add({ ...deal, share: false });
    world.crm.add({ ...deal, share: false });
    world.referrals.add({ name: "Migration", status: "Active", substatus: "Accepted" });
    await world.sync();
    const { id } = await openItem(world);
    await dyingAfter(world, 1)
      .resolve(id, { choose }, "Kim")
      .catch(() => {});
    expect((await world.ledger.inboxItem(id))?.resolution, choose).toBe(choose);
  }
});

test("a question about a deal can't be answered with another deal", async () => {
  const world = await smallWorld({ matchFields: ["name"] });
  world.crm.add(deal);
  await world.sync();
  world.crm.add({ ...deal, share: false });
  await world.sync();
  const { id } = await openItem(world);
  for (const recordId of ["c1", "c2"]) {
    const answered = world.engine.resolve(id, { choose: "link", recordId }, "Kim");
    await expect(answered).rejects.toThrow(EngineRefusal);
  }
  expect((await world.ledger.pairsByRecord(["c1", "c2"])).size).toBe(2);
});

test("a deal that waited for an answer goes on, also where the process dies right after it", async () => {
  const world = await smallWorld({ matchFields: ["name"] });
  world.crm.add({ ...deal, share: false });
  world.crm.add({ ...deal, share: false });
  world.referrals.add({ name: "Migration", status: "Active", substatus: "Accepted" });
  await world.sync();
  const { id } = await openItem(world);
  world.crm.add(deal);
  await world.sync();
  expect(world.referrals.stored.size).toBe(1);
  await dyingAfter(world, 1)
    .resolve(id, { choose: "dismiss" }, "Kim")
    .catch(() => {});
  await world.restart();
  await world.sync();
  expect(world.referrals.stored.size).toBe(2);
});

test("an answer for always is remembered, or its question stays open", async () => {
  for (let commits = 0; commits < 3; commits += 1) {
    const world = await disputed();
    const { id } = await openItem(world);
    const always = { choose: "crm", always: true } as const;
    await dyingAfter(world, commits)
      .resolve(id, always, "Kim")
      .catch(() => {});
    const isOpen = (await world.ledger.inboxItem(id))?.resolvedAt === undefined;
    const { policies } = await world.ledger.connection();
    expect(isOpen || policies.dealValue === "crm", `${commits} commits`).toBe(true);
  }
});
