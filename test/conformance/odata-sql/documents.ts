import type { Random } from "../../../src/runtime/index.ts";

/** One of the choices. */
export function pick<T>(random: Random, choices: readonly T[]): T {
  const choice = choices[Math.floor(random.fraction() * choices.length)];
  if (choice === undefined) throw new RangeError("nothing to pick from");
  return choice;
}

/** A whole number from 0 to `limit - 1`. */
export const below = (random: Random, limit: number): number =>
  Math.floor(random.fraction() * limit);

/** True so often out of 1. */
export const chance = (random: Random, probability: number): boolean =>
  random.fraction() < probability;

const guids = ["0f0e0d0c-0b0a-0908-0706-050403020100", "FFFFFFFF-aaaa-bbbb-cccc-dddddddddddd"];

/**
 * Text that breaks careless code: quotes, wildcards, case pairs, combining marks, characters beyond
 * U+FFFF.
 */
// biome-ignore format: a table
export const texts: readonly string[] = [
  "", "a", "A", "ab", "aB", "abc", "b", "zz", "100%", "a_b", "a%b", "%", "_", "it's", "''",
  '"q"', "back\\slash", "Straße", "STRASSE", "É", "é", "e\u0301", "ΑΣ", "ας", "ασ", "İ", "ı",
  "ﬁ", "日本語", "😀", "😀b", "\ue000", "\ufffd", " lead", "trail\u3000", "\u00a0x\u2009", "tab\t",
  "line\nbreak", "null", "true", "5", "12.5", "{}", "[1]", "?", "$1", "a&b", "a+b", "#", "--",
  ...guids,
];

/** JSON numbers as they stand in a document; each is kept digit for digit. */
// biome-ignore format: a table
export const numbers: readonly string[] = [
  "0", "-0", "1", "-1", "2", "3", "5", "7", "10", "100", "1e2", "100.0", "0.1", "0.3", "0.30",
  "1.5", "2.5", "-2.5", "-0.5", "0.5", "9007199254740991", "9007199254740992",
  "9007199254740993", "-9007199254740993", "9223372036854775807", "-9223372036854775808",
  "12345678901234567890.123456789", "12345678901234567890.123456788", "1e-7", "1E+21", "-1e21",
  "0.1000000000000000055511151231257827",
];

/** Moments with several offsets and precisions, equal ones among them. */
// biome-ignore format: a table
export const moments: readonly string[] = [
  "2024-05-01T10:00:00Z", "2024-05-01T12:00:00+02:00", "2024-05-01T10:00:00.000Z",
  "2024-05-01T10:00Z", "2024-05-01t10:00:00z", "2024-05-01T10:00:00.1234567Z",
  "2024-05-01T10:00:00.1234568Z", "2024-05-01T05:30:00.1234567-04:30",
  "2024-05-01T10:00:00.123456700001Z", "2024-02-29T23:30:00-05:30",
  "2023-12-31T23:59:59.9999999Z", "2024-01-01T00:00:00Z", "0001-01-01T00:00:00Z",
  "0099-06-15T00:00:00Z", "1969-12-31T23:59:59.5Z", "9999-12-31T23:59:59.9999999Z",
  "1900-03-01T00:00:00+14:00", "2016-12-31T23:59:60Z",
];

/** Dates, times, durations and guids as documents hold them. */
// biome-ignore format: a table
export const days: readonly string[] = [
  "2024-05-01", "2024-02-29", "2023-12-31", "1900-03-01", "0001-01-01", "9999-12-31",
];
// biome-ignore format: a table
export const clocks: readonly string[] = [
  "10:00:00", "10:00", "10:00:00.0", "23:59:59.9999999", "00:00", "10:00:00.123456789012",
];
// biome-ignore format: a table
export const spans: readonly string[] = [
  "PT1H", "PT60M", "PT3600S", "P1D", "P1DT0.5S", "-PT30M", "PT0S", "-PT0S", "PT0.000000000001S",
  "P400D",
];
export const codes: readonly string[] = [...guids, "01234567-89ab-cdef-0123-456789abcdef"];

// biome-ignore format: a table
const wrong: readonly string[] = [
  "null", "true", "5", '"garbage"', "{}", "[]", '[1,"a"]', '{"text":1}',
  '"2024-02-30T00:00:00Z"', '"2023-02-29"', '"24:00:00"', '"P"', '"PT"', '"12.50"', '"1e2"',
  '"0001-01-01T00:00:00+02:00"', '"9999-12-31T23:00:00-02:00"',
];

const quoted = (choices: readonly string[]): readonly string[] =>
  choices.map((choice) => JSON.stringify(choice));

type Members = Record<string, string | undefined>;

function object(members: Members): string {
  const present = Object.entries(members).filter(([, value]) => value !== undefined);
  return `{${present.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;
}

/** Mostly one of the choices; now and then nothing, null or a value of another type. */
function value(random: Random, choices: readonly string[]): string | undefined {
  const fate = random.fraction();
  if (fate < 0.08) return undefined;
  if (fate < 0.14) return "null";
  return fate < 0.22 ? pick(random, wrong) : pick(random, choices);
}

/** A JSON array of up to three elements, now and then something else. */
function array(random: Random, element: () => string | undefined): string | undefined {
  if (chance(random, 0.15)) return value(random, ["[]", "[null]"]);
  const elements = Array.from({ length: below(random, 4) }, () => element() ?? "null");
  return `[${elements.join(",")}]`;
}

const part = (random: Random): string =>
  object({
    name: value(random, quoted(texts)),
    amount: value(random, numbers),
    type: value(random, ['"a"', '"x"']),
  });

const item = (random: Random): string =>
  chance(random, 0.1)
    ? pick(random, wrong)
    : object({
        name: value(random, quoted(texts)),
        amount: value(random, numbers),
        moment: value(random, quoted(moments)),
        type: value(random, ['"a"', '"x"']),
        parts: array(random, () => part(random)),
      });

/**
 * A document of thingModel as JSON text. `price` and `stamp` keep what their promoted columns
 * promise.
 */
export function randomDocument(random: Random, id: string): string {
  return object({
    id: JSON.stringify(id),
    text: value(random, quoted(texts)),
    type: value(random, ['"a"', '"b"', '"x"']),
    flag: value(random, ["true", "false"]),
    small: value(random, numbers.slice(0, 9)),
    whole: value(random, numbers),
    amount: value(random, numbers),
    price: chance(random, 0.2) ? undefined : pick(random, numbers),
    ratio: value(random, numbers),
    moment: value(random, quoted(moments)),
    stamp: chance(random, 0.2) ? "null" : pick(random, quoted(stamps)),
    day: value(random, quoted(days)),
    clock: value(random, quoted(clocks)),
    span: value(random, quoted(spans)),
    code: value(random, quoted(codes)),
    extra: value(random, [...numbers, ...quoted(texts)]),
    inner: chance(random, 0.2)
      ? pick(random, wrong)
      : object({
          text: value(random, quoted(texts)),
          moment: value(random, quoted(moments)),
          items: array(random, () => item(random)),
        }),
    tags: array(random, () => value(random, quoted(texts))),
    amounts: array(random, () => value(random, numbers)),
    moments: array(random, () => value(random, quoted(moments))),
    items: array(random, () => item(random)),
  });
}

// biome-ignore format: a table
const stamps: readonly string[] = [
  "2024-05-01T10:00:00.0000000Z", "2024-05-01T10:00:00.1234567Z", "2024-05-01T10:00:00.1234568Z",
  "2024-01-01T00:00:00.0000000Z", "1969-12-31T23:59:59.5000000Z",
];
