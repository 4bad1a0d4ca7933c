import { expect, test } from "vitest";
import { seededRandom } from "../runtime/index.ts";
import type { QueryOptions } from "./ast.ts";
import { parseQueryOptions } from "./parse-query-options.ts";
import { printExpression, printQuery } from "./print-query.ts";
import { SyntaxMaker } from "./random-syntax-test-kit.ts";
import { treeOf, withoutPositions } from "./tree-test-kit.ts";

const seed = Number(process.env.SEED ?? 20_260_502);

function parsed(text: string, message: string): QueryOptions {
  try {
    return parseQueryOptions(text);
  } catch (error) {
    throw new Error(message, { cause: error });
  }
}

test.each([
  ["(a or b) and c", "(a or b) and c"],
  ["((a)) or ((b) and (c))", "a or b and c"],
  ["a sub (b sub c)", "a sub (b sub c)"],
  ["(a sub b) sub c", "a sub b sub c"],
  ["NOT (a EQ 1)", "not (a eq 1)"],
  ["-(1)", "-(1)"],
  ["- a", "-a"],
  ["a in ( 'x' , 1 )", "a in ('x',1)"],
  ['a eq "it\'s"', "a eq 'it''s'"],
])("%s prints as %s", (text, printed) => {
  const { filter } = parseQueryOptions(`$filter=${text}`);
  expect(filter && printExpression(filter)).toBe(printed);
});

test("what separates or would read as a space is encoded", () => {
  const { filter } = parseQueryOptions("$filter=a eq 'x%26y%2Bz %25%23;'");
  const printed = printQuery({
    filter: filter as never,
    aliases: [],
    custom: [],
    positions: { filter: 0 },
  });
  expect(printed).toBe("$filter=a%20eq%20'x%26y%2Bz%20%25%23;'");
});

test(`parsing what is printed gives the same tree (SEED=${seed})`, () => {
  const maker = new SyntaxMaker(seededRandom(seed));
  for (let count = 0; count < 5_000; count += 1) {
    const expression = maker.expression(4);
    const text = printExpression(expression);
    const encoded = `$filter=${encodeURIComponent(text)}`;
    const { filter } = parsed(encoded, `SEED=${seed}, ${count}: ${text}`);
    expect(filter && treeOf(filter), `SEED=${seed}, ${count}: ${text}`).toBe(treeOf(expression));
    expect(withoutPositions(filter), text).toEqual(withoutPositions(expression));
  }
});

test(`parsing printed options gives the same options (SEED=${seed})`, () => {
  const maker = new SyntaxMaker(seededRandom(seed));
  for (let count = 0; count < 2_000; count += 1) {
    const options = maker.options(3);
    const text = printQuery(options);
    const message = `SEED=${seed}, ${count}: ${decodeURIComponent(text)}`;
    const again = parsed(text, message);
    expect(withoutPositions(again), message).toEqual(withoutPositions(options));
    expect(printQuery(again)).toBe(text);
  }
});
