import type { DealRow, DealSummary } from "../../contract/index.ts";
import {
  type Database,
  migrate,
  odataMigrations,
  type Row,
  type SqlValue,
  type Transaction,
} from "../../storage/index.ts";
import { dealPropertyNames } from "./deal-columns.ts";
import { type DealPlan, glanceAt, planDeals } from "./deal-plan.ts";
import { type DealQuery, type DealScope, dealCondition, dealOrder } from "./deal-query.ts";
import { searchWords } from "./deal-row.ts";
import { dealIndexMigrations, dealIndexSchema, dealMigrations, dealSchema } from "./deal-schema.ts";
import { needsScan } from "./needs-scan.ts";

/** A row of the projection, with what the page itself doesn't show. */
export interface IndexedDeal {
  readonly row: DealRow;
  readonly revision: number;
  readonly pendingSince: number | undefined;
}

/** The projection of all deals of one connection. */
export interface DealTable {
  store(deals: readonly IndexedDeal[]): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
  /** Makes the indexes where they aren't there yet, after the first fill. */
  index(): Promise<void>;
  /** What is stored, by id, from one id on. */
  revisions(after: string, limit: number): Promise<ReadonlyMap<string, number>>;
  page(query: DealQuery): Promise<readonly DealRow[]>;
  count(query: Pick<DealQuery, "filter" | "words" | "id">): Promise<number>;
  /** The deal whose change waits longest, with the moment at which that was seen. */
  oldestPending(): Promise<{ readonly id: string; readonly at: number } | undefined>;
  /** Rows of a statement over the projection's columns; `?` stands for the connection first. */
  ask(sql: string, values?: readonly SqlValue[]): Promise<readonly Row[]>;
  /** As `ask`, one row after the other. */
  walk(sql: string, values: readonly SqlValue[]): AsyncIterable<Row>;
}

/**
 * Milliseconds that a query may compute which no index serves. The start of its thread counts, and
 * takes seconds on a busy machine.
 */
const scanLimitMs = 10_000;
const dealsPerStatement = 50;
const numbersPerStatement = 100;
const marks = (count: number): string => Array.from({ length: count }, () => "?").join(", ");
const tuples = (count: number, width: number): string =>
  Array.from({ length: count }, () => `(${marks(width)})`).join(", ");
const names = dealPropertyNames.map((name) => `"${name}"`);
const changes = [...names.filter((name) => name !== '"id"'), "revision", "pending_since"]
  .map((name) => `${name} = excluded.${name}`)
  .join(", ");
const storeDeals = (count: number): string => `INSERT INTO operations_deals
  (connection_id, revision, pending_since, ${names.join(", ")})
  VALUES ${tuples(count, names.length + 3)} ON CONFLICT (connection_id, "id")
  DO UPDATE SET ${changes} RETURNING "id", "number"`;
const storeRows = (count: number): string => `INSERT INTO operations_deal_rows
  ("number", words, document) VALUES ${tuples(count, 3)}
  ON CONFLICT ("number") DO UPDATE SET words = excluded.words, document = excluded.document`;
const readRows = `SELECT "number", document FROM operations_deal_rows
  WHERE "number" IN (${marks(numbersPerStatement)})`;
const storeShape = `INSERT INTO operations_deal_shapes (connection_id, shape) VALUES (?, ?)
  ON CONFLICT (connection_id) DO UPDATE SET shape = excluded.shape`;
/** A revision that no pair has. */
const outdated = -1;

/**
 * Opens the projection of a connection's deals. `shape` names what rows are made by: what was
 * stored under another one is outdated.
 */
export async function openDealTable(
  database: Database,
  connectionId: string,
  shape: string,
): Promise<DealTable> {
  const { dialect } = database;
  await migrate(database, "odata", odataMigrations(dialect));
  await migrate(database, dealSchema, dealMigrations(dialect));
  await database.transaction(async (transaction) => {
    const sql = "SELECT shape FROM operations_deal_shapes WHERE connection_id = ?";
    if ((await transaction.get(sql, [connectionId]))?.shape === shape) return;
    const values = [outdated, connectionId];
    await transaction.run(
      "UPDATE operations_deals SET revision = ? WHERE connection_id = ?",
      values,
    );
    await transaction.run(storeShape, [connectionId, shape]);
  });
  return new SqlDealTable(database, connectionId);
}

/** What is stored of a deal as it is shown: its properties once, and the rest beside them. */
function documentOf({ properties, ...rest }: DealRow): string {
  return JSON.stringify([properties, rest]);
}

function rowOf(document: string): DealRow {
  const [properties, rest] = JSON.parse(document) as [DealRow["properties"], DealSummary];
  return { ...rest, properties };
}

class SqlDealTable implements DealTable {
  readonly #database: Database;
  readonly #connectionId: string;
  #isIndexed = false;

  constructor(database: Database, connectionId: string) {
    this.#database = database;
    this.#connectionId = connectionId;
  }

