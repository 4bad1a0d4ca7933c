import type { FieldPolicy } from "../../crm/mapping-port.ts";
import type { CrmValue } from "../../crm/port.ts";
import type { Pair, PairState, Side } from "../pair/pair.ts";
import type { Priority } from "../run/runner.ts";

/** Where the next walk over referrals begins. All stamps are the server's own. */
export interface ReferralCursor {
  /** The newest updatedDateTime of the last whole walk; the empty string before the first. */
  readonly stamp: string;
  /** Our clock when the last whole walk began, in milliseconds; 0 before the first. */
  readonly walkedAt: number;
  /**
   * Nothing can have slipped through between the pages of the walks so far: the last one was one
   * answer, or a closing walk met nothing newer than the stamp.
   */
  readonly isClosed?: boolean;
  /** The last walk that went back as far as a list may lag. */
  readonly far?: FarWalk | undefined;
}

/** A walk that went back over the whole overlap. */
export interface FarWalk {
  /** Our clock when it began, in milliseconds. */
  readonly at: number;
  /** The newest updatedDateTime known after it. */
  readonly stamp: string;
  /**
   * Nothing was newer than after the far walk before it: what is that old has shown itself by now,
   * however late lists are.
   */
  readonly isAtRest: boolean;
}

/** Where the next walk over the CRM begins. */
export interface CrmCursor {
  readonly watermark: string;
  /** The newest modification stamp that a walk has shown, by the CRM's own clock. */
  readonly newest?: string;
  readonly walkedAt: number;
}

/** What belongs to the connection as a whole. One row. */
export interface ConnectionState {
  /** How often it was stored. */
  readonly revision: number;
  /** How many writes to the outside were ever begun. The ledger counts them, see `isSending`. */
  readonly sends: number;
  readonly epoch: number;
  /** Our clock when a restore began the epoch; absent in the first one. */
  readonly epochAt?: number;
  readonly referralCursor: ReferralCursor;
  readonly crmCursor: CrmCursor;
  readonly auditedAt: number;
  /** Why writes wait for a person; absent once approved. */
  readonly awaitsApproval?: "first-run" | "restored" | undefined;
  readonly paused?: true | undefined;
  /** Set when the deletion brake has stopped deletions; a person releases it. */
  readonly brakeSince?: number | undefined;
  /** Our clock at each recent confirmed deletion. */
  readonly deletions: readonly number[];
  /** "Always prefer this side for this field", by field. */
  readonly policies: Readonly<Record<string, FieldPolicy>>;
  /** Differences that only the audit found, since the start of the ledger. */
  readonly drift: number;
}

/** What happened, in the order in which it happened. */
export type HistoryKind =
  | "seen"
  | "linked"
  | "created"
  | "wrote"
  | "agreed"
  | "conflict"
  | "resolved"
  | "edited"
  | "refused"
  | "undone"
  | "paused"
  | "resumed"
  | "problem"
  | "deleted"
  | "unlinked"
  | "restored"
  | "approved";

/** What happened to one field. For `agreed`, `referral` and `crm` are the shadows from then on. */
export interface HistoryField {
  readonly field: string;
  readonly referral?: CrmValue;
  readonly crm?: CrmValue;
  readonly from?: CrmValue;
  readonly to?: CrmValue;
}

/** One line of a pair's history. Never changed, never removed. */
export interface HistoryEntry {
  readonly sequence: number;
  readonly pairId: string;
  readonly at: number;
  readonly kind: HistoryKind;
  /** The side that was read or written. */
  readonly side?: Side;
  readonly fields?: readonly HistoryField[];
  /** Who did it, where known; the engine itself is absent. */
  readonly by?: string;
  readonly note?: string;
  readonly correlationId?: string;
}

/** What a person is asked. */
export type InboxKind =
  | "conflict"
  | "match"
  | "double"
  | "breaker"
  | "stale"
  | "brake"
  | "approval";

/**
 * One open or answered question. Its id follows from what it asks, so the same question is never
 * asked twice at a time.
 */
export interface InboxItem {
  readonly id: string;
  readonly kind: InboxKind;
  readonly pairId?: string;
  readonly field?: string;
  readonly openedAt: number;
  readonly sentence: string;
  readonly referral?: CrmValue;
  readonly crm?: CrmValue;
  readonly agreedReferral?: CrmValue;
  readonly agreedCrm?: CrmValue;
  /** Pairs that could be meant (match), or referrals that are too many (double). */
  readonly candidates?: readonly string[];
  readonly proposal?: string;
  readonly resolvedAt?: number;
  readonly resolution?: string;
  readonly resolvedBy?: string;
}

