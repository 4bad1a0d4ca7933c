import fc from "fast-check";
import { expect, test } from "vitest";
import { planCrmWrite } from "./plan-crm-write.ts";

const parts = [
  { name: "account", prefix: "account." },
  { name: "contacts", prefix: "contacts" },
  { name: "record", prefix: "" },
  { name: "solutions", prefix: "solutions" },
  { name: "close", prefix: "status" },
] as const;
const capabilities = { kind: "example", parts };

test("fields are divided by part, in the order that the CRM wants", () => {
  const write = planCrmWrite(
    {
      key: "referral",
      attempt: "a1",
      recordId: "deal",
      expectedVersion: 'W/"1"',
      fields: { status: "won/3", name: "N", "account.name": "A", solutions: [], contactsCount: 1 },
    },
    capabilities,
  );
  expect(write).toEqual({
    key: "referral",
    recordId: "deal",
    steps: [
      { part: "account", key: "a1/account", fields: { "account.name": "A" } },
      { part: "record", key: "a1/record", fields: { name: "N", contactsCount: 1 } },
      { part: "solutions", key: "a1/solutions", fields: { solutions: [] } },
      { part: "close", key: "a1/close", fields: { status: "won/3" } },
    ].map((step) => ({ ...step, expectedVersion: 'W/"1"' })),
  });
});

test("a new deal gets its own step even where no field of its own is known", () => {
  const write = planCrmWrite(
    { key: "r", attempt: "a", fields: { "account.name": "A" } },
    capabilities,
  );
  expect(write.steps.map(({ part }) => part)).toEqual(["account", "record"]);
});

test("a field that no part takes is a bug of the mapping and is named", () => {
  const narrow = { kind: "narrow", parts: [{ name: "account", prefix: "account." }] };
  expect(() =>
    planCrmWrite({ key: "r", attempt: "a", recordId: "d", fields: { name: "N" } }, narrow),
  ).toThrow('no part of a narrow deal takes "name"');
});

test("no field is lost, doubled or changed, and the same order gives the same write", () => {
  const name = fc.constantFrom(
    "name",
    "value",
    "account.name",
    "account.city",
    "contacts",
    "status",
  );
  fc.assert(
    fc.property(fc.dictionary(name, fc.integer()), (fields) => {
      const order = { key: "r", attempt: "a", recordId: "d", fields };
      const write = planCrmWrite(order, capabilities);
      const written = write.steps.flatMap((step) => Object.entries(step.fields));
      expect(Object.fromEntries(written)).toEqual(fields);
      expect(written.length).toBe(Object.keys(fields).length);
      expect(new Set(write.steps.map((step) => step.key)).size).toBe(write.steps.length);
      expect(planCrmWrite(order, capabilities)).toEqual(write);
    }),
  );
});
