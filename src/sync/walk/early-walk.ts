import type { Clock } from "../../runtime/index.ts";

/** One for all, as an error of its own for each ask would cost more than the ask. */
const asked = new Error("a walk was asked for");

/**
 * Remembers that a walk was asked for sooner than its rhythm brings it. Any number of asks make one
 * walk, and walks that are asked for keep a distance: a flood of asks costs no more than a few
 * polls a minute.
 */
export class EarlyWalk {
  readonly #clock: Clock;
  readonly #gapMs: number;
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  #wake = new AbortController();

  constructor(clock: Clock, gapMs: number) {
    this.#clock = clock;
    this.#gapMs = gapMs;
  }

  /** What is to be found may be seen in `delayMs`. */
  ask(delayMs: number): void {
    const at = this.#clock.now() + delayMs;
    this.#first = Math.min(this.#first, at);
    this.#last = Math.max(this.#last, at);
    this.#wake.abort(asked);
  }

  /** A walk begins: it serves what was asked for until now. */
  begun(): void {
    const isServed = this.#last <= this.#clock.now();
    this.#first = isServed ? Number.POSITIVE_INFINITY : this.#last;
  }

  /** When the asked walk is due; never where none was asked for. */
  dueAt(walkedAt: number): number {
    return Math.max(this.#first, walkedAt + this.#gapMs);
  }

  /** Sleeps until the next ask, at most so long. */
  async rest(mostMs: number, signal: AbortSignal): Promise<void> {
    // An ask since the last rest has left its mark: then nobody sleeps.
    const wake = this.#wake;
    if (!wake.signal.aborted && !signal.aborted) {
      // The platform keeps a signal made of two for ever where neither aborts: one wakes the other.
      const end = (): void => wake.abort(signal.reason);
      signal.addEventListener("abort", end, { once: true });
      await this.#clock.sleep(mostMs, wake.signal).catch(() => {});
      signal.removeEventListener("abort", end);
    }
    this.#wake = new AbortController();
  }
}
