import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { functions, queryFunction, refusedFunctions } from "./functions.ts";
import * as limits from "./limits.ts";
import { bindingErrorCodes, syntaxErrorCodes } from "./odata-error.ts";

const page = readFileSync(new URL("../../docs/reference/odata.md", import.meta.url), "utf8");
const named = new Set(page.match(/`[^`]+`/g)?.map((text) => text.slice(1, -1)));

test("the reference page names every function that a query may call, and no other", () => {
  const table = /\| functions of \|[\s\S]*?\n\n/.exec(page)?.[0] ?? "";
  const listed = (table.match(/`\w+`/g) ?? []).map((text) => text.slice(1, -1)).sort();
  const callable = Object.keys(functions).filter((name) => queryFunction(name));
  expect(listed).toEqual([...callable, "now"].sort());
});

test("the reference page names every function that is refused", () => {
  const lower = new Set([...named].map((name) => name.toLowerCase()));
  expect(Object.keys(refusedFunctions).filter((name) => !lower.has(name))).toEqual([]);
});

test("the reference page names every error code", () => {
  const codes = [...syntaxErrorCodes, ...bindingErrorCodes];
  expect(codes.filter((code) => !named.has(code))).toEqual([]);
});

test("the reference page states every limit", () => {
  const table = page.slice(page.indexOf("## Limits"), page.indexOf("## Errors"));
  const stated = (table.match(/\| (\d+)/g) ?? []).map((text) => Number(text.slice(2)));
  expect(stated).toEqual([
    limits.maxQueryLength,
    limits.maxDepth,
    limits.maxNameLength,
    limits.maxNumberDigits,
    limits.maxArithmeticOperators,
    limits.maxCollectionDepth,
  ]);
  expect(stated).toHaveLength(Object.keys(limits).length);
});
