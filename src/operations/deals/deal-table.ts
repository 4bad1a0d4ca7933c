import type { DealRow } from "../../contract/index.ts";
import type { BoundExpression } from "../../odata/index.ts";
import {
  compileFilter,
  type Database,
  dialects,
  migrate,
  type Row,
  type SqlValue,
  type Transaction,
} from "../../storage/index.ts";
import { dealMigrations, dealPromoted, dealPropertyNames, dealSchema } from "./deal-columns.ts";
import { searchWords } from "./deal-row.ts";
import { needsScan } from "./needs-scan.ts";

/** A row of the projection, with what the page itself doesn't show. */
export interface IndexedDeal {
  readonly row: DealRow;
  readonly revision: number;
  readonly pendingSince: number | undefined;
}

/** Which deals to list, and how. */
export interface DealQuery {
  readonly filter?: BoundExpression;
  /** Words, each of which a deal's words must begin with. */
  readonly words: readonly string[];
  readonly order: readonly { readonly column: string; readonly descending: boolean }[];
  /** Only what comes behind this id; goes with the order by id alone. */
  readonly after?: string;
  readonly skip: number;
  readonly limit: number;
}

/** The projection of all deals of one connection. */
export interface DealTable {
  store(deals: readonly IndexedDeal[]): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
  /** What is stored, by id, from one id on. */
  revisions(after: string, limit: number): Promise<ReadonlyMap<string, number>>;
  page(query: DealQuery): Promise<readonly DealRow[]>;
  count(query: Pick<DealQuery, "filter" | "words">): Promise<number>;
  /** The deal whose change waits longest, with the moment at which that was seen. */
  oldestPending(): Promise<{ readonly id: string; readonly at: number } | undefined>;
  /** Rows of a statement over the projection's columns; `?` stands for the connection first. */
  ask(sql: string, values?: readonly SqlValue[]): Promise<readonly Row[]>;
}

/** Milliseconds that a query may compute which no index serves. */
const scanLimitMs = 3_000;
const marks = (count: number): string => Array.from({ length: count }, () => "?").join(", ");
const names = dealPropertyNames.map((name) => `"${name}"`);
const changes = [...names.filter((name) => name !== '"id"'), "revision", "pending_since"];
const storeDeal = `INSERT INTO operations_deals
  (connection_id, revision, pending_since, document, ${names.join(", ")})
  VALUES (${marks(names.length + 4)}) ON CONFLICT (connection_id, "id") DO UPDATE SET
  document = excluded.document, ${changes.map((name) => `${name} = excluded.${name}`).join(", ")}`;
const rowMarks = (count: number): string =>
  Array.from({ length: count }, () => "(?, ?, ?)").join(", ");
const storeWords = (count: number): string => `INSERT INTO operations_deal_words
  (connection_id, word, deal_id) VALUES ${rowMarks(count)}
  ON CONFLICT (connection_id, word, deal_id) DO NOTHING`;
const wordsOfDeal =
  "SELECT word FROM operations_deal_words WHERE connection_id = ? AND deal_id = ?";
const dropWord =
  "DELETE FROM operations_deal_words WHERE connection_id = ? AND word = ? AND deal_id = ?";
/** The last character that a word can hold, behind everything that begins alike. */
const behind = "\uffff";

/** Opens the projection of a connection's deals. */
export async function openDealTable(database: Database, connectionId: string): Promise<DealTable> {
  await migrate(database, dealSchema, dealMigrations);
  return new SqlDealTable(database, connectionId);
}

class SqlDealTable implements DealTable {
  readonly #database: Database;
  readonly #connectionId: string;

  constructor(database: Database, connectionId: string) {
    this.#database = database;
    this.#connectionId = connectionId;
  }