/** Changes that are stored together or not at all. */
export interface LedgerChange {
  readonly pairs?: readonly Pair[];
  readonly removed?: readonly Pair[];
  readonly connection?: ConnectionState;
  readonly history?: readonly Omit<HistoryEntry, "sequence">[];
  readonly inbox?: readonly InboxItem[];
  /**
   * What is stored is about to be sent: the ledger counts it in the connection's `sends`, so that a
   * backup from before can be told from one that knows of it.
   */
  readonly isSending?: true;
}

/** A pair that should be reconciled. */
export interface DuePair {
  readonly pairId: string;
  readonly at: number;
  readonly priority: Priority;
}

/** Which pairs to list, by id. */
export interface PairQuery {
  readonly states?: readonly PairState[];
  /** Words that occur in the pair's names or ids. */
  readonly text?: string;
  readonly after?: string;
  readonly limit: number;
}

/** Which questions to list, oldest first. */
export interface InboxQuery {
  readonly kinds?: readonly InboxKind[];
  readonly pairId?: string;
  readonly isOpen?: boolean;
  readonly after?: string;
  readonly limit: number;
}

/** What a quota owner's window holds; plain data, changed as a whole. */
export interface BudgetState {
  readonly revision: number;
  /** One entry per call of the last window: milliseconds, class, connection. */
  readonly calls: readonly (readonly [number, Priority, string])[];
  /** Calls per window at this moment; below the ceiling after a 429. */
  readonly limit: number;
  readonly blockedUntil: number;
  readonly adaptedAt: number;
  /** Until when a connection that had to wait counts as waiting, for fairness. */
  readonly waiting: Readonly<Record<string, number>>;
}

/** Another worker stored the row first: read again and apply the change to what is there now. */
export class LedgerConflict extends Error {
  constructor() {
    super("the row was changed by another worker; read it again");
    this.name = "LedgerConflict";
  }
}

/**
 * The engine's memory of one connection.
 *
 * Guarantees: `commit` stores everything or nothing and, once resolved, survives a kill -9; it
 * rejects with LedgerConflict where a pair or the connection is no longer at the revision it was
 * read with, or where another pair already has the referral or the record. History is append-only
 * and numbered in commit order. What is returned is immutable. Cost of `due` and `nextDueAt`
 * doesn't grow with the number of pairs at rest.
 */
export interface Ledger {
  connection(): Promise<ConnectionState>;
  pair(pairId: string): Promise<Pair | undefined>;
  pairsByReferral(referralIds: readonly string[]): Promise<ReadonlyMap<string, Pair>>;
  pairsByRecord(recordIds: readonly string[]): Promise<ReadonlyMap<string, Pair>>;
  pairsOfEngagement(engagementId: string): Promise<readonly Pair[]>;
  pairsByMatchKey(matchKey: string): Promise<readonly Pair[]>;
  /** Pairs that name this id as their other side and aren't linked to it. */
  pairsByClaim(id: string): Promise<readonly Pair[]>;
  pairs(query: PairQuery): Promise<readonly Pair[]>;
  /** How often each pair was stored, by id: enough to find out what a follower missed. */
  pairRevisions(query: {
    readonly after: string;
    readonly limit: number;
  }): Promise<readonly { readonly pairId: string; readonly revision: number }[]>;
  countByState(): Promise<Readonly<Partial<Record<PairState, number>>>>;
  /** Pairs due at `now`, the most urgent class first, the longest due first within it. */
  due(now: number, limit: number): Promise<readonly DuePair[]>;
  /** When the next pair falls due; undefined where none waits. */
  nextDueAt(): Promise<number | undefined>;
  history(pairId: string, options?: { readonly after?: number }): Promise<readonly HistoryEntry[]>;
  historyEntry(sequence: number): Promise<HistoryEntry | undefined>;
  /** All pairs' history after a sequence number, for followers. */
  historySince(sequence: number, limit: number): Promise<readonly HistoryEntry[]>;
  /** The last lines of all pairs' history, oldest first. */
  newestHistory(limit: number): Promise<readonly HistoryEntry[]>;
  inbox(query: InboxQuery): Promise<readonly InboxItem[]>;
  inboxItem(itemId: string): Promise<InboxItem | undefined>;
  commit(change: LedgerChange): Promise<void>;
  budget(quotaOwner: string): Promise<BudgetState | undefined>;
  /**
   * Stores the state in one statement if the stored revision is still `expected` (0: none stored);
   * false where it isn't.
   */
  swapBudget(quotaOwner: string, expected: number, state: BudgetState): Promise<boolean>;
}
