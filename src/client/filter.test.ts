import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Expression, parseQueryOptions } from "../odata/index.ts";
import { listUrl, parseEndpoint } from "./endpoint.ts";
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
    ["quotes around a value", () => filter`name eq '${" or 1 eq 1 or name eq "}'`],
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

  test("may be written over several lines, and may hold quoted text of its own", () => {
    const text = filter`status eq 'New'
      and name eq ${"a\nb"}`;
    expect(String(text)).toBe("status eq 'New' and name eq 'a\nb'");
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

  const values = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom("'", "''", " ", "(", ")", ",", "/", "%27", "eq", "\\") }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.boolean(),
    fc.constant(null),
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("9999-12-31") }),
    fc.uuid().map(guid),
  );

  /** What the service's own parser should make of a value. */
  function understood(value: FilterValue): { readonly type: string; readonly value: string } {
    if (value === null) return { type: "null", value: "null" };
    if (value instanceof Date) return { type: "dateTimeOffset", value: value.toISOString() };
    if (value instanceof Filter) return { type: "guid", value: value.text };
    const type = typeof value === "bigint" ? "number" : typeof value;
    return { type, value: String(value) };
  }

  /** Negative numbers are parsed as a minus before a literal. */
  function literalOf(expression: Expression): { readonly type: string; readonly value: string } {
    if (expression.kind === "literal") return { type: expression.type, value: expression.value };
    if (expression.kind !== "negate") return { type: expression.kind, value: "" };
    const { type, value } = literalOf(expression.operand);
    return { type, value: `-${value}` };
  }

  test("is understood by the service's parser as exactly the values that were put in", () => {
    const endpoint = parseEndpoint("https://api.example");
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 5 }), (list) => {
        const url = listUrl(endpoint, { filter: String(filter`a/b in ${list} and c eq ${"x"}`) });
        const { filter: parsed } = parseQueryOptions(url.slice(url.indexOf("?") + 1));
        const [first] = parsed?.kind === "logical" ? parsed.operands : [];
        const items = first?.kind === "in" && first.list.kind === "list" ? first.list.items : [];
        expect(items.map(literalOf)).toEqual(list.map(understood));
      }),
      { seed: Number(process.env.SEED ?? 20270101), numRuns: 2_000 },
    );
  });
});
