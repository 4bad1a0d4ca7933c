import fc from "fast-check";
import { expect, test } from "vitest";
import { listToText, type TextList, textToList } from "./text-lists.ts";

const seed = Number(process.env.SEED ?? 20_261_123);
const list: TextList = { field: "solutions", property: "pr_solutions", parts: ["id", "name"] };

/** What a line can hold: HubSpot and the lens both drop white space around a text. */
const word = fc
  .string({ unit: "grapheme", maxLength: 20 })
  .map((text) => text.replaceAll("\r", "").trim())
  .filter((text) => text !== "");

test(`what was put is what is got back, whatever the letters (SEED=${seed})`, () => {
  const entry = fc.record({ id: word, name: fc.option(word) });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 5 }), (entries) => {
      expect(textToList(list, listToText(list, entries))).toEqual(entries);
    }),
    { seed, numRuns: 500, endOnFailure: true },
  );
});

test(`to put what was got changes nothing, whatever a seller wrote (SEED=${seed})`, () => {
  const letters = fc.constantFrom("a", "|", "\\", "\n", " ", "n", "é");
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 40 }), (text) => {
      const once = textToList(list, text);
      expect(textToList(list, listToText(list, once))).toEqual(
        (once as readonly { id: string | null }[]).filter((entry) =>
          Object.values(entry).some((value) => value !== null),
        ),
      );
    }),
    { seed, numRuns: 500, endOnFailure: true },
  );
});
