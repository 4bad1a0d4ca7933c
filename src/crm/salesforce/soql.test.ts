import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSoql } from "../../sandbox/salesforce/soql-parser.ts";
import { quoted, quotedList } from "./soql.ts";

const seed = Number(process.env.SEED ?? 20_261_123);

test(`a quoted text is read as itself, and never as anything more (SEED=${seed})`, () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
      const query = parseSoql(`SELECT Id FROM Account WHERE Name = ${quoted(text)}`);
      expect(query.where).toEqual({
        kind: "compare",
        field: "Name",
        operator: "=",
        value: { kind: "string", text },
      });
    }),
    { seed, numRuns: 500, endOnFailure: true },
  );
});

test("a list of texts is read as itself", () => {
  const texts = ["O'Neil", "a\\'; --", "line\nend", "%_"];
  const query = parseSoql(`SELECT Id FROM Account WHERE Name IN ${quotedList(texts)}`);
  const values = texts.map((text) => ({ kind: "string", text }));
  expect(query.where).toEqual({ kind: "in", field: "Name", negated: false, values });
});
