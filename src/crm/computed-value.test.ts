import { expect, test } from "vitest";
import {
  computedLens,
  computedValue,
  expressionLimits,
  failureOf,
  nested,
} from "./computed-value.ts";

const context = { referral: {}, crm: {} };

test("an expression sees fields with dots as nested objects and gives plain JSON", () => {
  const fields = nested({ "account.name": "Elmstead", "account.city": "Leeds", amount: 2 });
  expect(computedValue("account.name & ', ' & account.city")(fields)).toBe("Elmstead, Leeds");
  expect(computedValue("nothing.here")(fields)).toBeNull();
  expect(computedValue('{"twice": amount * 2}')(fields)).toEqual({ twice: 4 });
});

test("the same record gives the same value however often it is asked", () => {
  const compute = computedValue("$sum(items.price)");
  const record = { items: [{ price: 1.5 }, { price: 2 }] };
  expect([compute(record), compute(record), compute({})]).toEqual([3.5, 3.5, null]);
});

const runaways: readonly (readonly [string, string, RegExp])[] = [
  ["endless recursion", "($f := function($n) { $f($n + 1) }; $f(0))", /too many steps/],
  ["deep recursion", "($f := function($n) { 1 + $f($n + 1) }; $f(0))", /too many steps/],
  ["a result that is too long", "$string(parts.text)", /longer than/],
  ["a value that isn't there", "$length(missing.text, 3)", /argument/i],
];

test.each(runaways)("%s is stopped and becomes a refusal with its reason", (_title, text, why) => {
  const parts = Array.from({ length: 500 }, () => ({ text: "x".repeat(100) }));
  const value = computedValue(text)({ parts });
  expect(failureOf(value)).toMatch(why);
  expect(computedLens().toReferral(value, null, context)).toMatchObject({
    ok: false,
    remedy: "correct the mapping's expression",
  });
});

test("after a runaway the expression works again on another record", () => {
  const compute = computedValue("($f := function($n) { $n > top ? $n : $f($n + 1) }; $f(0))");
  expect(failureOf(compute({ top: 1_000_000 }))).toBeDefined();
  expect(compute({ top: 3 })).toBe(4);
});

test.each([
  "$now()",
  "$millis()",
  "$random()",
  "items[$random() > 0]",
  "$shuffle(items)",
  '$eval("1")',
  "$match(name, /a/)",
  "[1..1000000000]",
  `"${"x".repeat(expressionLimits.expressionLength)}"`,
  "a +",
])("%s can't be part of a mapping", (text) => {
  expect(() => computedValue(text)).toThrow();
});

test("an expression can't reach what isn't in the record", () => {
  for (const text of ["constructor", "__proto__.polluted", "$lookup($, 'constructor')"]) {
    const value = computedValue(text)({ name: "x" });
    expect(value === null || failureOf(value) !== undefined).toBe(true);
  }
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});
