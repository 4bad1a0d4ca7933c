import type { Invariant } from "../check/violation.ts";
import { engineSubject } from "../engine-subject.ts";
import { generateSchedule } from "../schedule/generate.ts";
import type { SeededBug } from "../seeded-bug.ts";
import { judge } from "./judge.ts";

/** How a seeded bug was found, or that it wasn't. */
export interface Hunt {
  readonly name: string;
  readonly safeguard: string;
  /** The promise that it was seeded against. */
  readonly invariant: Invariant;
  readonly isFound: boolean;
  /** Schedules played until the first breach; all of them where none was found. */
  readonly schedulesUntilFound: number;
  /** The promises that were broken in that schedule. */
  readonly broken: readonly Invariant[];
  readonly seed: number | undefined;
}

/** Where a hunt looks, and for how long. */
export interface HuntOptions {
  readonly firstSeed: number;
  readonly maxSchedules: number;
}

/**
 * Plays the engine with one safeguard taken away until a promise is broken that the whole engine
 * keeps.
 */
export async function hunt(bug: SeededBug, options: HuntOptions): Promise<Hunt> {
  const sabotaged = engineSubject(bug.sabotage);
  const { name, safeguard, invariant } = bug;
  for (let played = 1; played <= options.maxSchedules; played += 1) {
    const seed = options.firstSeed + played - 1;
    const schedule = generateSchedule(seed, "memory", bug.family);
    const { violations } = await judge(schedule, sabotaged);
    if (violations.length === 0) continue;
    const whole = await judge(schedule, engineSubject());
    const own = violations.filter(
      (violation) => !whole.violations.some((other) => other.invariant === violation.invariant),
    );
    if (own.length === 0) continue;
    const broken = [...new Set(own.map((violation) => violation.invariant))];
    return { name, safeguard, invariant, isFound: true, schedulesUntilFound: played, broken, seed };
  }
  const schedulesUntilFound = options.maxSchedules;
  return {
    name,
    safeguard,
    invariant,
    isFound: false,
    schedulesUntilFound,
    broken: [],
    seed: undefined,
  };
}
