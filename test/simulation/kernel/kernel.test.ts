import { describe, expect, it } from "vitest";
import { createGeneration, generationClock } from "./generation.ts";
import { createScheduler } from "./scheduler.ts";
import { createTrace } from "./trace.ts";

const never = (): boolean => false;

describe("the scheduler", () => {
  it("runs events by time, and those of one time in the order in which they were asked for", async () => {
    const scheduler = createScheduler(0, 100);
    const order: string[] = [];
    scheduler.at(20, () => order.push("late"));
    scheduler.at(10, () => order.push("first"));
    scheduler.at(10, () => order.push("second"));
    scheduler.at(5, () => scheduler.at(10, () => order.push("third")));
    await scheduler.runUntil(30);
    expect(order).toEqual(["first", "second", "third", "late"]);
    expect(scheduler.now()).toBe(30);
  });

  it("lets every microtask settle before the next event, however long the chain", async () => {
    const scheduler = createScheduler(0, 100);
    const order: string[] = [];
    scheduler.at(1, () => {
      let chain = Promise.resolve();
      for (let link = 0; link < 500; link += 1) chain = chain.then(() => {});
      void chain.then(() => order.push("end of the chain"));
    });
    scheduler.at(1, () => order.push("next event"));
    await scheduler.runUntil(1);
    expect(order).toEqual(["end of the chain", "next event"]);
  });

  it("is through with virtual days before a test is given up", async () => {
    const scheduler = createScheduler(0, 10);
    let woken = 0;
    const clock = generationClock(
      scheduler,
      createGeneration(1, never, () => {}),
      0,
    );
    void clock.sleep(48 * 3_600_000).then(() => {
      woken = clock.now();
    });
    await scheduler.runUntil(72 * 3_600_000);
    expect(woken).toBe(48 * 3_600_000);
  });

  it("throws in a world that runs in circles", async () => {
    const scheduler = createScheduler(0, 50);
    const again = (): void => {
      scheduler.after(0, again);
    };
    scheduler.at(0, again);
    await expect(scheduler.runUntil(10)).rejects.toThrow("runaway world");
  });
});

describe("a generation", () => {
  it("never settles a call after its end, and starts none", async () => {
    const scheduler = createScheduler(0, 10);
    const generation = createGeneration(1, never, () => {});
    const seen: string[] = [];
    void generation
      .call<void>((resolve) => scheduler.after(10, resolve))
      .then(() => seen.push("a"));
    scheduler.at(5, () => generation.end());
    await scheduler.runUntil(20);
    void generation.call<void>(() => seen.push("started"));
    await scheduler.runUntil(30);
    expect(seen).toEqual([]);
  });

  it("dies on the boundary that its judge names, and says so once", () => {
    let deaths = 0;
    const generation = createGeneration(
      1,
      (boundary) => boundary === "http-send",
      () => {
        deaths += 1;
      },
    );
    expect(generation.boundary("crm-read-send")).toBe(false);
    expect(generation.boundary("http-send")).toBe(true);
    expect(generation.boundary("http-send")).toBe(true);
    expect(generation.isAlive()).toBe(false);
    expect(deaths).toBe(1);
  });

  it("rejects a sleep that is aborted", async () => {
    const scheduler = createScheduler(0, 10);
    const clock = generationClock(
      scheduler,
      createGeneration(1, never, () => {}),
      0,
    );
    const abort = new AbortController();
    const sleeping = clock.sleep(1_000, abort.signal);
    abort.abort(new Error("enough"));
    await expect(sleeping).rejects.toThrow("enough");
  });
});

describe("a trace", () => {
  it("has another digest for another order, another time and another character", () => {
    const digestOf = (...lines: (readonly [number, string])[]): string => {
      const trace = createTrace(false);
      for (const [time, text] of lines) trace.note(time, text);
      return trace.digest();
    };
    const digests = new Set([
      digestOf([1, "a"], [2, "b"]),
      digestOf([1, "b"], [2, "a"]),
      digestOf([1, "a"], [3, "b"]),
      digestOf([1, "a"], [2, "B"]),
      digestOf([1, "a"]),
    ]);
    expect(digests.size).toBe(5);
    expect(digestOf([1, "a"], [2, "b"])).toBe(digestOf([1, "a"], [2, "b"]));
  });
});
