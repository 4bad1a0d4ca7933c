import type { Clock } from "../runtime/index.ts";

/** Where the skipped time is kept between two runs. */
export const clockOffsetKey = ["sandbox", "clock-offset"] as const;

/**
 * The time that referrals live in: the machine's, moved forward by what the sandbox was told to
 * skip.
 */
export class BusinessClock implements Clock {
  readonly #base: Clock;
  #offsetMs: number;

  constructor(base: Clock, offsetMs = 0) {
    this.#base = base;
    this.#offsetMs = offsetMs;
  }

  get offsetMs(): number {
    return this.#offsetMs;
  }

  now(): number {
    return this.#base.now() + this.#offsetMs;
  }

  /** Waits in the machine's own time: skipping two weeks must not make a retry wait for them. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return this.#base.sleep(delayMs, signal);
  }

  advance(byMs: number): void {
    this.#offsetMs += byMs;
  }
}
