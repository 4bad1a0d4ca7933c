import { queryObjects } from "node:v8";
import { afterAll, describe, expect, it } from "vitest";
import { judge } from "./campaign/judge.ts";
import { ledgerOf, runShare } from "./campaign/run-share.ts";
import { invariants } from "./check/violation.ts";
import { engineSubject } from "./engine-subject.ts";
import { closeStores } from "./ledger-stores.ts";
import { familyOf, generateSchedule } from "./schedule/generate.ts";
import { seededBugs } from "./seeded-bugs.ts";

const firstSeed = Number(process.env.SEED ?? 1);
const comparisons = 40;

describe("the engine in the simulated world", () => {
  afterAll(closeStores);

  it(`keeps every promise in 80 worlds from seed ${firstSeed}`, async () => {
    const tally = await runShare({
      subject: "engine",
      firstSeed,
      seeds: 80,
      ledger: "mixed",
    });
    expect(tally.failures).toEqual([]);
    expect(tally.schedules).toBeGreaterThan(50);
    expect(tally.onSqlite).toBeGreaterThan(0);
    expect(tally.faultFree).toBeGreaterThan(0);
  }, 240_000);

  it("runs byte for byte the same for the same seed, on either ledger", async () => {
    for (let seed = firstSeed; seed < firstSeed + 20; seed += 1) {
      const schedule = generateSchedule(seed, ledgerOf(seed, "mixed"));
      const one = await judge(schedule, engineSubject(), { keepTrace: true });
      const again = await judge(schedule, engineSubject(), { keepTrace: true });
      expect(again.trace).toEqual(one.trace);
      expect(again.digest).toBe(one.digest);
    }
  });

  it("leaves nothing of a world behind, lives that ended in a crash among it", async () => {
    const signals = (): number => queryObjects(AbortSignal, { format: "count" });
    const play = (from: number) =>
      runShare({ subject: "engine", firstSeed: from, seeds: 10, ledger: "memory" });
    await play(firstSeed);
    const before = signals();
    await play(firstSeed + 10);
    expect(signals()).toBeLessThanOrEqual(before);
  });

  it("compares all but a few crash worlds with their world without crashes", async () => {
    let compared = 0;
    for (let seed = firstSeed; seed < firstSeed + comparisons; seed += 1) {
      const schedule = generateSchedule(seed, "memory", "crashes");
      const { isCompared } = await judge(schedule, engineSubject());
      if (isCompared) compared += 1;
    }
    expect(compared).toBeGreaterThanOrEqual(comparisons * 0.95);
  });

  it("draws every family of schedules, storms the most", () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 1_000; seed += 1) {
      const family = familyOf(seed);
      counts.set(family, (counts.get(family) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toEqual({
      storm: 875,
      calm: 25,
      lists: 50,
      crashes: 25,
      tight: 25,
    });
  });
});

describe("the seeded bugs", () => {
  it("are at least twenty-four, each with a name of its own and a promise to break", () => {
    expect(seededBugs.length).toBeGreaterThanOrEqual(24);
    expect(new Set(seededBugs.map(({ name }) => name)).size).toBe(seededBugs.length);
  });

  it("break each promise once at least", () => {
    const broken = new Set(seededBugs.map(({ invariant }) => invariant));
    expect([...invariants].filter((invariant) => !broken.has(invariant))).toEqual([]);
  });
});
