import type { BudgetState } from "../ledger/ledger-port.ts";
import type { Priority } from "../run/runner.ts";

/** The window in which calls are counted. */
export const windowMs = 60_000;

/**
 * The part of the ceiling that is used; the rest covers calls that the other side counts later than
 * we do.
 */
const usedShare = 0.95;

/** The ceiling of one connection to Partner Center: 100 calls in 60 s. */
const usualCallsPerMinute = 100;

/**
 * Calls in each window that no other class can take, under the usual ceiling; under a lower one
 * fewer, in proportion, but one of each. What is reserved here and left unused is lost to the
 * others, so the numbers are small: a burst of one class gets 95 less the other classes' minima.
 */
export const guaranteedCalls: Readonly<Record<Priority, number>> = {
  interactive: 6,
  expiring: 2,
  outbound: 12,
  read: 6,
  poll: 4,
  backfill: 2,
  audit: 1,
};

/** After a 429 this part of what was spent is thought to be ours. */
const keptShare = 0.8;
/** A lowered limit grows by this part of the full one per quiet window. */
const regainedShare = 0.1;
/** Below this the limit isn't lowered: somebody must notice that it has recovered. */
const leastLimit = 5;
/** Without Retry-After, a 429 stops all calls for so long. */
const defaultBlockMs = 10_000;
/** How long a connection steps back for another one before it asks again. */
const stepBackMs = 500;
/** A connection that waits counts as waiting until a little after it wants to ask again. */
const lateMs = 1_000;

/** Who asks for a call. */
export interface BudgetRequest {
  readonly priority: Priority;
  readonly connection: string;
  readonly now: number;
  readonly callsPerMinute: number;
}

/**
 * The call is taken, or how long to wait before asking again. In both cases the state may have
 * changed.
 */
export interface BudgetAnswer {
  readonly waitMs: number;
  readonly state: BudgetState;
}

/** The most calls that are made in a window while the other side doesn't complain. */
export const fullLimit = (callsPerMinute: number): number =>
  Math.max(1, Math.floor(callsPerMinute * usedShare));

/** The budget before the first call. */
export function budgetAtStart(callsPerMinute: number, now: number): BudgetState {
  const limit = fullLimit(callsPerMinute);
  return { revision: 0, calls: [], limit, blockedUntil: 0, adaptedAt: now, waiting: {} };
}

/** Forgets calls that have left the window and lets a lowered limit grow. */
export function advanced(state: BudgetState, now: number, callsPerMinute: number): BudgetState {
  // A clock that was set back leaves calls in the future: they count as made now, so a wait never
  // exceeds one window.
  const calls = state.calls.some(([at]) => at <= now - windowMs || at > now)
    ? state.calls
        .filter(([at]) => at > now - windowMs)
        .map((call) => (call[0] > now ? ([now, call[1], call[2]] as const) : call))
    : state.calls;
  const full = fullLimit(callsPerMinute);
  const blockedUntil = Math.min(state.blockedUntil, now + 10 * windowMs);
  const quietWindows = Math.floor((now - Math.max(state.adaptedAt, blockedUntil)) / windowMs);
  // A ceiling that was lowered in the settings holds at once.
  if (state.limit >= full) return { ...state, calls, blockedUntil, limit: full };
  if (quietWindows < 1) return { ...state, calls, blockedUntil };
  const gain = Math.max(1, Math.floor(full * regainedShare)) * quietWindows;
  return {
    ...state,
    calls,
    blockedUntil,
    limit: Math.min(full, state.limit + gain),
    adaptedAt: now,
  };
}

/**
 * Takes one call if the window has room for its class and connection. Pure.
 *
 * Invariant: no window of 60 s holds more than `limit` calls. Each class is sure of its guaranteed
 * calls, whatever the others do; beyond them, what is free and not guaranteed to another class goes
 * to whoever asks first, connections that have waited before those that have had more than their
 * share.
 */
