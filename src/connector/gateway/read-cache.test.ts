import { expect, test } from "vitest";
import type { HttpResponse } from "../../runtime/index.ts";
import { ReadCache } from "./read-cache.ts";

const answer: HttpResponse = { status: 200, headers: {}, body: "{}" };

function cacheOf(maxAgeMs: number) {
  let now = 1_000_000;
  const clock = { now: () => now, sleep: async () => {} };
  const cache = new ReadCache(clock, maxAgeMs);
  return { cache, advance: (byMs: number) => (now += byMs) };
}

test("an answer is given again with its age in whole seconds, until it is too old", () => {
  const { cache, advance } = cacheOf(10_000);
  cache.keep("a", "/1", answer, 0);
  advance(2_900);
  expect(cache.find("a", "/1")).toEqual({ answer, ageS: 2 });
  advance(7_100);
  expect(cache.find("a", "/1")).toBeUndefined();
});

test("no connection sees another one's answers", () => {
  const { cache } = cacheOf(10_000);
  cache.keep("a", "/1", answer, 0);
  expect(cache.find("b", "/1")).toBeUndefined();
});

test("a connection's write forgets what it has read, and what it was just reading", () => {
  const { cache } = cacheOf(10_000);
  const writes = cache.writesOf("a");
  cache.keep("a", "/1", answer, writes);
  cache.noteWrite("a");
  expect(cache.find("a", "/1")).toBeUndefined();
  cache.keep("a", "/1", answer, writes);
  expect(cache.find("a", "/1")).toBeUndefined();
  cache.keep("a", "/1", answer, cache.writesOf("a"));
  expect(cache.find("a", "/1")?.answer).toBe(answer);
});

test("with no age nothing is kept", () => {
  const { cache } = cacheOf(0);
  cache.keep("a", "/1", answer, 0);
  expect(cache.find("a", "/1")).toBeUndefined();
});

test("it never holds more than its limit", () => {
  const { cache } = cacheOf(10_000);
  const large = { ...answer, body: "x".repeat(40 * 1024 * 1024) };
  cache.keep("a", "/1", large, 0);
  cache.keep("b", "/1", large, 0);
  expect(cache.find("a", "/1")).toBeUndefined();
  expect(cache.find("b", "/1")?.answer).toBe(large);
});
