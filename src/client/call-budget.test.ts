import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Clock } from "../runtime/index.ts";
import { createCallBudget } from "./call-budget.ts";
import { jumpingClock } from "./testing/scripted-world.ts";

const windowMs = 60_000;
const start = Date.UTC(2027, 0, 1);

/** The most calls of any window that begins with one of them. */
function busiestWindow(calls: readonly number[]): number {
  const sorted = [...calls].sort((left, right) => left - right);
  return Math.max(
    0,
    ...sorted.map((from) => sorted.filter((at) => at >= from && at < from + windowMs).length),
  );
}

describe("the window", () => {
  test("95 of 100 calls go through, the next waits until the first has left the window", () => {
    const clock = jumpingClock();
    const budget = createCallBudget({ clock });
    for (let call = 0; call < 95; call += 1) {
      expect(budget.tryTake()).toBe(0);
      clock.advance(10);
    }
    expect(budget.available).toBe(0);
    expect(budget.tryTake()).toBe(windowMs - 950);
    clock.advance(windowMs - 950);
    expect(budget.tryTake()).toBe(0);
  });

  test("a call counts from its answer, because it may have arrived as late as that", () => {
    const clock = jumpingClock();
    const budget = createCallBudget({ clock, callsPerWindow: 1, share: 1 });
    expect(budget.tryTake()).toBe(0);
    clock.advance(8_000);
    budget.answered(clock.now() - 8_000);
    clock.advance(windowMs - 8_000);
    expect(budget.tryTake()).toBe(8_000);
  });

  test("no window ever holds more than the limit, across restarts and any pauses", () => {
    const pause = fc.record({
      ms: fc.integer({ min: 0, max: 30_000 }),
      restart: fc.boolean(),
      refused: fc.constantFrom(undefined, undefined, undefined, 0, 500, 90_000),
    });
    const limit = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(limit, fc.array(pause, { maxLength: 120 }), (callsPerWindow, pauses) => {
        const clock = jumpingClock(start);
        const settings = { clock, callsPerWindow, share: 1 };
        let budget = createCallBudget(settings);
        const made: number[] = [];
        for (const { ms, restart, refused } of pauses) {
          clock.advance(ms);
          while (budget.tryTake() === 0) made.push(clock.now());
          if (refused !== undefined) budget.throttled(refused);
          const snapshot = JSON.parse(JSON.stringify(budget.snapshot()));
          if (restart) budget = createCallBudget({ ...settings, snapshot });
        }
        expect(busiestWindow(made)).toBeLessThanOrEqual(callsPerWindow);
      }),
      { seed: Number(process.env.SEED ?? 20270101), numRuns: 500 },
    );
  });

  test("without its snapshot a restart would break the limit: the check above can fail", () => {
    const clock = jumpingClock(start);
    const made = [1, 2].flatMap(() => {
      const budget = createCallBudget({ clock, callsPerWindow: 3, share: 1 });
      return [1, 2, 3].map(() => budget.tryTake() === 0 && clock.now()).filter(Number);
    });
    expect(busiestWindow(made as number[])).toBe(6);
  });

  test("a clock that was set back makes nobody wait longer than one window", () => {
    const clock = jumpingClock(start);
    const budget = createCallBudget({ clock, callsPerWindow: 2, share: 1 });
    budget.tryTake();
    budget.tryTake();
    const earlier = jumpingClock(start - 86_400_000);
    const restored = createCallBudget({
      clock: earlier,
      callsPerWindow: 2,
      share: 1,
      snapshot: budget.snapshot(),
    });
    expect(restored.tryTake()).toBe(windowMs);
  });

  test("after a restore from a backup the whole window counts as spent", () => {
    const clock = jumpingClock();
    const budget = createCallBudget({ clock });
    budget.spendWindow();
    expect(budget.tryTake()).toBe(windowMs);
  });
});

describe("429", () => {
  test("Retry-After is honoured, and without one the whole window is", () => {
    const clock = jumpingClock();
    const budget = createCallBudget({ clock });
    budget.tryTake();
    budget.throttled(7_000);
    expect(budget.tryTake()).toBe(7_000);
    clock.advance(7_000);
    expect(budget.tryTake()).toBe(0);
    budget.throttled();
    expect(budget.tryTake()).toBe(windowMs);
  });

  test("the limit falls below what was spent, and grows back in quiet windows", () => {
    const clock = jumpingClock();
    const budget = createCallBudget({ clock });
    for (let call = 0; call < 50; call += 1) budget.tryTake();
    budget.throttled(1_000);
    expect(budget.limit).toBe(40);
    clock.advance(1_000 + windowMs);
    expect(budget.limit).toBe(49);
    clock.advance(windowMs * 10);
    expect(budget.limit).toBe(95);
  });

  test("calls that were refused together lower the limit once", () => {
    const clock = jumpingClock();
    const budget = createCallBudget({ clock });
    for (let call = 0; call < 50; call += 1) budget.tryTake();
    for (let refused = 0; refused < 10; refused += 1) budget.throttled(1_000);
    expect(budget.limit).toBe(40);
  });
});

describe("waiting", () => {
  /** A clock whose sleepers wake only when it is moved past their time. */
  function steppedClock(): Clock & { step(ms: number): Promise<void>; readonly sleeping: number } {
    let now = start;
    const sleepers = new Set<{ at: number; wake: () => void }>();
    return {
      now: () => now,
      get sleeping() {
        return sleepers.size;
      },
      sleep: (delayMs, signal) =>
        new Promise((resolve, reject) => {
          const sleeper = { at: now + delayMs, wake: resolve };
          sleepers.add(sleeper);
          signal?.addEventListener("abort", () => {
            sleepers.delete(sleeper);
            reject(signal.reason);
          });
        }),
      async step(ms) {
        now += ms;
        for (const sleeper of [...sleepers]) {
          if (sleeper.at > now) continue;
          sleepers.delete(sleeper);
          sleeper.wake();
        }
        for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
      },
    };
  }

  test("callers are served in the order of asking", async () => {
    const clock = steppedClock();
    const budget = createCallBudget({ clock, callsPerWindow: 1, share: 1 });
    const served: string[] = [];
    await budget.take();
    for (const name of ["a", "b", "c"]) void budget.take().then(() => served.push(name));
    await clock.step(windowMs);
    expect(served).toEqual(["a"]);
    await clock.step(windowMs);
    await clock.step(windowMs);
    expect(served).toEqual(["a", "b", "c"]);
  });

  test("a caller who gives up leaves the queue, and no timer behind", async () => {
    const clock = steppedClock();
    const budget = createCallBudget({ clock, callsPerWindow: 1, share: 1 });
    await budget.take();
    const [first, second] = [new AbortController(), new AbortController()];
    const waiting = [budget.take(first.signal), budget.take(second.signal)];
    first.abort(new Error("gave up"));
    await expect(waiting[0]).rejects.toThrow("gave up");
    expect(clock.sleeping).toBe(1);
    second.abort(new Error("gave up too"));
    await expect(waiting[1]).rejects.toThrow("gave up too");
    expect(clock.sleeping).toBe(0);
    const late = budget.take();
    await clock.step(windowMs);
    await late;
  });
});
