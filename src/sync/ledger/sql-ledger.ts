import type { Database, Row, SqlValue, Transaction } from "../../storage/port.ts";
import type { Pair, PairState } from "../pair/pair.ts";
import type { Priority, Runner } from "../run/runner.ts";
import { ledgerMigrations, ledgerSchema } from "./ledger-migrations.ts";
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
import { connectionAtStart, priorityRank, searchTextOf } from "./ledger-queries.ts";
import {
  changePair,
  countSend,
  dueByRank,
  dueByTime,
  dueRanks,
  marks,
  mostDueAtOnce,
  storeItem,
  storePair,
} from "./ledger-statements.ts";

/** Runs the numbered migrations of one schema; storage's `migrate`. */
export type Migrate = (
  database: Database,
  schema: string,
  migrations: typeof ledgerMigrations,
) => Promise<unknown>;

/**
 * Opens the ledger of one connection in a database that may hold many. `migrate` comes in by
 * argument, since the engine knows storage by its port alone. A runner that spreads work over
 * processes hears of every pair that is due in the transaction that makes it due.
 */
export async function openLedger(
  database: Database,
  connectionId: string,
  migrate: Migrate,
  runner?: Pick<Runner, "submit">,
): Promise<Ledger> {
  await migrate(database, ledgerSchema, ledgerMigrations);
  return new SqlLedger(database, connectionId, runner);
}

const parsed = <T>(row: Row | undefined): T | undefined =>
  row === undefined ? undefined : (JSON.parse(String(row.document)) as T);

const likeText = (text: string): string => `%${text.toLowerCase().replace(/[\\%_]/g, "\\$&")}%`;
const keysPerQuery = 500;

function duePairOf(row: Row): DuePair {
  const priority = String(row.due_priority) as Priority;
  return { pairId: String(row.pair_id), at: Number(row.due_at), priority };
}

const byUrgency = (left: DuePair, right: DuePair): number =>
  priorityRank[left.priority] - priorityRank[right.priority] ||
  left.at - right.at ||
  (left.pairId < right.pairId ? -1 : 1);

/** A pair's columns from `revision` to `document`. */
function columnsOf(pair: Pair): readonly SqlValue[] {
  const { due } = pair;
  return [
    pair.revision,
    pair.state,
    pair.referral?.id ?? null,
    pair.crm?.id ?? null,
    pair.engagementId ?? null,
    pair.matchKey ?? null,
    pair.claim ?? null,
    due?.at ?? null,
    due ? priorityRank[due.priority] : null,
    due?.priority ?? null,
    // PostgreSQL takes no NUL in text.
    searchTextOf(pair).replaceAll("\u0000", ""),
    JSON.stringify(pair),
  ];
}

class SqlLedger implements Ledger {
  readonly #database: Database;
  readonly #connectionId: string;
  readonly #runner: Pick<Runner, "submit"> | undefined;
  /** The connection as it was read last: it is read at each step and changes with each walk. */
  #last: { readonly text: string; readonly state: ConnectionState } | undefined;

  constructor(database: Database, connectionId: string, runner?: Pick<Runner, "submit">) {
    this.#database = database;
    this.#connectionId = connectionId;
    this.#runner = runner;
  }

