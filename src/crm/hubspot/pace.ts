import type { Clock } from "../../runtime/index.ts";
import { CrmError } from "../port.ts";

/** So many calls may begin within any window. */
export interface PaceLimit {
  readonly calls: number;
  readonly windowMs: number;
}

/** Who waits longer than this is told so, and comes again. */
const longestWaitMs = 30_000;

/**
 * Lets calls begin no faster than a limit allows, in the order in which they came: to wait a moment
 * costs less than to be refused, which puts the whole deal off. A call counts until a window after
 * its answer, since when it is counted over there isn't known.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #limit: PaceLimit;
  #answered: number[] = [];
  #underWay = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(clock: Clock, limit: PaceLimit) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Makes a call when its turn has come. Errors: CrmError `throttled`, what the call throws. */
  async run<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const began = this.#clock.now();
    const turn = this.#turn.then(() => this.#free(began, signal));
    this.#turn = turn.catch(() => {});
    await turn;
    this.#underWay += 1;
    try {
      return await call();
    } finally {
      this.#underWay -= 1;
      this.#answered.push(this.#clock.now());
    }
  }

  async #free(began: number, signal: AbortSignal | undefined): Promise<void> {
    const { calls, windowMs } = this.#limit;
    for (;;) {
      signal?.throwIfAborted();
      const now = this.#clock.now();
      this.#answered = this.#answered.filter((at) => at > now - windowMs);
      if (this.#underWay + this.#answered.length < calls) return;
      if (now - began > longestWaitMs) {
        const retryAfterMs = windowMs;
        throw new CrmError("throttled", "too many calls wait for HubSpot's limit", {
          retryAfterMs,
        });
      }
      const [oldest] = this.#answered;
      const untilMs = oldest === undefined ? mostNapMs : oldest + windowMs - now;
      await this.#clock.sleep(Math.min(Math.max(1, untilMs), mostNapMs), signal);
    }
  }
}

/** Looked at anew now and then, as calls that are under way end at any time. */
const mostNapMs = 100;