  async store(deals: readonly IndexedDeal[]): Promise<void> {
    if (deals.length === 0) return;
    await this.#database.transaction(async (transaction) => {
      for (const deal of deals) await this.#storeOne(transaction, deal);
    });
  }

  async #storeOne(transaction: Transaction, deal: IndexedDeal): Promise<void> {
    const { row, revision, pendingSince } = deal;
    const values = dealPropertyNames.map((name) => row.properties[name]);
    const document = JSON.stringify({ ...row.properties, row });
    const head = [this.#connectionId, revision, pendingSince ?? null, document];
    await transaction.run(storeDeal, [...head, ...values]);
    const key = [this.#connectionId, row.id] as const;
    const stored = await transaction.all(wordsOfDeal, key);
    const present = new Set(stored.map(({ word }) => String(word)));
    const wanted = new Set(searchWords(row));
    const missing = [...wanted].filter((word) => !present.has(word));
    if (missing.length > 0) {
      const words = missing.flatMap((word) => [key[0], word, key[1]]);
      await transaction.run(storeWords(missing.length), words);
    }
    for (const word of present) {
      if (!wanted.has(word)) await transaction.run(dropWord, [key[0], word, key[1]]);
    }
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#database.transaction(async (transaction) => {
      const values = [this.#connectionId, ...ids];
      const these = `IN (${marks(ids.length)})`;
      await transaction.run(
        `DELETE FROM operations_deals WHERE connection_id = ? AND "id" ${these}`,
        values,
      );
      await transaction.run(
        `DELETE FROM operations_deal_words WHERE connection_id = ? AND deal_id ${these}`,
        values,
      );
    });
  }

  async revisions(after: string, limit: number): Promise<ReadonlyMap<string, number>> {
    const rows = await this.ask(
      `SELECT "id", revision FROM operations_deals WHERE connection_id = ? AND "id" > ?
        ORDER BY "id" LIMIT ?`,
      [after, limit],
    );
    return new Map(rows.map((row) => [String(row.id), Number(row.revision)]));
  }

  async page(query: DealQuery): Promise<readonly DealRow[]> {
    const { text, values } = this.#where(query);
    const order = query.order.map(
      ({ column, descending }) => `"${column}" ${descending ? "DESC" : "ASC"} NULLS LAST`,
    );
    const last = query.order.at(-1)?.descending ? "DESC" : "ASC";
    const sql = `SELECT document FROM operations_deals WHERE ${text}
      ORDER BY ${[...order, `"id" ${last}`].join(", ")} LIMIT ? OFFSET ?`;
    const rows = await this.#read(query.filter, sql, [...values, query.limit, query.skip]);
    return rows.map((row) => (JSON.parse(String(row.document)) as { row: DealRow }).row);
  }

  async count(query: Pick<DealQuery, "filter" | "words">): Promise<number> {
    const { text, values } = this.#where(query);
    const sql = `SELECT COUNT(*) AS total FROM operations_deals WHERE ${text}`;
    const [row] = await this.#read(query.filter, sql, values);
    return Number(row?.total ?? 0);
  }

  async oldestPending(): Promise<{ readonly id: string; readonly at: number } | undefined> {
    const [row] = await this.ask(
      `SELECT "id", pending_since FROM operations_deals
        WHERE connection_id = ? AND pending_since IS NOT NULL ORDER BY pending_since LIMIT 1`,
    );
    return row && { id: String(row.id), at: Number(row.pending_since) };
  }

  ask(sql: string, values: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return this.#database.all(sql, [this.#connectionId, ...values]);
  }

  async #read(
    filter: BoundExpression | undefined,
    sql: string,
    values: readonly SqlValue[],
  ): Promise<readonly Row[]> {
    if (!needsScan(filter)) return this.#database.all(sql, values);
    const rows: Row[] = [];
    const scan = this.#database.scan(sql, values, { timeLimitMs: scanLimitMs });
    for await (const row of scan) rows.push(row);
    return rows;
  }

  #where({ filter, words, after }: Pick<DealQuery, "filter" | "words" | "after">): {
    readonly text: string;
    readonly values: readonly SqlValue[];
  } {
    const conditions = ["operations_deals.connection_id = ?"];
    const values: SqlValue[] = [this.#connectionId];
    if (after !== undefined) {
      conditions.push('"id" > ?');
      values.push(after);
    }
    for (const word of words) {
      conditions.push(`"id" IN (SELECT deal_id FROM operations_deal_words
        WHERE connection_id = ? AND word >= ? AND word < ?)`);
      values.push(this.#connectionId, word, `${word}${behind}`);
    }
    if (filter) {
      const { dialect } = this.#database;
      const table = "operations_deals";
      if (needsScan(filter)) conditions.push(dialects[dialect].scanCheckpoint(`"${table}"`));
      const condition = compileFilter(filter, { dialect, table, promoted: dealPromoted });
      conditions.push(`(${condition.text})`);
      values.push(...condition.values);
    }
    return { text: conditions.join(" AND "), values };
  }
}
