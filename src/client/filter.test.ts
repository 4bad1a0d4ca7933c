import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  allOf,
  anyOf,
  calendarDate,
  decimal,
  Filter,
  type FilterValue,
  filter,
  guid,
  literal,
  path,
} from "./filter.ts";

describe("a filter", () => {
  test("escapes every value, so that no input changes its meaning", () => {
    const email = "o'brien@x.example' or '1' eq '1";
    expect(String(filter`status eq ${"New"} and team/any(t:t/email eq ${email})`)).toBe(
      "status eq 'New' and team/any(t:t/email eq 'o''brien@x.example'' or ''1'' eq ''1')",
    );
  });

  const cases: readonly [string, FilterValue, string][] = [
    ["null", null, "null"],
    ["true", true, "true"],
    ["a number", -1.5, "-1.5"],
    ["a large integer", 9_007_199_254_740_993n, "9007199254740993"],
    ["infinity", Number.NEGATIVE_INFINITY, "-INF"],
    ["a moment", new Date(Date.UTC(2027, 2, 1)), "2027-03-01T00:00:00.000Z"],
    ["a day", calendarDate("2027-03-01"), "2027-03-01"],
    [
      "a GUID",
      guid("60858c1b-2062-40ad-b42c-996b6b5b047d"),
      "60858c1b-2062-40ad-b42c-996b6b5b047d",
    ],
    ["a decimal", decimal("1234567890123456.10"), "1234567890123456.10"],
    ["a list", ["a'b", "c"], "('a''b','c')"],
    ["a path", path("customerProfile/address/country"), "customerProfile/address/country"],
  ];
  test.each(cases)("writes %s as OData does", (_name, value, expected) => {
    expect(literal(value)).toBe(expected);
  });

  const refused: readonly [string, () => unknown][] = [
    ["undefined", () => filter`status eq ${undefined as unknown as FilterValue}`],
    [
      "an object",
      () => filter`status eq ${{ toString: () => "1 eq 1" } as unknown as FilterValue}`,
    ],
    ["an empty list", () => filter`id in ${[]}`],
    ["an invalid date", () => filter`createdDateTime ge ${new Date("x")}`],
    ["a path with an operator in it", () => path("status eq 'New' or name")],
    ["a GUID that isn't one", () => guid("1' or '1' eq '1")],
    ["a decimal that isn't one", () => decimal("1 or true")],
    ["a Filter from outside", () => new Filter("1 eq 1", Symbol("forged") as never)],
  ];
  test.each(refused)("refuses %s", (_name, build) => {
    expect(build).toThrow(TypeError);
  });

  test("keeps the precedence of a filter inside another", () => {
    const open = anyOf(filter`status eq ${"New"}`, filter`status eq ${"Active"}`);
    const all = allOf(open, undefined, filter`qualification eq ${"Direct"}`);
    expect(String(all)).toBe(
      "((status eq 'New') or (status eq 'Active')) and (qualification eq 'Direct')",
    );
    expect(String(filter`not ${open as Filter}`)).toBe(
      "not ((status eq 'New') or (status eq 'Active'))",
    );
    expect(allOf(undefined, undefined)).toBeUndefined();
  });

  test("one string literal stays one literal, whatever it holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        const text = literal(value);
        expect(text.slice(1, -1).replaceAll("''", "")).not.toContain("'");
        expect(text.slice(1, -1).replaceAll("''", "'")).toBe(value);
      }),
      { seed: Number(process.env.SEED ?? 1) },
    );
  });
});
