import type { Clock } from "../../runtime/index.ts";
import type { BudgetState, Ledger } from "../ledger/ledger-port.ts";
import { priorityRank } from "../ledger/ledger-queries.ts";
import type { Priority } from "../run/runner.ts";
import {
  advanced,
  afterThrottling,
  budgetAtStart,
  returnCall,
  takeCall,
  windowSpent,
} from "./budget-window.ts";

/** One call that may be made. */
export interface Permit {
  /** The call isn't needed any more. */
  giveBack(): Promise<void>;
  /**
   * The call is made now, perhaps a while after it was allowed: from now on it counts as made now.
   */
  use(): Promise<void>;
}

/** What the operator sees of the budget. */
export interface BudgetView {
  readonly limit: number;
  readonly blockedUntil: number;
  readonly usedByClass: Readonly<Partial<Record<Priority, number>>>;
}

/**
 * The calls of one connection to the referrals API, out of the budget that its tenant's connections
 * share.
 */
export interface CallBudget {
  /** Resolves when the call may be made; it is counted, durably, before this resolves. */
  take(priority: Priority, signal?: AbortSignal): Promise<Permit>;
  /** Tells of a 429. */
  throttled(retryAfterMs?: number): Promise<void>;
  /** No call for so long: the other side is down. */
  hold(forMs: number): Promise<void>;
  /** Counts the window as used up, as after a restore. */
  spendWindow(): Promise<void>;
  view(): Promise<BudgetView>;
}

/** Settings of a budget. */
export interface CallBudgetOptions {
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, "budget" | "swapBudget">;
  readonly quotaOwner: string;
  readonly connectionId: string;
  readonly callsPerMinute: number;
  /**
   * Aborted when the engine is stopped: who waits for a call then gives up, for nothing was sent.
   */
  readonly ending?: () => AbortSignal;
  /** Hears of each counted call before it is made, with the revision of the stored row. */
  readonly onCounted?: (revision: number) => Promise<void>;
}

/** A call made within so many milliseconds of its permit needs no new stamp. */
const punctualMs = 20;
/** How often a lost race for the row is run again before giving up. */
const mostRaces = 1_000;

/**
 * A budget in the ledger's row of the quota owner. Every change is one conditional statement on
 * that row, so any number of workers together keep the limit; the copy in memory only saves reads.
 */
export function createCallBudget(options: CallBudgetOptions): CallBudget {
  const { clock, ledger, quotaOwner, connectionId, callsPerMinute } = options;
  let known: BudgetState | undefined;
  let newest = 0;

  const current = async (): Promise<BudgetState> =>
    (await ledger.budget(quotaOwner)) ?? budgetAtStart(callsPerMinute, clock.now());

  async function change(next: (state: BudgetState) => BudgetState): Promise<void> {
    for (let race = 0; race < mostRaces; race += 1) {
      const state = known ?? (await current());
      const changed = next(state);
      if (changed === state) return;
      const stored = { ...changed, revision: state.revision + 1 };
      if (await ledger.swapBudget(quotaOwner, state.revision, stored)) {
        known = stored;
        newest = stored.revision;
        return;
      }
      known = undefined;
    }
    throw new Error(`the budget of ${quotaOwner} couldn't be stored in ${mostRaces} tries`);
  }

  async function tryTake(priority: Priority): Promise<{ waitMs: number; at: number }> {
    let outcome = { waitMs: 0, at: 0 };
    await change((state) => {
      const now = clock.now();
      const request = { priority, connection: connectionId, now, callsPerMinute };
      const answer = takeCall(state, request);
      outcome = { waitMs: answer.waitMs, at: now };
      const isNoted = answer.state.waiting !== state.waiting;
      return answer.waitMs === 0 || isNoted ? answer.state : state;
    });
    return outcome;
  }

  /** The last waiter of each class: callers of one class are served in the order of asking. */
  const lastInLine = new Map<Priority, Promise<unknown>>();

  async function takeInTurn(priority: Priority, signal: AbortSignal | undefined): Promise<Permit> {
    for (;;) {
      signal?.throwIfAborted();
      const { waitMs, at } = await tryTake(priority);
      if (waitMs === 0) {
        await options.onCounted?.(newest);
        const call = [at, priority, connectionId] as const;
        return {
          giveBack: () => change((state) => returnCall(state, call)),
          use: async () => {
            if (clock.now() - at < punctualMs) return;
            const made = [clock.now(), priority, connectionId] as const;
            await change((state) => {
              const { calls, ...rest } = returnCall(state, call);
              return { ...rest, calls: [...calls, made].sort(([left], [right]) => left - right) };
            });
            await options.onCounted?.(newest);
          },
        };
      }
      // The copy may be old by then, and a more urgent class asks first.
      known = undefined;
      await clock.sleep(waitMs + priorityRank[priority], signal);
    }
  }

  return {
    take: (priority, signal = options.ending?.()) => {
      const before = lastInLine.get(priority) ?? Promise.resolve();
      const turn = before.then(() => takeInTurn(priority, signal));
      const done = turn.catch(() => {});
      lastInLine.set(priority, done);
      void done.then(() => {
        if (lastInLine.get(priority) === done) lastInLine.delete(priority);
      });
      return turn;
    },
    throttled: (retryAfterMs) =>
      change((state) => afterThrottling(state, clock.now(), callsPerMinute, retryAfterMs)),
    hold: (forMs) =>
      change((state) => ({
        ...state,
        blockedUntil: Math.max(state.blockedUntil, clock.now() + forMs),
      })),
    spendWindow: () =>
      change((state) => windowSpent(advanced(state, clock.now(), callsPerMinute), clock.now())),
    view: async () => {
      const state = advanced(await current(), clock.now(), callsPerMinute);
      const usedByClass: Partial<Record<Priority, number>> = {};
      for (const [, priority] of state.calls) {
        usedByClass[priority] = (usedByClass[priority] ?? 0) + 1;
      }
      return { limit: state.limit, blockedUntil: state.blockedUntil, usedByClass };
    },
  };
}