  async store(deals: readonly IndexedDeal[]): Promise<void> {
    if (deals.length === 0) return;
    await this.#database.transaction(async (transaction) => {
      for (let from = 0; from < deals.length; from += dealsPerStatement) {
        await this.#storeSome(transaction, deals.slice(from, from + dealsPerStatement));
      }
    });
  }

  async #storeSome(transaction: Transaction, deals: readonly IndexedDeal[]): Promise<void> {
    const values = deals.flatMap(({ row, revision, pendingSince }) => [
      this.#connectionId,
      revision,
      pendingSince ?? null,
      ...dealPropertyNames.map((name) => row.properties[name]),
    ]);
    const stored = await transaction.all(storeDeals(deals.length), values);
    const numbers = new Map(stored.map((row) => [String(row.id), Number(row.number)]));
    const rows = deals.flatMap(({ row }) => {
      const number = numbers.get(row.id) ?? null;
      return [number, searchWords(row).join(" "), documentOf(row)];
    });
    await transaction.run(storeRows(deals.length), rows);
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const these = `connection_id = ? AND "id" IN (${marks(ids.length)})`;
    const values = [this.#connectionId, ...ids];
    await this.#database.transaction(async (transaction) => {
      const numbers = `SELECT "number" FROM operations_deals WHERE ${these}`;
      await transaction.run(
        `DELETE FROM operations_deal_rows WHERE "number" IN (${numbers})`,
        values,
      );
      await transaction.run(`DELETE FROM operations_deals WHERE ${these}`, values);
    });
  }

  async index(): Promise<void> {
    const { dialect } = this.#database;
    await migrate(this.#database, dealIndexSchema, dealIndexMigrations(dialect));
    this.#isIndexed = true;
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
    const plan = await this.#plan(query);
    const seen = plan.isFew || !this.#isIndexed ? undefined : await this.#glance(query);
    if (seen) return seen;
    const { text, values } = dealCondition(query, this.#scope, plan.isScan);
    const sql = `SELECT "number" FROM operations_deals ${plan.hint} WHERE ${text}
      ORDER BY ${dealOrder(query.order)} LIMIT ? OFFSET ?`;
    const found = await this.#read(plan, sql, [...values, query.limit, query.skip]);
    return this.#rows(found.map((row) => Number(row.number)));
  }

  /** The page, where the first deals in its order already fill it. */
  async #glance(query: DealQuery): Promise<readonly DealRow[] | undefined> {
    const glance = glanceAt(query, this.#database.dialect);
    if (glance === undefined) return undefined;
    const { text, values } = dealCondition(query, this.#scope);
    const sql = `SELECT "number" FROM (SELECT "number", (${text}) AS fits FROM operations_deals
      ${glance.index} WHERE connection_id = ? ORDER BY ${dealOrder(query.order)} LIMIT ?)
      WHERE fits LIMIT ? OFFSET ?`;
    const bound = [...values, this.#connectionId, glance.rows, query.limit, query.skip];
    const found = await this.#database.all(sql, bound);
    if (found.length < query.limit) return undefined;
    return this.#rows(found.map((row) => Number(row.number)));
  }

  /** The deals of these numbers as they are shown, in their order. */
  async #rows(numbers: readonly number[]): Promise<readonly DealRow[]> {
    const documents = new Map<number, string>();
    for (let from = 0; from < numbers.length; from += numbersPerStatement) {
      const some: SqlValue[] = numbers.slice(from, from + numbersPerStatement);
      while (some.length < numbersPerStatement) some.push(null);
      for (const row of await this.#database.all(readRows, some)) {
        documents.set(Number(row.number), String(row.document));
      }
    }
    return numbers.flatMap((number) => {
      const document = documents.get(number);
      return document === undefined ? [] : rowOf(document);
    });
  }

  async count(query: Pick<DealQuery, "filter" | "words" | "id">): Promise<number> {
    const plan = await this.#plan(query);
    const { text, values } = dealCondition(query, this.#scope, plan.isScan);
    const sql = `SELECT COUNT(*) AS total FROM operations_deals ${plan.hint} WHERE ${text}`;
    const [row] = await this.#read(plan, sql, values);
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

  walk(sql: string, values: readonly SqlValue[]): AsyncIterable<Row> {
    return this.#database.iterate(sql, [this.#connectionId, ...values]);
  }

  /** Until the indexes are there, none can be named. */
  async #plan(query: Pick<DealQuery, "filter" | "words" | "id">): Promise<DealPlan> {
    const isScan = needsScan(query.filter);
    if (!this.#isIndexed) return { hint: "", isScan };
    return planDeals(query, this.#database, this.#connectionId);
  }

  async #read(
    { isScan }: DealPlan,
    sql: string,
    values: readonly SqlValue[],
  ): Promise<readonly Row[]> {
    if (!isScan) return this.#database.all(sql, values);
    const rows: Row[] = [];
    const scan = this.#database.scan(sql, values, { timeLimitMs: scanLimitMs });
    for await (const row of scan) rows.push(row);
    return rows;
  }

  get #scope(): DealScope {
    return { connectionId: this.#connectionId, dialect: this.#database.dialect };
  }
}
