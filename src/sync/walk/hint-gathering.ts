import type { Clock } from "../../runtime/index.ts";
import type { EngineSettings } from "../settings.ts";

/** Settings of a gathering. */
export interface HintGatheringOptions {
  readonly clock: Clock;
  readonly settings: Pick<EngineSettings, "gatherHints" | "gatherMs" | "gatherLongestMs">;
  /** Begins a walk over the referrals; resolves when it has ended, well or not. */
  readonly walk: () => Promise<void>;
}

/**
 * Answers a burst of hints by one walk, which is cheaper than a read each. What it remembers only
 * saves calls: the ledger knows which pairs must be looked at.
 */
export class HintGathering {
  readonly #options: HintGatheringOptions;
  /** Pairs hinted at since the last walk began. */
  #waiting = new Set<string>();
  /** Pairs hinted at before the walk that is under way, which answers them. */
  #answered = new Set<string>();
  #walk: Promise<unknown> | undefined;
  #gathering: Promise<void> | undefined;

  constructor(options: HintGatheringOptions) {
    this.#options = options;
  }

  /**
   * A pair's referral may have changed: `mark` stores that, and tells whether it is news. Noted
   * before, because the pair is worked on as soon as it is stored.
   */
  async during(pairId: string, mark: () => Promise<boolean>): Promise<boolean> {
    const isKnown = this.#waiting.has(pairId);
    this.#waiting.add(pairId);
    let isNews = false;
    try {
      isNews = await mark();
    } finally {
      if (!isNews && !isKnown) this.#waiting.delete(pairId);
    }
    return isNews;
  }

  /** A walk over the referrals has begun: it answers every hint so far. */
  walkBegan(walk: Promise<unknown>): void {
    this.#answered = this.#waiting;
    this.#waiting = new Set();
    this.#walk = walk
      .catch(() => {})
      .finally(() => {
        this.#answered = new Set();
        this.#walk = undefined;
      });
  }

  /**
   * Resolves when a pair that was hinted at should be looked at, if that is still needed. A patient
   * caller waits a moment for company, and in a burst until it is over.
   */
  async beforeLook(pairId: string, isPatient: boolean, signal: AbortSignal): Promise<void> {
    if (isPatient && this.#waiting.has(pairId)) await this.#wait(signal);
    while (this.#waiting.has(pairId) && this.#waiting.size >= this.#options.settings.gatherHints) {
      this.#gathering ??= this.#gather(isPatient, signal).finally(() => {
        this.#gathering = undefined;
      });
      await this.#gathering;
    }
    this.#waiting.delete(pairId);
    if (this.#answered.has(pairId)) await this.#walk;
  }

  /** Waits for the end of a burst and for a walk that answers it. */
  async #gather(isPatient: boolean, signal: AbortSignal): Promise<void> {
    const { clock, settings, walk } = this.#options;
    const gathered = this.#waiting;
    const latest = clock.now() + settings.gatherLongestMs;
    // A walk that began before the last hint may have missed it.
    await this.#walk;
    for (let known = 0; isPatient && gathered.size > known && clock.now() < latest; ) {
      known = gathered.size;
      await this.#wait(signal);
      if (gathered !== this.#waiting) return;
    }
    await walk();
    // No walk could begin: then each reads for itself.
    if (gathered === this.#waiting) this.#waiting = new Set();
  }

  async #wait(signal: AbortSignal): Promise<void> {
    await this.#options.clock.sleep(this.#options.settings.gatherMs, signal).catch(() => {});
  }
}
