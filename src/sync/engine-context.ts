import type { ReferralsPort } from "../client/port.ts";
import type { Mapping } from "../crm/mapping-port.ts";
import type { CrmAdapter } from "../crm/port.ts";
import type { Clock, Log, Random } from "../runtime/index.ts";
import type { CallBudget } from "./budget/call-budget.ts";
import type { EngineRules } from "./core/rules.ts";
import type { EngineEvent } from "./engine-port.ts";
import {
  type ConnectionState,
  type HistoryEntry,
  type InboxItem,
  type Ledger,
  type LedgerChange,
  LedgerConflict,
} from "./ledger/ledger-port.ts";
import type { Pair } from "./pair/pair.ts";
import { stateOf } from "./pair/pair-state.ts";
import type { Projection } from "./pair/projection.ts";
import type { EngineSettings } from "./settings.ts";

/** What a step of the engine works with. */
export interface EngineContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly ledger: Ledger;
  readonly referrals: ReferralsPort;
  readonly crm: CrmAdapter;
  readonly mapping: Mapping;
  readonly projection: Projection;
  readonly settings: EngineSettings;
  readonly rules: EngineRules;
  readonly budget: CallBudget;
  /** One walk over a side's changes; callers at the same time share it. */
  readonly walkCrm: () => Promise<unknown>;
  readonly walkReferrals: () => Promise<unknown>;
  /** Walks on where the last walk over referrals may have left something behind its back. */
  readonly closeReferralWalk: () => Promise<unknown>;
  /** Tells the witness outside the database how far the ledger has come. */
  readonly bearWitness: () => Promise<void>;
  /** Tells the followers of a commit; one that makes a pair due wakes the runner as well. */
  readonly emit: (event: EngineEvent, isDue: boolean) => void;
}

/** A line of history before the ledger numbers it. */
export type NewHistory = Omit<HistoryEntry, "sequence">;

/** A pair as it shall be stored, with what happened to it. */
export interface PairChange {
  readonly pair: Pair;
  readonly history: readonly NewHistory[];
  readonly inbox: readonly InboxItem[];
}

/** Whether writes are allowed at all: approved, and not paused as a whole. */
export function mayWrite({ settings }: EngineContext, connection: ConnectionState): boolean {
  const isApproved = settings.isApproved || connection.awaitsApproval === undefined;
  return isApproved && !connection.paused;
}

/**
 * Whether each side was walked over since the epoch began: before that, nobody knows which referral
 * belongs to which deal.
 */
export function isWalked({ referralCursor, crmCursor, epochAt = 1 }: ConnectionState): boolean {
  return referralCursor.walkedAt >= epochAt && crmCursor.walkedAt >= epochAt;
}

/** A change of a pair that has nothing to tell. */
export function quietly(pair: Pair): PairChange {
  return { pair, history: [], inbox: [] };
}

/** How often a commit that another worker overtook is worked out anew. */
export const mostOvertakings = 20;

/** Stores a change with each pair's state, and tells the followers. */
export async function commit(context: EngineContext, change: LedgerChange): Promise<void> {
  const pairs = change.pairs?.map((pair) => ({ ...pair, state: stateOf(pair) }));
  await context.ledger.commit(pairs ? { ...change, pairs } : change);
  const history = change.history ?? [];
  const event = {
    at: context.clock.now(),
    pairIds: [...(change.pairs ?? []), ...(change.removed ?? [])].map(({ id }) => id),
    kinds: history.map(({ kind }) => kind),
    isForPeople: (change.inbox ?? []).length > 0,
  };
  context.emit(event, pairs?.some(({ due }) => due !== undefined) ?? false);
}

/** Applies a pure change to the connection as it is now, again where a walk was faster. */
export async function updateConnection(
  context: EngineContext,
  change: (connection: ConnectionState) => Pick<LedgerChange, "connection" | "inbox">,
): Promise<void> {
  for (let overtaken = 0; overtaken < mostOvertakings; overtaken += 1) {
    try {
      return await commit(context, change(await context.ledger.connection()));
    } catch (error) {
      if (!(error instanceof LedgerConflict)) throw error;
    }
  }
  throw new LedgerConflict();
}

/** Stores one pair's change and returns the pair as it is now in the ledger. */
export async function commitPair(context: EngineContext, change: PairChange): Promise<Pair> {
  await commit(context, { pairs: [change.pair], history: change.history, inbox: change.inbox });
  return { ...change.pair, state: stateOf(change.pair), revision: change.pair.revision + 1 };
}

/**
 * Stores a pair with what is about to be sent. Once it resolves, no database that has forgotten it
 * can go unnoticed.
 */
export async function commitSending(context: EngineContext, change: PairChange): Promise<Pair> {
  const { history, inbox } = change;
  // What is sent was allowed: the pair waits for nobody.
  const pair = { ...change.pair, waits: undefined };
  await commit(context, { pairs: [pair], history, inbox, isSending: true });
  await context.bearWitness();
  return { ...pair, state: stateOf(pair), revision: pair.revision + 1 };
}

/**
 * Applies a pure change to the pair as it is now, again where another worker was faster. Resolves
 * to the stored pair, or to undefined where the pair has gone.
 */
export async function updatePair(
  context: EngineContext,
  pairId: string,
  change: (pair: Pair) => PairChange | undefined,
): Promise<Pair | undefined> {
  for (let overtaken = 0; overtaken < mostOvertakings; overtaken += 1) {
    const pair = await context.ledger.pair(pairId);
    const changed = pair && change(pair);
    if (!changed) return pair;
    try {
      return await commitPair(context, changed);
    } catch (error) {
      if (!(error instanceof LedgerConflict)) throw error;
    }
  }
  throw new LedgerConflict();
}
