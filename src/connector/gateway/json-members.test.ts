import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonMembers } from "./json-members.ts";

const valuesOf = (text: string): Record<string, unknown> =>
  Object.fromEntries(
    [...jsonMembers(text)].map(([name, { start, end }]) => [
      name,
      JSON.parse(text.slice(start, end)),
    ]),
  );

const seed = Number(process.env.SEED ?? 20260401);

test(`finds what JSON.parse finds, however the text is spaced (SEED=${seed})`, () => {
  const anyObject = fc.dictionary(
    fc.string().filter((name) => name !== "__proto__"),
    fc.jsonValue(),
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(anyObject, fc.constantFrom(0, 1, "\t"), (object, indent) => {
      const text = JSON.stringify(object, undefined, indent);
      expect(valuesOf(text)).toEqual(JSON.parse(text));
    }),
    { seed, numRuns: 500 },
  );
});

test("keeps a number that JavaScript can't hold", () => {
  const text = '{"a": 12345678901234567890.1230 , "b":[]}';
  const place = jsonMembers(text).get("a");
  expect(text.slice(place?.start, place?.end)).toBe("12345678901234567890.1230");
});

test.each([["[]"], [""], ['{"a"'], ['{"a":1'], ['{"a":"1}'], ['{"a":[1}'], ['{"a" 1}']])(
  "refuses %s",
  (text) => {
    expect(() => jsonMembers(text)).toThrow(SyntaxError);
  },
);
