import type { Pair } from "../pair/pair.ts";
import type {
  BudgetState,
  ConnectionState,
  HistoryEntry,
  InboxItem,
  Ledger,
  LedgerChange,
} from "./ledger-port.ts";
import { LedgerConflict } from "./ledger-port.ts";
import { matchesInbox, matchesPairs, priorityRank } from "./ledger-queries.ts";

/** A ledger over another one: it reads through, keeps what is written to itself, and forgets it. */
export function createOverlayLedger(base: Ledger): Ledger {
  return new OverlayLedger(base);
}

/** Enough for what a rehearsal looks at in one go. */
const mostHistory = 1_000;

class OverlayLedger implements Ledger {
  readonly #base: Ledger;
  readonly #pairs = new Map<string, Pair>();
  readonly #removed = new Set<string>();
  readonly #inbox = new Map<string, InboxItem>();
  readonly #history: HistoryEntry[] = [];
  #connection: ConnectionState | undefined;
  #budget: BudgetState | undefined;

  constructor(base: Ledger) {
    this.#base = base;
  }

  async connection(): Promise<ConnectionState> {
    return this.#connection ?? this.#base.connection();
  }

  async pair(pairId: string): Promise<Pair | undefined> {
    if (this.#removed.has(pairId)) return undefined;
    return this.#pairs.get(pairId) ?? this.#base.pair(pairId);
  }

  async pairsByReferral(referralIds: readonly string[]): Promise<ReadonlyMap<string, Pair>> {
    const below = await this.#base.pairsByReferral(referralIds);
    return this.#byKey(below, referralIds, (pair) => pair.referral?.id);
  }

  async pairsByRecord(recordIds: readonly string[]): Promise<ReadonlyMap<string, Pair>> {
    const below = await this.#base.pairsByRecord(recordIds);
    return this.#byKey(below, recordIds, (pair) => pair.crm?.id);
  }

  async pairsOfEngagement(engagementId: string): Promise<readonly Pair[]> {
    const below = await this.#base.pairsOfEngagement(engagementId);
    return this.#merged(below, (pair) => pair.engagementId === engagementId);
  }

  async pairsByMatchKey(matchKey: string): Promise<readonly Pair[]> {
    const below = await this.#base.pairsByMatchKey(matchKey);
    return this.#merged(below, (pair) => pair.matchKey === matchKey);
  }

  async pairsByClaim(id: string): Promise<readonly Pair[]> {
    return this.#merged(await this.#base.pairsByClaim(id), (pair) => pair.claim === id);
  }

  async pairs(query: Parameters<Ledger["pairs"]>[0]): Promise<readonly Pair[]> {
    const below = await this.#base.pairs(query);
    const merged = this.#merged(below, (pair) => matchesPairs(pair, query));
    const last = below.length === query.limit ? (below.at(-1)?.id ?? "") : undefined;
    // A page ends where the page below ends, or pairs in between would be skipped.
    const page = last === undefined ? merged : merged.filter(({ id }) => id <= last);
    return page.toSorted((left, right) => (left.id < right.id ? -1 : 1));
  }

  async pairRevisions(query: { readonly after: string; readonly limit: number }) {
    const pairs = await this.pairs(query);
    return pairs.map(({ id, revision }) => ({ pairId: id, revision }));
  }

  countByState(): ReturnType<Ledger["countByState"]> {
    return this.#base.countByState();
  }

  async due(now: number, limit: number): ReturnType<Ledger["due"]> {
    const below = await this.#base.due(now, limit + this.#pairs.size);
    const own = [...this.#pairs.values()].flatMap(({ id, due }) =>
      due && due.at <= now ? [{ pairId: id, ...due }] : [],
    );
    const untouched = below.filter(({ pairId }) => !this.#isTouched(pairId));
    return [...own, ...untouched]
      .sort(
        (left, right) =>
          priorityRank[left.priority] - priorityRank[right.priority] || left.at - right.at,
      )
      .slice(0, limit);
  }

  async nextDueAt(): Promise<number | undefined> {
    return this.#base.nextDueAt();
  }

  async history(pairId: string): Promise<readonly HistoryEntry[]> {
    const below = await this.#base.history(pairId);
    return [...below, ...this.#history.filter((entry) => entry.pairId === pairId)];
  }

  historyEntry(sequence: number): Promise<HistoryEntry | undefined> {
    return this.#base.historyEntry(sequence);
  }

  async historySince(sequence: number): Promise<readonly HistoryEntry[]> {
    const below = await this.#base.historySince(sequence, mostHistory);
    return [...below, ...this.#history];
  }

  async newestHistory(limit: number): Promise<readonly HistoryEntry[]> {
    return [...(await this.#base.newestHistory(limit)), ...this.#history].slice(-limit);
  }

  async inbox(query: Parameters<Ledger["inbox"]>[0]): Promise<readonly InboxItem[]> {
    const below = await this.#base.inbox(query);
    const own = [...this.#inbox.values()].filter((item) => matchesInbox(item, query));
    return [...below.filter(({ id }) => !this.#inbox.has(id)), ...own];
  }

  async inboxItem(itemId: string): Promise<InboxItem | undefined> {
    return this.#inbox.get(itemId) ?? this.#base.inboxItem(itemId);
  }

  async commit(change: LedgerChange): Promise<void> {
    const { pairs = [], removed = [], connection } = change;
    for (const pair of [...pairs, ...removed]) {
      const stored = await this.pair(pair.id);
      if ((stored?.revision ?? 0) !== pair.revision) throw new LedgerConflict();
    }
    for (const { id } of removed) {
      this.#pairs.delete(id);
      this.#removed.add(id);
    }
    for (const pair of pairs) this.#pairs.set(pair.id, { ...pair, revision: pair.revision + 1 });
    if (connection) this.#connection = { ...connection, revision: connection.revision + 1 };
    // Nothing leaves a rehearsal, so no send is counted.
    for (const entry of change.history ?? []) this.#history.push({ ...entry, sequence: 0 });
    for (const item of change.inbox ?? []) this.#inbox.set(item.id, item);
  }

  async budget(): Promise<BudgetState | undefined> {
    return this.#budget;
  }

  async swapBudget(_quotaOwner: string, _expected: number, state: BudgetState): Promise<boolean> {
    this.#budget = state;
    return true;
  }

  #isTouched(pairId: string): boolean {
    return this.#pairs.has(pairId) || this.#removed.has(pairId);
  }

  #byKey(
    below: ReadonlyMap<string, Pair>,
    keys: readonly string[],
    keyOf: (pair: Pair) => string | undefined,
  ): ReadonlyMap<string, Pair> {
    const found = new Map([...below].filter(([, { id }]) => !this.#isTouched(id)));
    const wanted = new Set(keys);
    for (const pair of this.#pairs.values()) {
      const key = keyOf(pair);
      if (key !== undefined && wanted.has(key)) found.set(key, pair);
    }
    return found;
  }

  #merged(below: readonly Pair[], fits: (pair: Pair) => boolean): readonly Pair[] {
    const untouched = below.filter(({ id }) => !this.#isTouched(id));
    return [...untouched, ...[...this.#pairs.values()].filter(fits)];
  }
}
