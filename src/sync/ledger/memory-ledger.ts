import type { Pair, PairState } from "../pair/pair.ts";
import {
  type BudgetState,
  type ConnectionState,
  type DuePair,
  type HistoryEntry,
  type InboxItem,
  type InboxQuery,
  type Ledger,
  type LedgerChange,
  LedgerConflict,
  type PairQuery,
} from "./ledger-port.ts";
import { connectionAtStart, matchesInbox, matchesPairs, priorityRank } from "./ledger-queries.ts";

/** Everything that a memory ledger holds; immutable parts are shared, not copied. */
export interface LedgerSnapshot {
  readonly connection: ConnectionState;
  readonly pairs: readonly Pair[];
  readonly history: readonly HistoryEntry[];
  readonly inbox: readonly InboxItem[];
  readonly budgets: readonly (readonly [string, BudgetState])[];
}

/** A ledger in memory that can be copied and restored. */
export interface MemoryLedger extends Ledger {
  /** A backup: later changes don't show in it. */
  snapshot(): LedgerSnapshot;
}

/** Pair ids by one of their properties. */
class PairIndex {
  readonly #ids = new Map<string, Set<string>>();
  readonly #keyOf: (pair: Pair) => string | undefined;

  constructor(keyOf: (pair: Pair) => string | undefined) {
    this.#keyOf = keyOf;
  }

  replace(old: Pair | undefined, pair: Pair | undefined): void {
    const before = old && this.#keyOf(old);
    const after = pair && this.#keyOf(pair);
    if (before === after) return;
    if (before !== undefined && old) this.#ids.get(before)?.delete(old.id);
    if (after === undefined || !pair) return;
    const ids = this.#ids.get(after);
    if (ids) ids.add(pair.id);
    else this.#ids.set(after, new Set([pair.id]));
  }

  get(key: string): Iterable<string> {
    return this.#ids.get(key) ?? [];
  }
}

/**
 * The ledger that tests, simulations and rehearsals run on; it forgets everything with the process.
 */
export function createMemoryLedger(from?: LedgerSnapshot): MemoryLedger {
  return new InMemoryLedger(from);
}

class InMemoryLedger implements MemoryLedger {
  readonly #pairs = new Map<string, Pair>();
  readonly #byReferral = new PairIndex((pair) => pair.referral?.id);
  readonly #byRecord = new PairIndex((pair) => pair.crm?.id);
  readonly #byEngagement = new PairIndex((pair) => pair.engagementId);
  readonly #byMatchKey = new PairIndex((pair) => pair.matchKey);
  readonly #byClaim = new PairIndex((pair) => pair.claim);
  readonly #due = new Map<string, Pair>();
  readonly #inbox = new Map<string, InboxItem>();
  readonly #budgets: Map<string, BudgetState>;
  readonly #history: HistoryEntry[];
  readonly #historyOf = new Map<string, HistoryEntry[]>();
  #connection: ConnectionState;

