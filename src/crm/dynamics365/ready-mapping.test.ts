import { expect, test } from "vitest";
import { readyDynamicsMapping } from "./index.ts";

test("the ready mapping compiles, and its deal value survives both translations", () => {
  const mapping = readyDynamicsMapping();
  const field = mapping.fields.find(({ name }) => name === "dealValue");
  const context = { referral: {}, crm: {} };
  expect(field?.referralPath).toBe("/details/dealValue");
  expect(field?.lens.toCrm("1000.10", null, context)).toEqual({ ok: true, value: 1000.1 });
  expect(field?.lens.toReferral(1000.1, "1000.10", context)).toEqual({
    ok: true,
    value: "1000.10",
  });
});
