import { describe, expect, test } from "vitest";
import type { Literal } from "./ast.ts";
import { ODataSyntaxError } from "./odata-error.ts";
import { parseQueryOptions } from "./parse-query-options.ts";

function literalOf(text: string): Literal {
  const { filter } = parseQueryOptions(`$filter=a eq ${text}`);
  if (filter?.kind !== "binary" || filter.right.kind !== "literal") throw new TypeError(text);
  return filter.right;
}

const kept: readonly (readonly [string, Literal["type"], string])[] = [
  ["null", "null", "null"],
  ["tRUe", "boolean", "true"],
  ["0", "number", "0"],
  ["-2", "number", "-2"],
  ["+42", "number", "42"],
  ["%2B42", "number", "42"],
  ["9223372036854775807", "number", "9223372036854775807"],
  ["9007199254740993", "number", "9007199254740993"],
  ["1.10", "number", "1.10"],
  ["12345678901234567890.123456789", "number", "12345678901234567890.123456789"],
  ["-1.5E-7", "number", "-1.5E-7"],
  ["INF", "number", "INF"],
  ["-INF", "number", "-INF"],
  ["NaN", "number", "NaN"],
  ["''", "string", ""],
  ["'it''s'", "string", "it's"],
  ["%27it%27's%27", "string", "it's"],
  ["'a%26b%2Bc%25'", "string", "a&b+c%"],
  ["'a&b=c#d'", "string", "a&b=c#d"],
  ["'100%25_'", "string", "100%_"],
  ["'%F0%9F%98%80é'", "string", "😀é"],
  ['"say \\"hi\\"\\u00e9\\n"', "string", 'say "hi"é\n'],
  ["01234567-89AB-cdef-0123-456789abcdef", "guid", "01234567-89AB-cdef-0123-456789abcdef"],
  ["abcdef01-89ab-cdef-0123-456789abcdef", "guid", "abcdef01-89ab-cdef-0123-456789abcdef"],
  ["2024-02-29", "date", "2024-02-29"],
  ["-0001-12-31", "date", "-0001-12-31"],
  ["12024-01-01", "date", "12024-01-01"],
  ["2024-05-01T10:00Z", "dateTimeOffset", "2024-05-01T10:00Z"],
  ["2024-05-01T10:00:00.1234567+02:00", "dateTimeOffset", "2024-05-01T10:00:00.1234567+02:00"],
  ["2024-05-01T10%3A00%3A00%2B02%3A00", "dateTimeOffset", "2024-05-01T10:00:00+02:00"],
  ["2016-12-31T23:59:60Z", "dateTimeOffset", "2016-12-31T23:59:60Z"],
  ["07:59", "timeOfDay", "07:59"],
  ["07:59:59.123456789012", "timeOfDay", "07:59:59.123456789012"],
  ["duration'-P1DT2H3M4.5S'", "duration", "-P1DT2H3M4.5S"],
  ["DURATION'PT0S'", "duration", "PT0S"],
  ["binary'T0RhdGE='", "binary", "T0RhdGE="],
  ["binary''", "binary", ""],
  ["Sales.Color'Red,Blue,32'", "enum", "Red,Blue,32"],
  ["geography'SRID=0;Point(142.1 64.1)'", "geography", "SRID=0;Point(142.1 64.1)"],
  [
    "geometry'SRID=4326;Polygon((1 1,2 2,3 3,1 1))'",
    "geometry",
    "SRID=4326;Polygon((1 1,2 2,3 3,1 1))",
  ],
];

describe("a literal keeps its type and every digit", () => {
  test.each(kept)("%s", (text, type, value) => {
    expect(literalOf(text)).toMatchObject({ kind: "literal", type, value });
  });
});

const refused: readonly (readonly [string, string])[] = [
  ["42.", "invalidLiteral"],
  [".5", "unexpectedToken"],
  ["1e", "invalidLiteral"],
  ["1.5e2e3", "invalidLiteral"],
  ["0x10", "invalidLiteral"],
  ["5L", "invalidLiteral"],
  ["2023-02-29", "invalidLiteral"],
  ["2024-13-01", "invalidLiteral"],
  ["2024-04-31", "invalidLiteral"],
  ["2024-05-01T10:00:00", "invalidLiteral"],
  ["2024-05-01T24:00:00Z", "invalidLiteral"],
  ["2024-05-01T10:60Z", "invalidLiteral"],
  ["2024-05-01T10:00:00+24:00", "invalidLiteral"],
  ["24:00:00", "invalidLiteral"],
  ["01234567-89ab-cdef-456789abcdef", "invalidLiteral"],
  ["01234g67-89ab-cdef-0123-456789abcdef", "invalidLiteral"],
  ["'it's'", "unterminatedString"],
  ["'abc", "unterminatedString"],
  ['"abc', "unterminatedString"],
  ['"\\x41"', "invalidLiteral"],
  ['"\\ud800"', "invalidCharacter"],
  ["'a%00b'", "invalidCharacter"],
  ["duration'1D'", "invalidLiteral"],
  ["duration'PT'", "invalidLiteral"],
  ["binary'A'", "invalidLiteral"],
  ["guid'01234567-89ab-cdef-0123-456789abcdef'", "invalidLiteral"],
  ["datetime'2024-05-01T10:00:00'", "invalidLiteral"],
  ["geography'SRID=0;Point(1 2'", "invalidLiteral"],
];

describe("what only looks like a literal is refused", () => {
  test.each(refused)("%s", (text, code) => {
    let caught: unknown;
    try {
      parseQueryOptions(`$filter=a eq ${text}`);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ODataSyntaxError);
    expect(caught).toMatchObject({ code });
  });
});
