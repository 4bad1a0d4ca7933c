import fc from "fast-check";
import { expect, test } from "vitest";
import { textLens } from "./text-lens.ts";

const context = { referral: {}, crm: {} };
const lens = textLens({ maxLength: 60 });
const long = "The customer wants to move its data centre. ".repeat(4).trim();

function inCrm(text: string): string {
  const result = lens.toCrm(text, null, context);
  if (!result.ok || typeof result.value !== "string") throw new Error("not translated");
  return result.value;
}

test("a text that is too long is cut to the column's size and says how much is missing", () => {
  const cut = inCrm(long);
  expect(cut.length).toBeLessThanOrEqual(60);
  const [, head = "", missing] =
    /^(.*)… \[(\d+) more characters in Partner Center\]$/.exec(cut) ?? [];
  expect(long.startsWith(head)).toBe(true);
  expect(head.length + Number(missing)).toBe(long.length);
});

test("an edit before the mark keeps the rest of the longer text, edit after edit", () => {
  const first = inCrm(long).replace("customer", "client");
  const once = lens.toReferral(first, long, context);
  expect(once).toEqual({ ok: true, value: long.replace("customer", "client") });
  const second = first.replace("The client", "It");
  const twice = lens.toReferral(second, once.ok ? once.value : null, context);
  expect(twice).toEqual({ ok: true, value: long.replace("The customer", "It") });
});

test("taking the mark away replaces the longer text", () => {
  expect(lens.toReferral("Cancelled", long, context)).toEqual({ ok: true, value: "Cancelled" });
});

test("a mark copied from another deal is refused with a remedy", () => {
  const result = lens.toReferral(inCrm(long), "short", context);
  expect(result).toMatchObject({ ok: false, remedy: "remove the mark at the end of the text" });
});

test("a cut never splits a character in two", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 61, maxLength: 200 }), (text) => {
      fc.pre(text.trim().length > 60);
      expect(inCrm(text).isWellFormed()).toBe(text.trim().isWellFormed());
      expect(inCrm(text).length).toBeLessThanOrEqual(60);
    }),
  );
});

test("line endings and outer white space are no change", () => {
  expect(lens.sameInCrm(" one\r\ntwo ", "one\ntwo")).toBe(true);
  expect(lens.sameInReferral("", null)).toBe(true);
  expect(lens.toCrm("one\ntwo", "one\r\ntwo\r\n", context)).toEqual({
    ok: true,
    value: "one\r\ntwo\r\n",
  });
});
