import { describe, expect, test } from "vitest";
import { maxDepth, maxQueryLength } from "./limits.ts";
import { ODataSyntaxError } from "./odata-error.ts";
import { parseQueryOptions } from "./parse-query-options.ts";

function refusal(text: string): ODataSyntaxError {
  try {
    parseQueryOptions(text);
  } catch (error) {
    if (error instanceof ODataSyntaxError) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

/** The text with › before the character at which it must be refused. */
const refused: readonly (readonly [text: string, code: string])[] = [
  ["$filter=›", "unexpectedToken"],
  ["$filter=› a", "unexpectedToken"],
  ["›$filter =a", "unknownOption"],
  ["$filter›", "missingValue"],
  ["$count›", "missingValue"],
  ["›$filtre=a", "unknownOption"],
  ["›?$filter=a", "unknownOption"],
  ["$top=1&›$top=2", "duplicateOption"],
  ["$top=1&›TOP=2", "duplicateOption"],
  ["$filter=a&›filter=b", "duplicateOption"],
  ["@a=1&›@a=2", "duplicateOption"],
  ["$filter=a eq›", "unexpectedToken"],
  ["$filter=a ›b", "unexpectedToken"],
  ["$filter=a ›= 1", "unexpectedToken"],
  ["$filter=(a eq 1›", "unexpectedToken"],
  ["$filter=a eq 1›)", "unexpectedToken"],
  ["$filter=›)", "unexpectedToken"],
  ["$filter=a and›", "unexpectedToken"],
  ["$filter=a eq›-1", "missingWhitespace"],
  ["$filter='x'›eq a", "missingWhitespace"],
  ["$filter=a eq ›.5", "unexpectedToken"],
  ["$filter=a ›+ 1", "invalidCharacter"],
  ["$filter=›any()", "unexpectedToken"],
  ["$filter=›all(x:true)", "unexpectedToken"],
  ["$filter=a/all(›)", "unexpectedToken"],
  ["$filter=a/any(›1)", "unexpectedToken"],
  ["$filter=a/any(x›)", "unexpectedToken"],
  ["$filter=Model.Thing›", "unexpectedToken"],
  ["$filter=a/›", "unexpectedToken"],
  ["$filter=$root›", "unexpectedToken"],
  ["$filter=›$top", "unexpectedToken"],
  ["$filter=a in (›b,c)", "unexpectedToken"],
  ["$filter=a in (1,›c)", "unexpectedToken"],
  ["$filter=a eq (1›,2)", "unexpectedToken"],
  ["$filter=a has ›1", "unexpectedToken"],
  ["$filter=[1,›]", "unexpectedToken"],
  ["$filter={›a:1}", "unexpectedToken"],
  ["$filter=a eq ›~", "invalidCharacter"],
  ["$filter=a eq ›%7E", "invalidCharacter"],
  ["$filter=a eq '›%ZZ'", "invalidEncoding"],
  ["$filter=a eq '›%FF'", "invalidEncoding"],
  ["$filter=a eq '›%E2%82'", "invalidEncoding"],
  ["$filter=a eq '100›%", "invalidEncoding"],
  ["$filter=a eq 'x›\0'", "invalidCharacter"],
  ["$filter=a eq '›\ud800'", "invalidCharacter"],
  ["$orderby=a ›up", "unexpectedToken"],
  ["$orderby=a,›", "unexpectedToken"],
  ["$select=›", "unexpectedToken"],
  ["$select=a,›,b", "unexpectedToken"],
  ["$expand=a/$ref(›$levels=4)", "optionNotAllowed"],
  ["$expand=a/$ref(›$select=b)", "optionNotAllowed"],
  ["$expand=a/$count(›$count=true)", "optionNotAllowed"],
  ["$expand=a(›$format=json)", "optionNotAllowed"],
  ["$expand=a(›$foo=1)", "unknownOption"],
  ["$expand=a($top=1;›$top=2)", "duplicateOption"],
  ["$expand=a($levels=›04)", "invalidNumber"],
  ["$expand=a($levels=›0)", "invalidNumber"],
  ["$expand=a($search=gr›(een)", "unexpectedToken"],
  ["$expand=a($top=1›", "unexpectedToken"],
  ["$compute=a ›b", "unexpectedToken"],
  ["$count=›yes", "unexpectedToken"],
  ["$top=›-1", "invalidNumber"],
  ["$skip=›", "invalidNumber"],
  ["$skiptoken=›", "missingValue"],
];

describe("a bad text is refused with its reason and its place", () => {
  test.each(refused)("%j", (marked, code) => {
    const text = marked.replace("›", "");
    expect(refusal(text)).toMatchObject({ code, position: marked.indexOf("›") });
  });
});

describe("limits", () => {
  test("a text beyond the limit is refused before it is read", () => {
    const error = refusal(`$filter=${"a".repeat(maxQueryLength)}`);
    expect(error).toMatchObject({ code: "queryTooLong", position: maxQueryLength });
  });

  const deep: readonly (readonly [string, (depth: number) => string])[] = [
    ["brackets", (n) => `$filter=${"(".repeat(n)}a${")".repeat(n)}`],
    ["arrays", (n) => `$filter=${"[".repeat(n)}1${"]".repeat(n)}`],
    ["objects", (n) => `$filter=${'{"a":'.repeat(n)}1${"}".repeat(n)}`],
    ["not", (n) => `$filter=${"not ".repeat(n)}a`],
    ["minus", (n) => `$filter=${"-".repeat(n)}a`],
    ["calls", (n) => `$filter=${"trim(".repeat(n)}a${")".repeat(n)}`],
    ["casts", (n) => `$filter=${"cast(".repeat(n)}a${",b)".repeat(n)}`],
    ["lambdas", (n) => `$filter=${"a/any(x:".repeat(n)}a${")".repeat(n)}`],
    ["sums", (n) => `$filter=1${" add 1".repeat(n)}`],
    ["comparisons", (n) => `$filter=1${" eq 1".repeat(n)}`],
    ["memberships", (n) => `$filter=1${" in (1)".repeat(n)}`],
    ["sums of sums", (n) => `$filter=${"(".repeat(n / 2)}1${" add 1)".repeat(n / 2)}`],
    ["sums on the right", (n) => `$filter=${"1 add (".repeat(n)}1${")".repeat(n)}`],
    ["expands", (n) => `$expand=${"a($expand=".repeat(n)}a${")".repeat(n)}`],
    ["counts", (n) => `$filter=${"a/$count($filter=".repeat(n)}a${")".repeat(n)}`],
    ["searches", (n) => `$search=${"(".repeat(n)}a${")".repeat(n)}`],
    ["negated searches", (n) => `$search=${"NOT ".repeat(n)}a`],
  ];

  test.each(deep)("%s nested beyond the limit are refused, not overflown", (_name, write) => {
    expect(refusal(write(maxDepth + 1)).code).toBe("tooDeep");
    expect(refusal(write(800)).code).toBe("tooDeep");
    expect(() => parseQueryOptions(write(Math.floor(maxDepth / 4)))).not.toThrow();
  });

  test("a long chain is not deep, whatever each of its parts holds", () => {
    const part = "(a eq 1 and b/any(x:x/c in (1,2) or not (x/d add 1 gt 2)))";
    const chain = Array.from({ length: 200 }, () => part).join(" or ");
    expect(() => parseQueryOptions(`$filter=${chain}`)).not.toThrow();
  });

  test("a name beyond 128 characters is refused", () => {
    expect(() => parseQueryOptions(`$filter=${"a".repeat(128)}`)).not.toThrow();
    expect(refusal(`$filter=${"a".repeat(129)}`).code).toBe("invalidCharacter");
    expect(refusal(`$filter=${"é".repeat(129)}`).code).toBe("invalidCharacter");
  });
});
