import { expect, test } from "vitest";
import { seededRandom } from "../runtime/index.ts";
import { Throttle } from "./throttle.ts";

function throttleAt(limit?: number) {
  const clock = { now: () => time.now, sleep: async () => {} };
  const time = { now: 1_000_000 };
  const throttle = new Throttle({ clock, ...(limit === undefined ? {} : { limit }) });
  return { throttle, time };
}

test("a connection may make 100 calls in 60 seconds, and the next one is refused", () => {
  const { throttle } = throttleAt();
  const answers = Array.from({ length: 101 }, () => throttle.take("a"));
  expect(answers.slice(0, 100).every((waitS) => waitS === 0)).toBe(true);
  expect(answers[100]).toBe(60);
});

test("connections don't count against each other", () => {
  const { throttle } = throttleAt(1);
  expect([throttle.take("a"), throttle.take("b"), throttle.take("a")]).toEqual([0, 0, 60]);
});

test("a call made after the stated wait is admitted, and one a millisecond early is not", () => {
  const { throttle, time } = throttleAt(2);
  throttle.take("a");
  time.now += 12_345;
  throttle.take("a");
  time.now += 1;
  expect(throttle.take("a")).toBe(48);
  time.now += 47_653;
  expect(throttle.take("a")).toBe(1);
  time.now += 1;
  expect(throttle.take("a")).toBe(0);
  expect(throttle.take("a")).toBe(13);
});

test("a refused call doesn't lengthen the wait", () => {
  const { throttle, time } = throttleAt(1);
  throttle.take("a");
  for (let second = 0; second < 59; second += 1) {
    time.now += 1_000;
    expect(throttle.take("a")).toBe(59 - second);
  }
  time.now += 1_000;
  expect(throttle.take("a")).toBe(0);
});

const seed = Number(process.env.SEED ?? 20260101);

test(`exactly as an oracle that remembers every call decides (SEED=${seed})`, () => {
  const random = seededRandom(seed);
  const limit = 5;
  const { throttle, time } = throttleAt(limit);
  const admitted = new Map<string, number[]>();
  let refusals = 0;
  for (let step = 0; step < 20_000; step += 1) {
    const isPause = random.fraction() < 0.01;
    time.now += Math.floor(random.fraction() * (isPause ? 150_000 : 6_000));
    const key = `key ${Math.floor(random.fraction() * 3)}`;
    const times = (admitted.get(key) ?? []).filter((then) => time.now - then < 60_000);
    const waitS = throttle.take(key);
    expect(waitS === 0).toBe(times.length < limit);
    if (waitS === 0) times.push(time.now);
    else {
      refusals += 1;
      expect(waitS).toBe(Math.ceil(((times[0] ?? 0) + 60_000 - time.now) / 1000));
    }
    admitted.set(key, times);
  }
  expect(refusals).toBeGreaterThan(1_000);
});

test("a limit that is lowered holds from the next call on", () => {
  const { throttle } = throttleAt(10);
  for (let call = 0; call < 5; call += 1) throttle.take("a");
  throttle.limit = 3;
  expect(throttle.take("a")).toBe(60);
});

test("100,000 connections cost less than 60 MB, and nothing once they have been silent", () => {
  const { throttle, time } = throttleAt();
  const before = process.memoryUsage();
  for (let key = 0; key < 100_000; key += 1) throttle.take(`connection ${key}`);
  const after = process.memoryUsage();
  const grownBy = after.heapUsed + after.external - before.heapUsed - before.external;
  expect(grownBy / 1e6).toBeLessThan(60);
  expect(throttle.size).toBe(100_000);
  time.now += 60_000;
  throttle.take("b");
  time.now += 60_000;
  throttle.take("b");
  expect(throttle.size).toBe(1);
});

test("asking whether a call would be admitted counts none, and says what a call then hears", () => {
  const { throttle, time } = throttleAt(2);
  for (let asked = 0; asked < 10; asked += 1) expect(throttle.admits("a")).toBe(true);
  throttle.take("a");
  throttle.take("a");
  expect([throttle.admits("a"), throttle.take("a")]).toEqual([false, 60]);
  time.now += 60_000;
  expect([throttle.admits("a"), throttle.take("a")]).toEqual([true, 0]);
});
