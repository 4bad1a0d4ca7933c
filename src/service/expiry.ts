import { actions, isExpired, type Referral, ReferralsError } from "../contract/index.ts";
import type { Clock, Log } from "../runtime/index.ts";
import type { Database } from "../storage/port.ts";
import type { Caller, Referrals } from "./referrals.ts";
import { microsoftOrganization } from "./rules/microsoft.ts";
import { millisecondsOf, stampOf } from "./stamps.ts";
import { nextExpiry, overdueReferrals } from "./store/referral-store.ts";

const batchSize = 200;
const longestIdleMs = 60_000;

/** What the expiry of unanswered referrals needs. */
export interface ExpiryOptions {
  readonly database: Database;
  readonly referrals: Referrals;
  readonly clock: Clock;
  readonly log: Log;
}

class AnsweredMeanwhile extends Error {}

/**
 * Closes referrals that nobody answered in time: by a timer, and before a call could see one that
 * is overdue.
 */
export class Expiry {
  readonly #options: ExpiryOptions;
  readonly #stopping = new AbortController();
  /** No unanswered referral expires before this moment. */
  #nextAtMs = Number.POSITIVE_INFINITY;
  #running: Promise<void> | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: ExpiryOptions) {
    this.#options = options;
  }

  /** True where a referral may be overdue; costs one comparison. */
  get isDue(): boolean {
    return this.#options.clock.now() >= this.#nextAtMs;
  }

  async start(): Promise<void> {
    await this.#learnNext();
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    await this.#running;
  }

  /** Tells of a referral that waits for an answer. */
  expect(expirationDateTime: string): void {
    this.#nextAtMs = Math.min(this.#nextAtMs, millisecondsOf(expirationDateTime));
  }

  /** Closes everything that is overdue; calls at the same time share one run. */
  runDue(): Promise<void> {
    this.#running ??= this.#closeOverdue().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Looks at the database anew: after a change that others made, or that was made in bulk. */
  async learn(): Promise<void> {
    await this.#learnNext();
    if (this.isDue) await this.runDue();
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const untilNextMs = Math.max(0, this.#nextAtMs - clock.now());
      try {
        await clock.sleep(Math.min(longestIdleMs, untilNextMs), signal);
        await this.learn();
      } catch (error) {
        if (!signal.aborted) log.error({ error: String(error) }, "expiry failed, will be retried");
      }
    }
  }

  async #learnNext(): Promise<void> {
    const next = await nextExpiry(this.#options.database);
    this.#nextAtMs = next === undefined ? Number.POSITIVE_INFINITY : millisecondsOf(next);
  }

  async #closeOverdue(): Promise<void> {
    const { database, clock } = this.#options;
    for (;;) {
      const rows = await overdueReferrals(database, stampOf(clock.now(), 9_999), batchSize);
      await Promise.all(rows.map((row) => this.#close(String(row.tenantId), String(row.id))));
      if (rows.length < batchSize) break;
    }
    await this.#learnNext();
  }

  async #close(tenantId: string, id: string): Promise<void> {
    const { referrals, clock } = this.#options;
    const caller: Caller = {
      scope: { tenantId },
      organization: microsoftOrganization,
      side: "microsoft",
    };
    const becomes = (before: Referral): Referral => {
      if (!isExpired(before, clock.now())) throw new AnsweredMeanwhile();
      return { ...before, ...actions.expire };
    };
    try {
      await referrals.change(caller, id, becomes);
    } catch (error) {
      const isGone = error instanceof ReferralsError && error.code === "itemNotFound";
      if (!(isGone || error instanceof AnsweredMeanwhile)) throw error;
    }
  }
}
