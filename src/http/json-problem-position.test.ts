import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonProblemPosition } from "./json-problem-position.ts";

const seed = Number(process.env.SEED ?? 20260102);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test(`finds a problem exactly where JSON.parse refuses (SEED=${seed})`, () => {
  const almostJson = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom("", '"', "{", "]", ",", ":", "0", "\\", "x", "\n"))
    .map(([text, at, change]) => {
      const cut = at % (text.length + 1);
      return text.slice(0, cut) + change + text.slice(cut + (at % 3));
    });
  fc.assert(
    fc.property(almostJson, (text) => {
      const position = jsonProblemPosition(text);
      expect(position === undefined).toBe(isJson(text));
      // What stands before the problem could still become JSON: no earlier position is to blame.
      if (position !== undefined) expect(position).toBeLessThanOrEqual(text.length);
    }),
    { seed, numRuns: 5_000 },
  );
});

test.each([
  ["", 0],
  ["  ", 2],
  ['{"a":1,}', 7],
  ['{"a" 1}', 5],
  ["{a:1}", 1],
  ["[1,2", 4],
  ["[1 2]", 3],
  ['{"a":tru}', 5],
  ['["a\nb"]', 3],
  ['["\\x"]', 2],
  ['"abc', 4],
  ["01", 1],
  ["[1,]", 3],
  ["{} {}", 3],
])("in %j the problem is at %i", (text, position) => {
  expect(jsonProblemPosition(text)).toBe(position);
});

test("a very deep text is read without recursion", () => {
  expect(jsonProblemPosition("[".repeat(200_000))).toBe(200_000);
});
