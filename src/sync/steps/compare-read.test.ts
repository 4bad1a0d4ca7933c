import { expect, test } from "vitest";
import { smallWorld } from "../small-world-suite.ts";

const deal = { share: true, name: "Migration", customer: "Contoso", dealValue: 1, stage: "Open" };

test("where the CRM has no versions, what is edited between two parts of a deal is seen before the second is written", async () => {
  const parts = [
    { name: "account", prefix: "customer" },
    { name: "deal", prefix: "" },
  ];
  const world = await smallWorld({}, {}, { versions: "none", parts });
  const { crm } = world;
  const { upsert } = crm;
  const written: string[][] = [];
  crm.upsert = async (write, options) => {
    const steps = write.steps.map(({ expectedVersion: _none, ...step }) => step);
    for (const { fields } of steps) written.push(Object.keys(fields));
    const version = await upsert({ ...write, steps }, options);
    if (written.length === 1) crm.edit("c1", { dealValue: 5 });
    return version;
  };
  crm.add(deal);
  await world.sync();
  written.length = 0;
  world.referrals.edit("r1", { "/customerProfile/name": "Fabrikam", "/details/dealValue": 7 });
  await world.sync();
  expect(written[0]).toEqual(["customer"]);
  expect(crm.records.get("c1")?.fields).toMatchObject({ customer: "Fabrikam", dealValue: 5 });
  const questions = await world.ledger.inbox({ isOpen: true, limit: 5 });
  expect(questions.map(({ field }) => field)).toEqual(["dealValue"]);
});

test("where the CRM refuses stale writes, all parts of a deal go in one order", async () => {
  const parts = [
    { name: "account", prefix: "customer" },
    { name: "deal", prefix: "" },
  ];
  const world = await smallWorld({}, {}, { parts });
  world.crm.add(deal);
  await world.sync();
  const before = world.crm.calls.filter((call) => call === "upsert").length;
  world.crm.upsert = ((upsert) => async (write, options) => {
    const [first, ...rest] = write.steps;
    const { expectedVersion: _none, ...later } = rest[0] ?? { part: "", key: "", fields: {} };
    return upsert({ ...write, steps: first && rest[0] ? [first, later] : write.steps }, options);
  })(world.crm.upsert);
  world.referrals.edit("r1", { "/customerProfile/name": "Fabrikam", "/details/dealValue": 7 });
  await world.sync();
  expect(world.crm.calls.filter((call) => call === "upsert")).toHaveLength(before + 1);
  expect(world.crm.records.get("c1")?.fields).toMatchObject({ customer: "Fabrikam", dealValue: 7 });
});
