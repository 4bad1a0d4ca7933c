import { expect, test } from "vitest";
import { manualClock } from "../small-world-suite.ts";
import { EarlyWalk } from "./early-walk.ts";

const start = 1_000_000;
const opened = () => {
  const clock = manualClock(start);
  return { clock, early: new EarlyWalk(clock, 5_000) };
};

test("nothing is due that nobody asked for", () => {
  expect(opened().early.dueAt(0)).toBe(Number.POSITIVE_INFINITY);
});

test("many asks make one walk, which serves them all", async () => {
  const { clock, early } = opened();
  for (const delayMs of [2_000, 1_000, 1_500]) early.ask(delayMs);
  expect(early.dueAt(0)).toBe(start + 1_000);
  await clock.advance(2_000);
  early.begun();
  expect(early.dueAt(start + 2_000)).toBe(Number.POSITIVE_INFINITY);
});

test("what may not be seen yet when a walk begins gets one more, at its distance", async () => {
  const { clock, early } = opened();
  early.ask(0);
  early.ask(1_000);
  early.begun();
  expect(early.dueAt(start)).toBe(start + 5_000);
  await clock.advance(5_000);
  early.begun();
  expect(early.dueAt(start + 5_000)).toBe(Number.POSITIVE_INFINITY);
});

test("an ask ends the rest, also one that came just before it", async () => {
  const { clock, early } = opened();
  const { signal } = new AbortController();
  const resting = early.rest(60_000, signal);
  early.ask(0);
  await resting;
  early.ask(0);
  await early.rest(60_000, signal);
  expect(clock.now()).toBe(start);
});
