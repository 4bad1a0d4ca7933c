import { priorityRank } from "../ledger/ledger-queries.ts";
import type { Priority } from "../run/runner.ts";
import type { Pair, PairState } from "./pair.ts";

/** The state that a pair's row says it is in: the first of these that holds. */
export function stateOf(pair: Pair): PairState {
  return endState(pair) ?? blockedState(pair) ?? activeState(pair) ?? restState(pair);
}

function endState(pair: Pair): PairState | undefined {
  if (pair.role === "sibling") return "sibling";
  if (pair.ended) return "unlinked";
  if (pair.paused) return "paused";
  if (pair.problem && pair.problem.retryAt === undefined) return "dead";
  return pair.referral && pair.crm?.presence === "deleted" ? "deleted" : undefined;
}

function blockedState(pair: Pair): PairState | undefined {
  if (pair.asks) return pair.role === "double" || pair.crm ? "asking" : "matching";
  if (pair.problem) return "retrying";
  return pair.waits ? "waiting" : undefined;
}

function activeState(pair: Pair): PairState | undefined {
  if (pair.creation) return pair.creation.probeAt === undefined ? "creating-referral" : "probing";
  if (pair.attempt?.side === "referral") return "writing-referral";
  if (pair.attempt) return pair.crm ? "writing-crm" : "creating-deal";
  if (pair.look.referral || pair.look.crm) return "looking";
  if (!pair.crm) return "matching";
  if (!pair.referral) return stateOfDealAlone(pair);
  return pair.invitation && pair.invitation !== "done" ? "inviting-microsoft" : undefined;
}

/** A deal that is to be shared, but lacks what a referral needs, waits for a person. */
function stateOfDealAlone({ due, refusals }: Pair): PairState {
  if (due) return "planning";
  return refusals.length > 0 ? "refusing" : "unshared";
}

function restState(pair: Pair): PairState {
  if (pair.due) return "planning";
  for (const { reason } of Object.values(pair.parked)) {
    if (reason === "conflict" || reason === "breaker") return "asking";
  }
  if (pair.isHeld) return "held";
  return pair.refusals.length > 0 ? "refusing" : "in-step";
}

/**
 * A pair with nothing more to do by itself: not due, and nothing left to be tried again. A dead
 * letter stays one.
 */
export function atRest(pair: Pair): Pair {
  const isDead = pair.problem !== undefined && pair.problem.retryAt === undefined;
  return { ...pair, due: undefined, problem: isDead ? pair.problem : undefined };
}

/** Due at the earlier moment and in the more urgent class of the two. */
export function dueSooner(due: Pair["due"], at: number, priority: Priority): Pair["due"] {
  if (!due) return { at, priority };
  return {
    at: Math.min(due.at, at),
    priority: priorityRank[due.priority] < priorityRank[priority] ? due.priority : priority,
  };
}