export function takeCall(before: BudgetState, request: BudgetRequest): BudgetAnswer {
  const { priority, connection, now, callsPerMinute } = request;
  const state = advanced(before, now, callsPerMinute);
  const { calls, limit } = state;
  if (now < state.blockedUntil) return { waitMs: state.blockedUntil - now, state };
  const expiry = (index: number): number =>
    Math.max(1, (calls[index]?.[0] ?? now) + windowMs - now);
  if (calls.length >= limit) return waiting(state, request, expiry(calls.length - limit));
  if (!hasRoomFor(state, priority)) return waiting(state, request, expiry(0));
  if (priority !== "interactive" && mustLetOthersGo(state, request)) {
    return { waitMs: stepBackMs, state };
  }
  const { [connection]: _served, ...others } = state.waiting;
  const next = { ...state, calls: [...calls, [now, priority, connection] as const] };
  return { waitMs: 0, state: { ...next, waiting: others } };
}

function hasRoomFor(state: BudgetState, priority: Priority): boolean {
  const used: Partial<Record<Priority, number>> = {};
  for (const [, other] of state.calls) used[other] = (used[other] ?? 0) + 1;
  const scale = Math.min(1, state.limit / fullLimit(usualCallsPerMinute));
  const classes = Object.keys(guaranteedCalls) as Priority[];
  // As long as there is one for each: no class waits for ever while others are busy.
  const least = state.limit > classes.length ? 1 : 0;
  const guaranteed = (one: Priority): number =>
    Math.max(least, Math.floor(guaranteedCalls[one] * scale));
  if ((used[priority] ?? 0) < guaranteed(priority)) return true;
  let reserved = 0;
  for (const other of classes) {
    if (other !== priority) reserved += Math.max(0, guaranteed(other) - (used[other] ?? 0));
  }
  return state.limit - state.calls.length > reserved;
}

/**
 * A connection that has had its share of the window steps back while one that hasn't is waiting.
 */
function mustLetOthersGo(state: BudgetState, { connection, now }: BudgetRequest): boolean {
  const others = Object.entries(state.waiting).filter(
    ([other, until]) => other !== connection && until > now,
  );
  if (others.length === 0) return false;
  const usedBy = (one: string): number => state.calls.filter((call) => call[2] === one).length;
  const share = state.limit / (others.length + 1);
  return usedBy(connection) >= share && others.some(([other]) => usedBy(other) < share);
}

function waiting(
  state: BudgetState,
  { connection, now }: BudgetRequest,
  waitMs: number,
): BudgetAnswer {
  const until = now + waitMs + lateMs;
  if ((state.waiting[connection] ?? 0) >= until) return { waitMs, state };
  const current = Object.entries(state.waiting).filter(([, end]) => end > now);
  return {
    waitMs,
    state: { ...state, waiting: { ...Object.fromEntries(current), [connection]: until } },
  };
}

/** Takes back a call that wasn't made after all. */
export function returnCall(
  state: BudgetState,
  call: readonly [number, Priority, string],
): BudgetState {
  const index = state.calls.findLastIndex(
    ([at, priority, connection]) =>
      at === call[0] && priority === call[1] && connection === call[2],
  );
  if (index < 0) return state;
  return { ...state, calls: state.calls.toSpliced(index, 1) };
}

/** Learns from a 429: nothing for `retryAfterMs`, and fewer calls afterwards. */
export function afterThrottling(
  before: BudgetState,
  now: number,
  callsPerMinute: number,
  retryAfterMs: number | undefined,
): BudgetState {
  const state = advanced(before, now, callsPerMinute);
  const blockedUntil = Math.max(state.blockedUntil, now + (retryAfterMs ?? defaultBlockMs));
  // Calls that were under way together are refused together: one lesson, learnt once.
  if (now < state.blockedUntil) return { ...state, blockedUntil };
  const kept = Math.floor(Math.min(state.limit, state.calls.length) * keptShare);
  return { ...state, blockedUntil, limit: Math.max(leastLimit, kept), adaptedAt: now };
}

/** Counts the whole window as used: after a restore nobody knows which calls were made. */
export function windowSpent(state: BudgetState, now: number): BudgetState {
  return {
    ...state,
    calls: Array.from({ length: state.limit }, () => [now, "audit", ""] as const),
  };
}