  constructor(from?: LedgerSnapshot) {
    this.#connection = from?.connection ?? connectionAtStart;
    this.#budgets = new Map(from?.budgets);
    this.#history = [...(from?.history ?? [])];
    for (const entry of this.#history) this.#fileUnderPair(entry);
    for (const pair of from?.pairs ?? []) this.#replace(undefined, pair);
    for (const item of from?.inbox ?? []) this.#inbox.set(item.id, item);
  }

  snapshot(): LedgerSnapshot {
    return {
      connection: this.#connection,
      pairs: [...this.#pairs.values()],
      history: [...this.#history],
      inbox: [...this.#inbox.values()],
      budgets: [...this.#budgets],
    };
  }

  async connection(): Promise<ConnectionState> {
    return this.#connection;
  }

  async pair(pairId: string): Promise<Pair | undefined> {
    return this.#pairs.get(pairId);
  }

  async pairsByReferral(referralIds: readonly string[]): Promise<ReadonlyMap<string, Pair>> {
    return this.#firstOf(this.#byReferral, referralIds);
  }

  async pairsByRecord(recordIds: readonly string[]): Promise<ReadonlyMap<string, Pair>> {
    return this.#firstOf(this.#byRecord, recordIds);
  }

  async pairsOfEngagement(engagementId: string): Promise<readonly Pair[]> {
    return this.#allOf(this.#byEngagement, engagementId);
  }

  async pairsByMatchKey(matchKey: string): Promise<readonly Pair[]> {
    return this.#allOf(this.#byMatchKey, matchKey);
  }

  async pairsByClaim(id: string): Promise<readonly Pair[]> {
    return this.#allOf(this.#byClaim, id);
  }

  async pairs(query: PairQuery): Promise<readonly Pair[]> {
    const found = [...this.#pairs.values()].filter((pair) => matchesPairs(pair, query));
    found.sort((left, right) => (left.id < right.id ? -1 : 1));
    return found.slice(0, query.limit);
  }

  async pairRevisions({ after, limit }: { readonly after: string; readonly limit: number }) {
    const pairs = await this.pairs({ after, limit });
    return pairs.map(({ id, revision }) => ({ pairId: id, revision }));
  }

  async countByState(): Promise<Readonly<Partial<Record<PairState, number>>>> {
    const counts: Partial<Record<PairState, number>> = {};
    for (const { state } of this.#pairs.values()) counts[state] = (counts[state] ?? 0) + 1;
    return counts;
  }

  async due(now: number, limit: number): Promise<readonly DuePair[]> {
    const found: DuePair[] = [];
    for (const { id, due } of this.#due.values()) {
      if (due && due.at <= now) found.push({ pairId: id, ...due });
    }
    found.sort(
      (left, right) =>
        priorityRank[left.priority] - priorityRank[right.priority] || left.at - right.at,
    );
    return found.slice(0, limit);
  }

  async nextDueAt(): Promise<number | undefined> {
    let next: number | undefined;
    for (const { due } of this.#due.values()) {
      if (due && (next === undefined || due.at < next)) next = due.at;
    }
    return next;
  }

  async history(
    pairId: string,
    options: { readonly after?: number } = {},
  ): Promise<readonly HistoryEntry[]> {
    const { after = 0 } = options;
    return (this.#historyOf.get(pairId) ?? []).filter((entry) => entry.sequence > after);
  }

  async historyEntry(sequence: number): Promise<HistoryEntry | undefined> {
    return this.#history[sequence - 1];
  }

  async historySince(sequence: number, limit: number): Promise<readonly HistoryEntry[]> {
    return this.#history.slice(sequence, sequence + limit);
  }

  async newestHistory(limit: number): Promise<readonly HistoryEntry[]> {
    return this.#history.slice(Math.max(0, this.#history.length - limit));
  }

  async inbox(query: InboxQuery): Promise<readonly InboxItem[]> {
    const found = [...this.#inbox.values()].filter((item) => matchesInbox(item, query));
    found.sort((left, right) => left.openedAt - right.openedAt || (left.id < right.id ? -1 : 1));
    const start = query.after ? found.findIndex((item) => item.id === query.after) + 1 : 0;
    return found.slice(start, start + query.limit);
  }

  async inboxItem(itemId: string): Promise<InboxItem | undefined> {
    return this.#inbox.get(itemId);
  }

  async commit(change: LedgerChange): Promise<void> {
    this.#check(change);
    for (const pair of change.removed ?? []) this.#replace(pair, undefined);
    for (const pair of change.pairs ?? []) {
      this.#replace(this.#pairs.get(pair.id), { ...pair, revision: pair.revision + 1 });
    }
    const sends = this.#connection.sends + (change.isSending ? 1 : 0);
    if (change.connection) {
      this.#connection = { ...change.connection, revision: change.connection.revision + 1, sends };
    } else if (change.isSending) {
      this.#connection = { ...this.#connection, sends };
    }
    for (const entry of change.history ?? []) {
      const numbered = { ...entry, sequence: this.#history.length + 1 };
      this.#history.push(numbered);
      this.#fileUnderPair(numbered);
    }
    for (const item of change.inbox ?? []) this.#inbox.set(item.id, item);
  }

  async budget(quotaOwner: string): Promise<BudgetState | undefined> {
    return this.#budgets.get(quotaOwner);
  }

  async swapBudget(quotaOwner: string, expected: number, state: BudgetState): Promise<boolean> {
    if ((this.#budgets.get(quotaOwner)?.revision ?? 0) !== expected) return false;
    this.#budgets.set(quotaOwner, state);
    return true;
  }

  #check({ pairs = [], removed = [], connection }: LedgerChange): void {
    if (connection && connection.revision !== this.#connection.revision) throw new LedgerConflict();
    for (const pair of pairs) {
      if ((this.#pairs.get(pair.id)?.revision ?? 0) !== pair.revision) throw new LedgerConflict();
    }
    for (const pair of removed) {
      if (this.#pairs.get(pair.id)?.revision !== pair.revision) throw new LedgerConflict();
    }
    for (const pair of pairs) {
      const isFree = (id: string): boolean =>
        id === pair.id || removed.some((other) => other.id === id);
      const holders = [
        ...(pair.referral ? this.#byReferral.get(pair.referral.id) : []),
        ...(pair.crm ? this.#byRecord.get(pair.crm.id) : []),
      ];
      if (!holders.every(isFree)) throw new LedgerConflict();
    }
  }

  #replace(old: Pair | undefined, pair: Pair | undefined): void {
    this.#byReferral.replace(old, pair);
    this.#byRecord.replace(old, pair);
    this.#byEngagement.replace(old, pair);
    this.#byMatchKey.replace(old, pair);
    this.#byClaim.replace(old, pair);
    if (old && !pair) this.#pairs.delete(old.id);
    if (pair) this.#pairs.set(pair.id, pair);
    if (pair?.due) this.#due.set(pair.id, pair);
    else if (old) this.#due.delete(old.id);
  }

  #firstOf(index: PairIndex, keys: readonly string[]): ReadonlyMap<string, Pair> {
    const found = new Map<string, Pair>();
    for (const key of keys) {
      for (const id of index.get(key)) {
        const pair = this.#pairs.get(id);
        if (pair) found.set(key, pair);
      }
    }
    return found;
  }

  #allOf(index: PairIndex, key: string): readonly Pair[] {
    return [...index.get(key)].flatMap((id) => this.#pairs.get(id) ?? []);
  }

  #fileUnderPair(entry: HistoryEntry): void {
    const entries = this.#historyOf.get(entry.pairId);
    if (entries) entries.push(entry);
    else this.#historyOf.set(entry.pairId, [entry]);
  }
}
