import { expect, test } from "vitest";
import { ReferralsError } from "../../contract/index.ts";
import { CrmError } from "../../crm/port.ts";
import { createEngine } from "../engine.ts";
import type { SmallWorld } from "../small-world-suite.ts";
import { settled, smallWorld } from "../small-world-suite.ts";

const deal = { share: true, name: "Migration", customer: "Contoso", dealValue: 1, stage: "Open" };

async function linked(...options: Parameters<typeof smallWorld>): Promise<SmallWorld> {
  const world = await smallWorld(...options);
  world.crm.add(deal);
  await world.sync();
  return world;
}

const dealValueOf = (world: SmallWorld): unknown =>
  world.referrals.stored.get("r1")?.details?.dealValue;

test("an edit made between look and write is kept: the write is refused as stale and planned anew", async () => {
  const world = await linked();
  world.crm.edit("c1", { dealValue: 2 });
  await world.engine.pollCrm();
  world.referrals.edit("r1", { "/details/notes": "theirs" });
  while ((await world.engine.runDue()) > 0);
  expect(world.referrals.stored.get("r1")?.details).toMatchObject({
    dealValue: 2,
    notes: "theirs",
  });
  expect(world.crm.records.get("c1")?.fields.notes).toBe("theirs");
});

test("a write that stays stale is left to a person after bounded tries, and tried again when told", async () => {
  const world = await linked();
  let isStubborn = true;
  const { referrals } = world;
  const engine = createEngine({
    ...world.environment,
    referrals: {
      ...referrals,
      patch: (id, operations, options) =>
        isStubborn
          ? Promise.reject(new ReferralsError("preconditionFailed"))
          : referrals.patch(id, operations, options),
    },
  });
  world.crm.edit("c1", { dealValue: 2 });
  await engine.pollCrm();
  while ((await engine.runDue()) > 0);
  const [item] = await world.ledger.inbox({ kinds: ["stale"], isOpen: true, limit: 1 });
  expect(item?.pairId).toBe((await world.onlyPair()).id);
  isStubborn = false;
  await engine.resolve(item?.id ?? "", { choose: "dismiss" }, "Kim");
  while ((await engine.runDue()) > 0);
  expect(dealValueOf(world)).toBe(2);
});

test("another version under the same stamp and values is the one that the next write names", async () => {
  const world = await linked({}, {}, { versions: "stamp" });
  const record = world.crm.records.get("c1");
  if (record) world.crm.records.set("c1", { ...record, version: "after something unmapped" });
  world.referrals.edit("r1", { "/details/dealValue": 2 });
  await world.sync();
  expect(world.crm.records.get("c1")?.fields.dealValue).toBe(2);
  expect(await world.ledger.inbox({ isOpen: true, limit: 5 })).toEqual([]);
});

test("a write whose answer was lost is recognised as ours, and a later edit isn't taken for a conflict", async () => {
  const world = await linked();
  world.referrals.faults.push({ method: "patch", fault: "timeout-after" });
  world.crm.edit("c1", { dealValue: 2 });
  await world.sync();
  expect(dealValueOf(world)).toBe(2);
  expect((await world.onlyPair()).attempt).toBeDefined();
  world.crm.edit("c1", { dealValue: 3 });
  await world.sync();
  await world.clock.advance(60_000);
  await world.sync();
  expect(dealValueOf(world)).toBe(3);
  expect(await world.ledger.inbox({ isOpen: true, limit: 5 })).toEqual([]);
});

test("a crash between a write and its settling leaves the same end as none", async () => {
  const world = await linked();
  const { referrals } = world;
  const dying = createEngine({
    ...world.environment,
    referrals: {
      ...referrals,
      patch: async (id, operations, options) => {
        await referrals.patch(id, operations, options);
        return new Promise(() => {});
      },
    },
  });
  world.crm.edit("c1", { dealValue: 2 });
  await dying.pollCrm();
  void dying.runDue();
  await settled();
  expect((await world.onlyPair()).state).toBe("writing-referral");
  world.crm.edit("c1", { dealValue: 3 });
  await world.restart();
  await world.sync();
  expect(dealValueOf(world)).toBe(3);
  expect((await world.onlyPair()).state).toBe("in-step");
  expect(await world.ledger.inbox({ isOpen: true, limit: 5 })).toEqual([]);
});

test("what was stored is agreed, not what was sent: a side that rounds doesn't make an echo", async () => {
  const world = await linked();
  const { referrals } = world;
  const engine = createEngine({
    ...world.environment,
    referrals: {
      ...referrals,
      patch: async (id, operations, options) => {
        const rounded = operations.map((one) =>
          typeof one.value === "number" ? { ...one, value: Math.round(one.value) } : one,
        );
        return referrals.patch(id, rounded, options);
      },
    },
  });
  world.crm.edit("c1", { dealValue: 2.4 });
  for (let round = 0; round < 4; round += 1) {
    await engine.pollCrm();
    await engine.pollReferrals();
    while ((await engine.runDue()) > 0);
    await world.clock.advance(30_000);
  }
  expect(dealValueOf(world)).toBe(2);
  expect(world.crm.records.get("c1")?.fields.dealValue).toBe(2.4);
  expect(world.referrals.calls.filter((call) => call === "patch")).toHaveLength(1);
});

