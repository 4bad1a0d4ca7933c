import { expect, test } from "vitest";
import { type SmallWorld, smallMapping, smallWorld } from "../small-world-suite.ts";

const deal = { share: true, name: "Ledger move", dealValue: 1, customer: "Adatum", stage: "Open" };

async function linked(): Promise<{ readonly world: SmallWorld; readonly id: string }> {
  const world = await smallWorld();
  world.crm.add(deal);
  await world.sync();
  return { world, id: (await world.onlyPair()).id };
}

const amounts = (world: SmallWorld): readonly unknown[] => [
  world.referrals.stored.get("r1")?.details?.dealValue,
  world.crm.records.get("c1")?.fields.dealValue,
];

test("a person's value reaches both sides, and the history says whose it is", async () => {
  const { world, id } = await linked();
  await world.engine.edit(id, { dealValue: 7 }, "Kim");
  await world.sync();
  await world.sync();
  expect(amounts(world)).toEqual([7, 7]);
  const edited = (await world.ledger.history(id)).find(({ kind }) => kind === "edited");
  expect(edited).toMatchObject({ by: "Kim", fields: [{ field: "dealValue", from: 1, to: 7 }] });
  expect((await world.onlyPair()).state).toBe("in-step");
});

test("an edit answers the open question about its field", async () => {
  const { world, id } = await linked();
  world.crm.edit("c1", { dealValue: 2 });
  world.referrals.edit("r1", { "/details/dealValue": 3 });
  await world.sync();
  expect(await world.ledger.inbox({ isOpen: true, limit: 9 })).toHaveLength(1);
  await world.engine.edit(id, { dealValue: 4 }, "Kim");
  await world.sync();
  await world.sync();
  expect(amounts(world)).toEqual([4, 4]);
  const [item] = await world.ledger.inbox({ isOpen: false, limit: 9 });
  expect(item).toMatchObject({ field: "dealValue", resolution: "edited", resolvedBy: "Kim" });
});

test("a won deal takes no edit any more, and a move that the lifecycle forbids costs no call", async () => {
  const { world, id } = await linked();
  await world.engine.edit(id, { status: "Active/Accepted" });
  await world.sync();
  await world.sync();
  const calls = world.referrals.calls.length;
  await expect(world.engine.edit(id, { status: "New/Pending" })).rejects.toThrow(/can't go from/);
  await expect(world.engine.edit(id, { nothing: 1 })).rejects.toThrow(/can't be edited here/);
  expect(world.referrals.calls).toHaveLength(calls);
  await world.engine.edit(id, { status: "Closed/Won" }, "Kim");
  await world.sync();
  await world.sync();
  expect(world.crm.records.get("c1")?.fields.stage).toBe("Won");
  await expect(world.engine.edit(id, { dealValue: 9 })).rejects.toThrow(/no action is possible/);
});

test("a referral that waits in the holding stage is accepted by a person's word, and the deal moves on", async () => {
  const holding = { crmField: "stage", value: "Waiting" };
  const world = await smallWorld({}, { mapping: { ...smallMapping, holding } });
  world.referrals.add({
    name: "Lead",
    status: "New",
    substatus: "Received",
    customerProfile: { name: "Adatum" },
  });
  await world.sync();
  const { id, state } = await world.onlyPair();
  expect(state).toBe("held");
  await world.engine.edit(id, { status: "Active/Accepted" }, "Kim");
  await world.sync();
  await world.sync();
  expect(world.referrals.stored.get("r1")?.status).toBe("Active");
  expect(world.crm.records.get("c1")?.fields.stage).toBe("Open");
});
