import { expect, test } from "vitest";
import { seededRandom } from "../runtime/index.ts";
import { maxQueryLength } from "./limits.ts";
import { ODataSyntaxError } from "./odata-error.ts";
import { parseQueryOptions } from "./parse-query-options.ts";
import { printQuery } from "./print-query.ts";
import { SyntaxMaker } from "./random-syntax-test-kit.ts";
import { withoutPositions } from "./tree-test-kit.ts";

const seed = Number(process.env.SEED ?? 20_260_503);
const random = seededRandom(seed);
const below = (limit: number): number => Math.floor(random.fraction() * limit);
const pick = (choices: readonly string[]): string => choices[below(choices.length)] ?? "";

const tokens = [
  ..."()[]{},/:;=*-+@#.$&?!~'\"\\%| \t",
  ...["$filter=", "$orderby=", "$select=", "$expand=", "$search=", "$top=", "$count=", "$compute="],
  ...[
    "&$filter=",
    "filter=",
    "&@a=",
    "$it",
    "$root/",
    "$this",
    "$count",
    "$filter(",
    "$ref",
    "$levels=",
  ],
  ...[
    " and ",
    " or ",
    "not ",
    " eq ",
    " ne ",
    " in ",
    " has ",
    " add ",
    " mod ",
    "-",
    " as ",
    " desc",
  ],
  ...[
    "a",
    "a/b",
    "Model.A",
    "any(",
    "all(x:",
    "x:",
    "case(",
    "cast(",
    "contains(",
    "now()",
    "true",
    "null",
  ],
  ...[
    "1",
    "-1",
    "1.5",
    "1e9",
    "INF",
    "'x'",
    "''",
    "'",
    "2024-02-29",
    "2024-02-29T10:00Z",
    "10:00",
    "P1D",
  ],
  ...[
    "01234567-89ab-cdef-0123-456789abcdef",
    "duration'PT1S'",
    "binary'",
    "geography'SRID=0;",
    "A.B'c'",
  ],
  ...[
    "%20",
    "%27",
    "%28",
    "%C3%A9",
    "%F0%9F%98%80",
    "%",
    "%2",
    "%GG",
    "%00",
    "%FF",
    "é",
    "😀",
    "\ud800",
    "\0",
  ],
];

/** What the text makes of the parser: nothing, or a refusal with a place inside the text. */
function check(text: string): boolean {
  try {
    parseQueryOptions(text);
    return true;
  } catch (error) {
    const message = `SEED=${seed}: ${JSON.stringify(text)}`;
    if (!(error instanceof ODataSyntaxError)) throw new Error(message, { cause: error });
    expect(Number.isInteger(error.position), message).toBe(true);
    expect(error.position, message).toBeGreaterThanOrEqual(0);
    expect(error.position, message).toBeLessThanOrEqual(text.length);
    expect(error.message.length, message).toBeGreaterThan(0);
    return false;
  }
}

test(`token soup is read or refused, and nothing else (SEED=${seed})`, () => {
  let read = 0;
  for (let count = 0; count < 40_000; count += 1) {
    const start = below(4) === 0 ? "" : "$filter=";
    const text = start + Array.from({ length: below(14) }, () => pick(tokens)).join("");
    if (check(text)) read += 1;
  }
  expect(read).toBeGreaterThan(500);
});

test(`a valid text with one change is read or refused, and nothing else (SEED=${seed})`, () => {
  const maker = new SyntaxMaker(random);
  let refused = 0;
  for (let count = 0; count < 10_000; count += 1) {
    const text = printQuery(maker.options(3));
    const at = below(text.length);
    const inserted = below(3) === 0 ? "" : pick(tokens);
    if (!check(text.slice(0, at) + inserted + text.slice(at + below(3)))) refused += 1;
  }
  expect(refused).toBeGreaterThan(2_000);
});

test(`what is read of soup prints as a text that says the same (SEED=${seed})`, () => {
  let compared = 0;
  for (let count = 0; count < 60_000 && compared < 2_000; count += 1) {
    const text = `$filter=${Array.from({ length: 1 + below(6) }, () => pick(tokens)).join("")}`;
    if (!check(text)) continue;
    compared += 1;
    const options = parseQueryOptions(text);
    const printed = printQuery(options);
    const message = `SEED=${seed}: ${JSON.stringify(text)} → ${printed}`;
    expect(withoutPositions(parseQueryOptions(printed)), message).toEqual(
      withoutPositions(options),
    );
  }
  expect(compared).toBeGreaterThan(500);
});

const repeated: readonly (readonly [string, (length: number) => string])[] = [
  ["or", (n) => `$filter=a${" or a".repeat(n / 5)}`],
  ["spaces", (n) => `$filter=a${" ".repeat(n)}eq 1`],
  ["quotes", (n) => `$filter='${"''".repeat(n / 2)}'`],
  ["percent sequences", (n) => `$filter='${"%41".repeat(n / 3)}'`],
  ["path", (n) => `$filter=a${"/a".repeat(n / 2)}`],
  ["list", (n) => `$filter=a in (1${",1".repeat(n / 2)})`],
  ["digits", (n) => `$filter=${"1".repeat(n)}`],
  ["dates that aren't", (n) => `$filter=${"1-".repeat(n / 2)}`],
  ["open brackets of a JSON string", (n) => `$filter="${"[".repeat(n)}"`],
  ["dots", (n) => `$filter=${"a.".repeat(n / 2)}`],
  ["options", (n) => "a=1&".repeat(n / 4)],
  ["select", (n) => `$select=a${",a".repeat(n / 2)}`],
  ["search", (n) => `$search=a${" a".repeat(n / 2)}`],
  ["search operators", (n) => `$search=a${" OR a".repeat(n / 5)}`],
  ["binary", (n) => `$filter=binary'${"A".repeat(n)}'`],
  ["geo", (n) => `$filter=geometry'SRID=0;Point(${"(".repeat(n)})'`],
];

function cpuMicroseconds(text: string): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 7; round += 1) {
    const start = process.cpuUsage();
    for (let count = 0; count < 5; count += 1) check(text);
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, user + system);
  }
  return least;
}

test.each(repeated)(
  "reading a run of %s takes time in proportion to its length",
  (_name, write) => {
    const long = maxQueryLength - 100;
    const longTime = cpuMicroseconds(write(long));
    const shortTime = cpuMicroseconds(write(long / 8));
    // Eight times the length; a parser that goes back over its text would take sixty-four times the
    // time.
    expect(longTime).toBeLessThan(24 * Math.max(shortTime, 400));
  },
);
