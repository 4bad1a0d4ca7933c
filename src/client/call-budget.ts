import { type Clock, systemClock } from "../runtime/index.ts";

/** What a budget remembers across a restart; plain data, safe as JSON. */
export interface CallBudgetSnapshot {
  /** When each call of the last window was made, ascending, in milliseconds since 1970. */
  readonly calls: readonly number[];
  /** Calls per window at this moment; below the configured limit after a 429. */
  readonly limit: number;
  /** No call before this moment, in milliseconds since 1970. */
  readonly blockedUntil: number;
  /** When the limit was last lowered or raised, in milliseconds since 1970. */
  readonly adaptedAt: number;
}

/**
 * Settings of a budget; the defaults are those of the connector's page: 100 calls in 60 seconds.
 */
export interface CallBudgetOptions {
  readonly clock?: Clock;
  /** The other side's ceiling, calls per window. Default 100. */
  readonly callsPerWindow?: number;
  /** Length of the sliding window in milliseconds. Default 60,000. */
  readonly windowMs?: number;
  /** The part of the ceiling that is used, above 0 and at most 1. Default 0.95. */
  readonly share?: number;
  /** What an earlier process left. Without it the window counts as unused. */
  readonly snapshot?: CallBudgetSnapshot;
}

/**
 * A sliding window of calls that adapts to 429.
 *
 * Invariant: no window holds more than `limit` calls, across restarts if the snapshot is kept. The
 * other side counts a call when it arrives, somewhere between sending and answer; so a call leaves
 * the window one window after its answer (`answered`), or after its sending if no answer is told. A
 * refused call counts as well: Partner Center charges immediate retries to the caller.
 */
export interface CallBudget {
  /**
   * Takes one call and answers 0, or takes none and answers the milliseconds to wait before asking
   * again.
   */
  tryTake(): number;
  /**
   * Resolves once a call has been taken, to the moment of taking, in the order of asking; rejects
   * with the signal's reason.
   */
  take(signal?: AbortSignal): Promise<number>;
  /**
   * Tells that the call taken at `takenAt` (milliseconds since 1970) has ended; it now counts from
   * this moment.
   */
  answered(takenAt: number): void;
  /**
   * Tells of a 429: nothing for `retryAfterMs` (default: until the window has passed), and a lower
   * limit.
   */
  throttled(retryAfterMs?: number): void;
  /**
   * Counts the whole window as used, as after a restore from a backup whose last calls are unknown.
   */
  spendWindow(): void;
  /** Calls that could be made right now. */
  readonly available: number;
  /** Calls per window at this moment. */
  readonly limit: number;
  snapshot(): CallBudgetSnapshot;
}

/** After a 429 this part of what was spent in the window is thought to be ours. */
const shareKept = 0.8;
/**
 * The limit never falls below this part of the configured one: we then share the quota with others.
 */
const smallestShare = 0.1;
/** A limit that was lowered grows by this part of the configured one, per quiet window. */
const shareRegained = 0.1;

interface Waiter {
  readonly resolve: (takenAt: number) => void;
}

/** Creates a budget; pure but for the clock it is given. */
export function createCallBudget(options: CallBudgetOptions = {}): CallBudget {
  const { clock = systemClock, callsPerWindow = 100, windowMs = 60_000, share = 0.95 } = options;
  const fullLimit = Math.max(1, Math.floor(callsPerWindow * share));
  const start = clock.now();
  const before = options.snapshot;
  // A clock that was set back leaves calls in the future: they count as made now, so the wait stays
  // within one window.
  let calls = (before?.calls ?? []).map((at) => Math.min(at, start)).slice(-callsPerWindow);
  let limit = Math.min(before?.limit ?? fullLimit, fullLimit);
  let blockedUntil = Math.min(before?.blockedUntil ?? 0, start + windowMs * 10);
  let adaptedAt = Math.min(before?.adaptedAt ?? start, start);

  function advance(now: number): void {
    let expired = 0;
    while (expired < calls.length && (calls[expired] ?? 0) + windowMs <= now) expired += 1;
    if (expired > 0) calls = calls.slice(expired);
    if (limit >= fullLimit) return;
    const quietWindows = Math.floor((now - Math.max(adaptedAt, blockedUntil)) / windowMs);
    if (quietWindows < 1) return;
    const gain = Math.max(1, Math.floor(fullLimit * shareRegained)) * quietWindows;
    limit = Math.min(fullLimit, limit + gain);
    adaptedAt = now;
  }

  function tryTake(): number {
    const now = clock.now();
    advance(now);
    if (now < blockedUntil) return blockedUntil - now;
    if (calls.length < limit) {
      calls.push(now);
      return 0;
    }
    return (calls[calls.length - limit] ?? now) + windowMs - now;
  }

  function throttled(retryAfterMs?: number): void {
    const now = clock.now();
    advance(now);
    blockedUntil = Math.max(blockedUntil, now + (retryAfterMs ?? windowMs));
    // From what was spent, not from the limit: calls that are refused together teach it once.
    const smallest = Math.max(1, Math.floor(fullLimit * smallestShare));
    limit = Math.max(smallest, Math.min(limit, Math.floor(calls.length * shareKept)));
    adaptedAt = now;
  }

  return {
    tryTake,
    take: inOrder(tryTake, clock),
    answered: (takenAt) => {
      const index = calls.indexOf(takenAt);
      if (index < 0) return;
      calls.splice(index, 1);
      calls.push(clock.now());
    },
    throttled,
    spendWindow: () => {
      calls = Array.from({ length: fullLimit }, () => clock.now());
    },
    get available() {
      const now = clock.now();
      advance(now);
      return now < blockedUntil ? 0 : Math.max(0, limit - calls.length);
    },
    get limit() {
      advance(clock.now());
      return limit;
    },
    snapshot: () => {
      advance(clock.now());
      return { calls: [...calls], limit, blockedUntil, adaptedAt };
    },
  };
}

/** Serves waiting callers first come, first served; sleeps only while somebody waits. */
function inOrder(tryTake: () => number, clock: Clock): CallBudget["take"] {
  const waiters: Waiter[] = [];
  let isServing = false;
  let sleeping: AbortController | undefined;

  async function serve(): Promise<void> {
    if (isServing) return;
    isServing = true;
    for (let first = waiters[0]; first !== undefined; first = waiters[0]) {
      const waitMs = tryTake();
      if (waitMs === 0) {
        waiters.shift();
        first.resolve(clock.now());
        continue;
      }
      sleeping = new AbortController();
      // Woken early when the last waiter has left: then there is nothing to serve.
      await clock.sleep(waitMs, sleeping.signal).catch(() => {});
    }
    sleeping = undefined;
    isServing = false;
  }

  return (signal) => {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (waiters.length === 0 && tryTake() === 0) return Promise.resolve(clock.now());
    return new Promise<number>((resolve, reject) => {
      const onAbort = (): void => {
        waiters.splice(waiters.indexOf(waiter), 1);
        if (waiters.length === 0) sleeping?.abort();
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        resolve: (takenAt) => {
          signal?.removeEventListener("abort", onAbort);
          resolve(takenAt);
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      waiters.push(waiter);
      void serve();
    });
  };
}