test("a field that Partner Center refuses is parked with the reason, and the rest flows", async () => {
  const world = await linked();
  const { referrals } = world;
  const engine = createEngine({
    ...world.environment,
    referrals: {
      ...referrals,
      patch: async (id, operations, options) => {
        if (operations.some(({ path, value }) => path === "/details/dealValue" && value === -1)) {
          const message = "A deal's value can't be negative.";
          throw new ReferralsError("invalidRequest", { message, target: "details.dealValue" });
        }
        return referrals.patch(id, operations, options);
      },
    },
  });
  const sync = async (): Promise<void> => {
    await engine.pollCrm();
    while ((await engine.runDue()) > 0);
  };
  world.crm.edit("c1", { dealValue: -1, notes: "flows" });
  await sync();
  expect(world.referrals.stored.get("r1")?.details?.notes).toBe("flows");
  const pair = await world.onlyPair();
  expect(pair.state).toBe("refusing");
  expect(pair.refusals[0]).toMatchObject({ field: "dealValue" });
  expect(pair.refusals[0]?.reason).toContain("negative");
  world.crm.edit("c1", { dealValue: 5 });
  await sync();
  expect(dealValueOf(world)).toBe(5);
  expect((await world.onlyPair()).refusals).toEqual([]);
});

test("a refusal that names nothing is a dead letter with the next call, and replay clears it", async () => {
  const world = await linked();
  const { referrals } = world;
  let isForbidden = true;
  const engine = createEngine({
    ...world.environment,
    referrals: {
      ...referrals,
      patch: (id, operations, options) =>
        isForbidden
          ? Promise.reject(new ReferralsError("accessDenied"))
          : referrals.patch(id, operations, options),
    },
  });
  world.crm.edit("c1", { dealValue: 2 });
  await engine.pollCrm();
  while ((await engine.runDue()) > 0);
  const dead = await world.onlyPair();
  expect(dead.state).toBe("dead");
  expect(dead.problem).toMatchObject({ code: "accessDenied", nextCall: "PATCH referral" });
  expect(dead.problem?.remedy).toContain("Referrals admin");
  isForbidden = false;
  await engine.replay(dead.id, "Kim");
  while ((await engine.runDue()) > 0);
  expect(dealValueOf(world)).toBe(2);
  expect((await world.onlyPair()).state).toBe("in-step");
});

test("an outage is waited out with growing pauses, and the first success ends it", async () => {
  const world = await linked();
  for (let call = 0; call < 3; call += 1) {
    world.referrals.faults.push({ method: "patch", fault: "unavailable" });
  }
  world.crm.edit("c1", { dealValue: 2 });
  await world.sync();
  expect((await world.onlyPair()).state).toBe("retrying");
  const pauses: number[] = [];
  for (let tries = 0; tries < 3; tries += 1) {
    const { problem } = await world.onlyPair();
    pauses.push((problem?.retryAt ?? 0) - world.clock.now());
    await world.clock.advance(60_000);
    await world.sync();
  }
  expect(pauses).toEqual(pauses.toSorted((left, right) => left - right));
  expect(dealValueOf(world)).toBe(2);
  expect((await world.onlyPair()).problem).toBeUndefined();
});

test("where the CRM has no versions, a deal is read just before it is written", async () => {
  const world = await linked({}, {}, { versions: "none" });
  world.referrals.edit("r1", { "/details/dealValue": 2 });
  await world.engine.pollReferrals();
  world.crm.edit("c1", { notes: "theirs" });
  const before = world.crm.calls.length;
  while ((await world.engine.runDue()) > 0);
  expect(world.crm.calls.slice(before)).toContain("read");
  expect(world.crm.records.get("c1")?.fields).toMatchObject({ dealValue: 2, notes: "theirs" });
  expect(world.referrals.stored.get("r1")?.details?.notes).toBe("theirs");
});

test("a CRM that refuses the sync's own state fields still gets the deal's values", async () => {
  const world = await smallWorld();
  const { crm } = world;
  const engine = createEngine({
    ...world.environment,
    crm: {
      capabilities: crm.capabilities,
      read: (id, options) => crm.read(id, options),
      changesSince: (watermark, options) => crm.changesSince(watermark, options),
      upsert: async (write, options) => {
        if (write.steps.some(({ fields }) => "syncState" in fields)) {
          throw new CrmError("invalid", "no such column", { field: "syncState" });
        }
        return crm.upsert(write, options);
      },
    },
  });
  crm.add(deal);
  const sync = async (): Promise<void> => {
    await engine.pollCrm();
    await engine.pollReferrals();
    while ((await engine.runDue()) > 0);
  };
  await sync();
  world.referrals.edit("r1", { "/details/dealValue": 2 });
  await sync();
  expect(crm.records.get("c1")?.fields.dealValue).toBe(2);
});
