import { expect, test } from "vitest";
import { comparableMoment, momentBefore } from "./moments.ts";

test("the order of text is the order of time, whatever fraction digits were written", () => {
  const moments = [
    "2030-01-01T00:00:00Z",
    "2030-01-01T00:00:00.0000001Z",
    "2030-01-01T00:00:00.01Z",
    "2030-01-01T00:00:00.1234567Z",
    "2030-01-01T00:00:00.2Z",
    "2030-01-01T00:00:01+00:00",
  ].map(comparableMoment);
  expect(moments).not.toContain(undefined);
  expect(moments.toSorted()).toEqual(moments);
  expect(new Set(moments).size).toBe(moments.length);
});

test.each([
  [undefined],
  [null],
  [""],
  ["yesterday"],
  ["2030-01-01"],
  ["2030-01-01T00:00:00+02:00"],
])("%s is no moment of the service", (text) => {
  expect(comparableMoment(text)).toBeUndefined();
});

test("a moment before another keeps its last digits", () => {
  const moment = comparableMoment("2030-01-01T00:00:00.1234567Z") ?? "";
  const before = momentBefore(moment, 600_000);
  expect(before).toBe(comparableMoment("2029-12-31T23:50:00.1234567Z"));
});