  async connection(): Promise<ConnectionState> {
    const sql = "SELECT document, sends FROM ledger_connections WHERE connection_id = ?";
    const row = await this.#get(sql);
    if (!row) return connectionAtStart;
    const text = String(row.document);
    if (this.#last?.text !== text) this.#last = { text, state: JSON.parse(text) };
    return { ...this.#last.state, sends: Number(row.sends) };
  }

  async pair(pairId: string): Promise<Pair | undefined> {
    const sql = "SELECT document FROM ledger_pairs WHERE connection_id = ? AND pair_id = ?";
    return parsed<Pair>(await this.#get(sql, pairId));
  }

  pairsByReferral(referralIds: readonly string[]): Promise<ReadonlyMap<string, Pair>> {
    return this.#pairsByColumn("referral_id", referralIds);
  }

  pairsByRecord(recordIds: readonly string[]): Promise<ReadonlyMap<string, Pair>> {
    return this.#pairsByColumn("record_id", recordIds);
  }

  pairsOfEngagement(engagementId: string): Promise<readonly Pair[]> {
    return this.#pairsWhere("engagement_id = ?", [engagementId]);
  }

  pairsByMatchKey(matchKey: string): Promise<readonly Pair[]> {
    return this.#pairsWhere("match_key = ?", [matchKey]);
  }

  pairsByClaim(id: string): Promise<readonly Pair[]> {
    return this.#pairsWhere("claim = ?", [id]);
  }

  pairs(query: PairQuery): Promise<readonly Pair[]> {
    const conditions: string[] = [];
    const values: SqlValue[] = [];
    if (query.after !== undefined) {
      conditions.push("pair_id > ?");
      values.push(query.after);
    }
    if (query.states) {
      conditions.push(
        query.states.length === 0 ? "1 = 0" : `state IN (${marks(query.states.length)})`,
      );
      values.push(...query.states);
    }
    if (query.text !== undefined) {
      conditions.push("search_text LIKE ? ESCAPE '\\'");
      values.push(likeText(query.text));
    }
    return this.#pairsWhere(conditions.join(" AND ") || "1 = 1", values, query.limit);
  }

  async pairRevisions({ after, limit }: { readonly after: string; readonly limit: number }) {
    const sql = `SELECT pair_id, revision FROM ledger_pairs WHERE connection_id = ? AND pair_id > ?
      ORDER BY pair_id LIMIT ?`;
    const rows = await this.#all(sql, after, limit);
    return rows.map((row) => ({ pairId: String(row.pair_id), revision: Number(row.revision) }));
  }

  async countByState(): Promise<Readonly<Partial<Record<PairState, number>>>> {
    const rows = await this.#all(
      `SELECT state, COUNT(*) AS total FROM ledger_pairs WHERE connection_id = ? GROUP BY state`,
    );
    return Object.fromEntries(rows.map((row) => [row.state, Number(row.total)]));
  }

  async due(now: number, limit: number): Promise<readonly DuePair[]> {
    const few = await this.#all(dueByTime, now);
    if (few.length <= mostDueAtOnce) return few.map(duePairOf).sort(byUrgency).slice(0, limit);
    const values = dueRanks.flatMap((rank) => [this.#connectionId, rank, now, limit]);
    return (await this.#database.all(dueByRank, [...values, limit])).map(duePairOf);
  }

  async nextDueAt(): Promise<number | undefined> {
    const row = await this.#get(
      `SELECT due_at FROM ledger_pairs WHERE connection_id = ? AND due_at IS NOT NULL
        ORDER BY due_at LIMIT 1`,
    );
    return row === undefined ? undefined : Number(row.due_at);
  }

  async history(
    pairId: string,
    { after = 0 }: { readonly after?: number } = {},
  ): Promise<readonly HistoryEntry[]> {
    const sql = `SELECT document FROM ledger_history WHERE connection_id = ? AND pair_id = ?
      AND sequence > ? ORDER BY sequence`;
    return (await this.#all(sql, pairId, after)).map((row) => JSON.parse(String(row.document)));
  }

  async historyEntry(sequence: number): Promise<HistoryEntry | undefined> {
    const sql = "SELECT document FROM ledger_history WHERE connection_id = ? AND sequence = ?";
    return parsed<HistoryEntry>(await this.#get(sql, sequence));
  }

  async historySince(sequence: number, limit: number): Promise<readonly HistoryEntry[]> {
    const sql = `SELECT document FROM ledger_history WHERE connection_id = ? AND sequence > ?
      ORDER BY sequence LIMIT ?`;
    return (await this.#all(sql, sequence, limit)).map((row) => JSON.parse(String(row.document)));
  }

  async newestHistory(limit: number): Promise<readonly HistoryEntry[]> {
    const sql = `SELECT document FROM ledger_history WHERE connection_id = ?
      ORDER BY sequence DESC LIMIT ?`;
    const rows = await this.#all(sql, limit);
    return rows.map((row) => JSON.parse(String(row.document))).reverse();
  }

  async inbox(query: InboxQuery): Promise<readonly InboxItem[]> {
    const conditions = ["connection_id = ?"];
    const values: SqlValue[] = [this.#connectionId];
    const demand = (condition: string, ...bound: readonly SqlValue[]): void => {
      conditions.push(condition);
      values.push(...bound);
    };
    if (query.isOpen !== undefined) demand("is_open = ?", query.isOpen ? 1 : 0);
    if (query.pairId !== undefined) demand("pair_id = ?", query.pairId);
    if (query.kinds) {
      if (query.kinds.length === 0) return [];
      demand(`kind IN (${marks(query.kinds.length)})`, ...query.kinds);
    }
    const last = query.after === undefined ? undefined : await this.inboxItem(query.after);
    if (last) {
      const { openedAt, id } = last;
      demand("(opened_at > ? OR (opened_at = ? AND item_id > ?))", openedAt, openedAt, id);
    }
    const sql = `SELECT document FROM ledger_inbox WHERE ${conditions.join(" AND ")}
      ORDER BY opened_at, item_id LIMIT ?`;
    const rows = await this.#database.all(sql, [...values, query.limit]);
    return rows.map((row) => JSON.parse(String(row.document)));
  }

  async inboxItem(itemId: string): Promise<InboxItem | undefined> {
    const sql = "SELECT document FROM ledger_inbox WHERE connection_id = ? AND item_id = ?";
    return parsed<InboxItem>(await this.#get(sql, itemId));
  }

  async commit(change: LedgerChange): Promise<void> {
    try {
      await this.#database.transaction(async (transaction) => {
        for (const pair of change.removed ?? []) await this.#remove(transaction, pair);
        for (const pair of change.pairs ?? []) {
          await this.#store(transaction, pair);
          await this.#submit(transaction, pair);
        }
        if (change.connection) await this.#storeConnection(transaction, change.connection);
        if (change.isSending) await transaction.run(countSend, [this.#connectionId]);
        await this.#append(transaction, change.history ?? []);
        for (const item of change.inbox ?? []) await this.#storeItem(transaction, item);
      });
    } catch (error) {
      // Another pair has the referral or the record, or another worker stored the new pair first.
      const code = error instanceof Error ? Reflect.get(error, "code") : undefined;
      if (code === "uniqueViolation") throw new LedgerConflict();
      throw error;
    }
  }

  async budget(quotaOwner: string): Promise<BudgetState | undefined> {
    const sql = "SELECT document FROM ledger_budgets WHERE quota_owner = ?";
    return parsed<BudgetState>(await this.#database.get(sql, [quotaOwner]));
  }

  swapBudget(quotaOwner: string, expected: number, state: BudgetState): Promise<boolean> {
    const document = JSON.stringify(state);
    return this.#database.transaction(async (transaction) => {
      const changed =
        expected === 0
          ? await transaction.run(
              `INSERT INTO ledger_budgets (quota_owner, revision, document) VALUES (?, ?, ?)
                ON CONFLICT (quota_owner) DO NOTHING`,
              [quotaOwner, state.revision, document],
            )
          : await transaction.run(
              `UPDATE ledger_budgets SET revision = ?, document = ?
                WHERE quota_owner = ? AND revision = ?`,
              [state.revision, document, quotaOwner, expected],
            );
      return changed === 1;
    });
  }

  #get(sql: string, ...values: readonly SqlValue[]): Promise<Row | undefined> {
    return this.#database.get(sql, [this.#connectionId, ...values]);
  }

  #all(sql: string, ...values: readonly SqlValue[]): Promise<readonly Row[]> {
    return this.#database.all(sql, [this.#connectionId, ...values]);
  }

  async #pairsWhere(
    condition: string,
    values: readonly SqlValue[],
    limit?: number,
  ): Promise<readonly Pair[]> {
    const sql = `SELECT document FROM ledger_pairs WHERE connection_id = ? AND ${condition}`;
    const [end, bound] = limit === undefined ? ["", []] : [" ORDER BY pair_id LIMIT ?", [limit]];
    const rows = await this.#all(sql + end, ...values, ...bound);
    const pairs: Pair[] = rows.map((row) => JSON.parse(String(row.document)));
    // Of an index of few rows SQLite makes no use where it can read all pairs in order instead.
    return limit === undefined ? pairs.sort((one, other) => (one.id < other.id ? -1 : 1)) : pairs;
  }

  async #pairsByColumn(
    column: "referral_id" | "record_id",
    keys: readonly string[],
  ): Promise<ReadonlyMap<string, Pair>> {
    const found = new Map<string, Pair>();
    for (let from = 0; from < keys.length; from += keysPerQuery) {
      const some = keys.slice(from, from + keysPerQuery);
      const sql = `SELECT ${column} AS key, document FROM ledger_pairs
        WHERE connection_id = ? AND ${column} IN (${marks(some.length)})`;
      for (const row of await this.#all(sql, ...some)) {
        found.set(String(row.key), JSON.parse(String(row.document)));
      }
    }
    return found;
  }

  async #remove(transaction: Transaction, { id, revision }: Pair): Promise<void> {
    const removed = await transaction.run(
      "DELETE FROM ledger_pairs WHERE connection_id = ? AND pair_id = ? AND revision = ?",
      [this.#connectionId, id, revision],
    );
    if (removed !== 1) throw new LedgerConflict();
  }

  async #store(transaction: Transaction, pair: Pair): Promise<void> {
    const columns = columnsOf({ ...pair, revision: pair.revision + 1 });
    const key = [this.#connectionId, pair.id];
    if (pair.revision === 0) {
      await transaction.run(storePair, [...key, ...columns]);
      return;
    }
    const changed = await transaction.run(changePair, [...columns, ...key, pair.revision]);
    if (changed !== 1) throw new LedgerConflict();
  }

  async #submit(transaction: Transaction, { id, due }: Pair): Promise<void> {
    if (!due) return;
    const { priority } = due;
    await this.#runner?.submit(id, { transaction, dueAt: new Date(due.at), priority });
  }

  async #storeConnection(transaction: Transaction, state: ConnectionState): Promise<void> {
    const next = { ...state, revision: state.revision + 1 };
    const document = JSON.stringify(next);
    const changed =
      state.revision === 0
        ? await transaction.run(
            `INSERT INTO ledger_connections (connection_id, revision, document) VALUES (?, ?, ?)
              ON CONFLICT (connection_id) DO NOTHING`,
            [this.#connectionId, next.revision, document],
          )
        : await transaction.run(
            `UPDATE ledger_connections SET revision = ?, document = ?
              WHERE connection_id = ? AND revision = ?`,
            [next.revision, document, this.#connectionId, state.revision],
          );
    if (changed !== 1) throw new LedgerConflict();
  }

  async #append(
    transaction: Transaction,
    entries: NonNullable<LedgerChange["history"]>,
  ): Promise<void> {
    if (entries.length === 0) return;
    const newest = await transaction.get(
      "SELECT MAX(sequence) AS sequence FROM ledger_history WHERE connection_id = ?",
      [this.#connectionId],
    );
    let sequence = Number(newest?.sequence ?? 0);
    for (const entry of entries) {
      sequence += 1;
      await transaction.run(
        `INSERT INTO ledger_history (connection_id, sequence, pair_id, document)
          VALUES (?, ?, ?, ?)`,
        [this.#connectionId, sequence, entry.pairId, JSON.stringify({ ...entry, sequence })],
      );
    }
  }

  async #storeItem(transaction: Transaction, item: InboxItem): Promise<void> {
    const isOpen = item.resolvedAt === undefined ? 1 : 0;
    await transaction.run(storeItem, [
      this.#connectionId,
      item.id,
      item.kind,
      item.pairId ?? null,
      isOpen,
      item.openedAt,
      JSON.stringify(item),
    ]);
  }
}
