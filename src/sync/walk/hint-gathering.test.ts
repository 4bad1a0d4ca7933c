import { expect, test } from "vitest";
import { manualClock } from "../small-world-suite.ts";
import { HintGathering } from "./hint-gathering.ts";

const settings = { gatherHints: 3, gatherMs: 150, gatherLongestMs: 3_000 };
const walkMs = 100;
const { signal } = new AbortController();

/** A gathering, the moments at which it walked, and those at which each pair was looked at. */
function gathering({ canWalk = true } = {}) {
  const clock = manualClock(0);
  const walks: number[] = [];
  const looks: Record<string, number> = {};
  const begin = (): Promise<void> => {
    walks.push(clock.now());
    const walk = clock.sleep(walkMs);
    hints.walkBegan(walk);
    return walk;
  };
  const hints = new HintGathering({
    clock,
    settings,
    walk: () => (canWalk ? begin() : Promise.resolve()),
  });
  const hint = async (pairId: string): Promise<void> => {
    await hints.during(pairId, async () => true);
    void hints.beforeLook(pairId, true, signal).then(() => {
      looks[pairId] = clock.now();
    });
  };
  return { clock, walks, looks, hints, hint, begin };
}

test("a hint without company is looked at after a moment, without a walk", async () => {
  const { clock, walks, looks, hint } = gathering();
  await hint("a");
  await hint("b");
  await clock.advance(1_000);
  expect(looks).toEqual({ a: 150, b: 150 });
  expect(walks).toEqual([]);
});

test("a burst of two seconds is answered by one walk after its end", async () => {
  const { clock, walks, looks, hint } = gathering();
  for (let index = 0; index < 100; index += 1) {
    await hint(`pair ${index}`);
    await clock.advance(20);
  }
  await clock.advance(1_000);
  expect(walks).toHaveLength(1);
  expect(walks[0]).toBeGreaterThan(1_980);
  expect(new Set(Object.values(looks))).toEqual(new Set([(walks[0] ?? 0) + walkMs]));
  expect(Object.keys(looks)).toHaveLength(100);
});

test("a burst without end is answered every three seconds", async () => {
  const { clock, walks, hint } = gathering();
  for (let index = 0; index < 500; index += 1) {
    await hint(`pair ${index}`);
    await clock.advance(20);
  }
  expect(walks.length).toBeGreaterThanOrEqual(3);
  expect(walks.length).toBeLessThanOrEqual(4);
});

test("hints during a walk wait for the next one; those before it are answered by it", async () => {
  const { clock, walks, looks, hint, begin } = gathering();
  await hint("early");
  void begin();
  for (const pairId of ["late 1", "late 2", "late 3"]) await hint(pairId);
  await clock.advance(1_000);
  expect(looks.early).toBe(150);
  expect(walks).toHaveLength(2);
  expect(looks["late 1"]).toBe((walks[1] ?? 0) + walkMs);
});

test("where no walk can begin, each is looked at by itself", async () => {
  const { clock, walks, looks, hint } = gathering({ canWalk: false });
  for (const pairId of ["a", "b", "c", "d"]) await hint(pairId);
  await clock.advance(5_000);
  expect(walks).toEqual([]);
  expect(Object.keys(looks)).toHaveLength(4);
});

test("a hint that turns out to be no news is company for nobody", async () => {
  const { clock, walks, hint, hints } = gathering();
  for (const pairId of ["x", "y", "z"]) await hints.during(pairId, async () => false);
  await hint("a");
  await clock.advance(1_000);
  expect(walks).toEqual([]);
});
