import type { Random } from "../../../src/runtime/index.ts";

/** Spans of time in milliseconds. */
export const second = 1000;
export const minute = 60 * second;
export const day = 24 * 60 * minute;

/** Draws with names. */
export interface Draw {
  whole(from: number, to: number): number;
  chance(probability: number): boolean;
  one<T>(items: readonly T[]): T;
}

/** Draws from a sequence. */
export function drawFrom(random: Random): Draw {
  const whole = (from: number, to: number): number =>
    from + Math.floor(random.fraction() * (to - from + 1));
  return {
    whole,
    chance: (probability) => random.fraction() < probability,
    one: (items) => items[whole(0, items.length - 1)] as (typeof items)[number],
  };
}
