import pg, { type PoolClient } from "pg";
import type { Clock, Random } from "../runtime/index.ts";
import type { Database, Queryable, Row, ScanOptions, SqlValue, Transaction } from "./port.ts";
import { PostgresStatements } from "./postgres-sql.ts";
import { postgresTypes } from "./postgres-values.ts";
import { StorageError } from "./storage-error.ts";
import { TransactionScopes } from "./transaction-scope.ts";
import { assertStorable } from "./values.ts";

const connectionsPerPool = 8;
const connectTimeoutMs = 10_000;
const rowsPerFetch = 200;
const attemptLimit = 30;
const firstBackoffMs = 2;
const longestBackoffMs = 200;

/**
 * SQLSTATEs after which the same transaction may succeed: serialization_failure, deadlock_detected.
 */
const repeatable = new Set(["40001", "40P01"]);
const uniqueViolation = "23505";
const queryCancelled = "57014";

const stateOf = (error: unknown): string =>
  String((error as { code?: unknown } | null)?.code ?? "");

/**
 * States in which the server can't serve now, but may later: serialisation failures that remained,
 * connections (08), resources (53), an administrator's end (57P0x), and the network's own codes.
 */
const passing = /^(?:40001|40P01|08...|53...|57P0[1-3]|ECONN(?:REFUSED|RESET)|EPIPE|ETIMEDOUT)$/;

function namedError(error: unknown): unknown {
  if (stateOf(error) !== uniqueViolation) return error;
  const sentence = "a row with this key is already there";
  return new StorageError("uniqueViolation", sentence, { cause: error });
}

function lastError(error: unknown): unknown {
  const state = stateOf(error);
  if (!passing.test(state)) return error;
  const sentence = `PostgreSQL can't serve this now (${state})`;
  return new StorageError("databaseBusy", sentence, { cause: error });
}

/** What a PostgreSQL database needs of the world. */
export interface PostgresOptions {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * A PostgreSQL database. Write transactions are serializable and run again after a serialisation
 * failure. Writing, reading and iterating have pools of their own: whoever holds a connection of
 * one never waits for another of the same.
 */
export class PostgresDatabase implements Database {
  readonly dialect = "postgres";
  readonly backup = undefined;
  readonly #options: PostgresOptions;
  readonly #writers: pg.Pool;
  readonly #readers: pg.Pool;
  readonly #cursors: pg.Pool;
  readonly #statements = new PostgresStatements();
  readonly #scopes = new TransactionScopes();
  #closed = false;

  constructor(url: string, options: PostgresOptions) {
    this.#options = options;
    this.#writers = poolAt(url, "READ WRITE");
    this.#readers = poolAt(url, "READ ONLY");
    this.#cursors = poolAt(url, "READ ONLY");
  }

  async all(sql: string, values?: readonly SqlValue[]): Promise<readonly Row[]> {
    this.#assertOpen();
    try {
      return (await this.#query(this.#readers, sql, values)).rows;
    } catch (error) {
      throw lastError(error);
    }
  }

  async get(sql: string, values?: readonly SqlValue[]): Promise<Row | undefined> {
    return (await this.all(sql, values))[0];
  }

  async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    this.#scopes.assertNotNested();
    this.#assertOpen();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(work);
      } catch (error) {
        const isLast = attempt === attemptLimit;
        if (!repeatable.has(stateOf(error)) || isLast) throw lastError(error);
      }
      const ceilingMs = Math.min(longestBackoffMs, firstBackoffMs * 2 ** attempt);
      await this.#options.clock.sleep(this.#options.random.fraction() * ceilingMs);
    }
  }

  iterate(sql: string, values?: readonly SqlValue[]): AsyncGenerator<Row, void, void> {
    return this.#walk(sql, values ?? []);
  }

  scan(
    sql: string,
    values: readonly SqlValue[],
    options: ScanOptions,
  ): AsyncGenerator<Row, void, void> {
    return this.#walk(sql, values, options.timeLimitMs);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([this.#writers.end(), this.#readers.end(), this.#cursors.end()]);
  }

  async #attempt<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const client = await this.#writers.connect();
    let broken = false;
    try {
      await client.query("BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE");
      const result = await this.#scopes.run(this.#transactionOn(client), work);
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK").catch(() => {
        broken = true;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  #transactionOn(client: PoolClient): Transaction {
    const all: Queryable["all"] = async (sql, values) =>
      (await this.#query(client, sql, values)).rows;
    return {
      all,
      get: async (sql, values) => (await all(sql, values))[0],
      run: async (sql, values) => (await this.#query(client, sql, values)).rowCount ?? 0,
    };
  }

  async #query(target: pg.Pool | PoolClient, sql: string, values: readonly SqlValue[] = []) {
    for (const value of values) assertStorable(value);
    try {
      return await target.query<Row>({ ...this.#statements.obtain(sql), values: [...values] });
    } catch (error) {
      throw namedError(error);
    }
  }

  async *#walk(
    sql: string,
    values: readonly SqlValue[],
    timeLimitMs?: number,
  ): AsyncGenerator<Row, void, void> {
    this.#assertOpen();
    const client = await this.#cursors.connect();
    let broken = false;
    try {
      await client.query("BEGIN");
      await client.query({
        text: `DECLARE rows NO SCROLL CURSOR FOR ${this.#statements.obtain(sql).text}`,
        values: [...values],
      });
      let remainingMs = timeLimitMs;
      for (;;) {
        const startedAt = this.#options.clock.now();
        const rows = await fetchSome(client, remainingMs);
        if (remainingMs !== undefined) remainingMs -= this.#options.clock.now() - startedAt;
        yield* rows;
        if (rows.length < rowsPerFetch) return;
      }
    } finally {
      await client.query("ROLLBACK").catch(() => {
        broken = true;
      });
      client.release(broken);
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new StorageError("databaseClosed", "the database has been closed");
  }
}

async function fetchSome(client: PoolClient, timeLimitMs?: number): Promise<readonly Row[]> {
  const late = (cause?: unknown): StorageError =>
    new StorageError("timeLimitExceeded", "the query needs longer than it may", { cause });
  if (timeLimitMs !== undefined) {
    if (timeLimitMs < 1) throw late();
    await client.query(`SET LOCAL statement_timeout = ${Math.ceil(timeLimitMs)}`);
  }
  try {
    return (await client.query<Row>(`FETCH ${rowsPerFetch} FROM rows`)).rows;
  } catch (error) {
    throw stateOf(error) === queryCancelled && timeLimitMs !== undefined ? late(error) : error;
  }
}

function poolAt(url: string, access: "READ WRITE" | "READ ONLY"): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: connectionsPerPool,
    connectionTimeoutMillis: connectTimeoutMs,
    types: postgresTypes,
    application_name: "partner-referrals",
    onConnect: async (client) => {
      await client.query(`SET SESSION CHARACTERISTICS AS TRANSACTION ${access}`);
    },
  });
  // An idle connection that breaks is replaced at its next use; without a listener it would end the
  // process.
  pool.on("error", () => {});
  return pool;
}
