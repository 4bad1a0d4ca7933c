import { expect, test } from "vitest";
import { smallWorld } from "./small-world-suite.ts";

const deal = {
  share: true,
  name: "Migration",
  customer: "Contoso",
  dealValue: 50_000,
  stage: "Open",
};

test("a shared deal becomes a referral, and its edits reach it with one call each", async () => {
  const world = await smallWorld();
  const id = world.crm.add(deal);
  await world.sync();
  const [referral] = [...world.referrals.stored.values()];
  expect(referral).toMatchObject({ name: "Migration", externalReferenceId: id });
  await world.clock.advance(60_000);
  await world.sync();
  const before = world.referrals.calls.length;
  world.crm.edit(id, { dealValue: 60_000 });
  await world.sync();
  expect(world.referrals.stored.get("r1")?.details?.dealValue).toBe(60_000);
  expect(world.referrals.calls.slice(before)).toEqual(["list", "patch"]);
  expect((await world.onlyPair()).state).toBe("in-step");
});

test("a referral becomes a deal, and its edits reach it", async () => {
  const world = await smallWorld();
  world.referrals.add({
    name: "Lead",
    status: "New",
    substatus: "Pending",
    customerProfile: { name: "Fabrikam" },
    details: { dealValue: 10 },
  });
  await world.sync();
  expect(world.crm.records.get("c1")?.fields).toMatchObject({
    name: "Lead",
    customer: "Fabrikam",
    dealValue: 10,
    stage: "Waiting",
    referralId: "r1",
  });
  world.referrals.edit("r1", { "/details/dealValue": 20 });
  await world.sync();
  expect(world.crm.records.get("c1")?.fields.dealValue).toBe(20);
  expect((await world.onlyPair()).state).toBe("in-step");
});
