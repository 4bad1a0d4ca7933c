import { expect, test } from "vitest";
import type { Clock } from "../../runtime/index.ts";
import { refusalOf } from "../conformance/steps.ts";
import { Pace } from "./pace.ts";

/** Time that passes only where somebody sleeps. */
function sleepingClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    sleep: async (delayMs) => {
      now += delayMs;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test("calls begin in their order, as fast as the limit allows and never faster", async () => {
  const clock = sleepingClock();
  const pace = new Pace(clock, { calls: 4, windowMs: 1_000 });
  const begun: [number, number][] = [];
  await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      pace.run(async () => begun.push([index, clock.now()])),
    ),
  );
  expect(begun.map(([index]) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  for (const [, at] of begun) {
    const within = begun.filter(([, other]) => other > at - 1_000 && other <= at);
    expect(within.length).toBeLessThanOrEqual(4);
  }
  expect(begun.at(-1)?.[1]).toBeLessThanOrEqual(2_100);
});

test("a call that is under way holds its place, and one that failed gives it back in time", async () => {
  const clock = sleepingClock();
  const pace = new Pace(clock, { calls: 1, windowMs: 1_000 });
  const slow = Promise.withResolvers<void>();
  const first = pace.run(() => slow.promise);
  let second = "waits";
  const next = pace.run(async () => {
    second = "begun";
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(second).toBe("waits");
  slow.reject(new Error("no answer"));
  await expect(first).rejects.toThrow("no answer");
  await next;
  expect(second).toBe("begun");
});

test("who would wait too long is told to come again, and who gave up isn't waited for", async () => {
  const clock = sleepingClock();
  const pace = new Pace(clock, { calls: 1, windowMs: 60_000 });
  await pace.run(async () => {});
  const late = await refusalOf(pace.run(async () => {}));
  expect(late).toMatchObject({ code: "throttled", retryAfterMs: 60_000 });
  const reason = new Error("enough");
  await expect(pace.run(async () => {}, AbortSignal.abort(reason))).rejects.toBe(reason);
});
