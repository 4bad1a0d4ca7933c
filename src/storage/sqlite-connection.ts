import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { BoundedCache } from "./bounded-cache.ts";
import { registerODataFunctions } from "./odata-sqlite-functions.ts";
import type { Row, SqlValue } from "./port.ts";
import { StorageError } from "./storage-error.ts";
import { assertStorable, numberWhereExact } from "./values.ts";

const statementLimit = 500;
const readBusyTimeoutMs = 2_000;
/** SQLite's result codes: the primary one in the lowest byte. */
const primaryCodes = 256;
const sqliteBusy = 5;
const uniqueErrorCodes = new Set([1555, 2067, 2579]);

/** How often a commit waits for the disk. */
export type Synchronous = "FULL" | "NORMAL" | "OFF";

/**
 * Integers are bound as integers, not as doubles, so that a number written into a text column reads
 * `5` and not `5.0`, as it does on PostgreSQL.
 */
function bindable(value: SqlValue): SQLInputValue {
  assertStorable(value);
  return typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
}

function bindAll(values: readonly SqlValue[]): SQLInputValue[] {
  const bound = new Array<SQLInputValue>(values.length);
  for (let index = 0; index < values.length; index += 1) {
    bound[index] = bindable(values[index] ?? null);
  }
  return bound;
}

interface Prepared {
  readonly statement: StatementSync;
  readonly names: readonly string[];
}

/**
 * A row from its columns' values. Integers are read as bigints, since read as numbers the smallest
 * one is rounded without a word. Rows that are made here have one shape for all, which the engine
 * reads faster than the dictionaries that node:sqlite makes: a page of 100 took two thirds of the
 * time.
 */
function rowFrom(names: readonly string[], values: readonly SqlValue[]): Row {
  const row: Record<string, SqlValue> = {};
  for (let index = 0; index < names.length; index += 1) {
    const value = values[index] ?? null;
    row[names[index] ?? ""] = typeof value === "bigint" ? numberWhereExact(value) : value;
  }
  return row;
}

function namedError(error: unknown): unknown {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  if (typeof code !== "number") return error;
  if (uniqueErrorCodes.has(code)) {
    const sentence = "a row with this key is already there";
    return new StorageError("uniqueViolation", sentence, { cause: error });
  }
  if (code % primaryCodes === sqliteBusy) {
    const sentence = "another process keeps the database locked; stop it or try again";
    return new StorageError("databaseBusy", sentence, { cause: error });
  }
  return error;
}

/**
 * One connection to an SQLite file with its prepared statements. Every method computes at once, on
 * this thread.
 */
export class SqliteConnection {
  readonly #database: DatabaseSync;
  readonly #statements = new BoundedCache<string, Prepared>(statementLimit);

  private constructor(database: DatabaseSync) {
    this.#database = database;
    registerODataFunctions(database);
  }

  /** A connection that can't write. */
  static openReader(path: string): SqliteConnection {
    return new SqliteConnection(
      new DatabaseSync(path, { readOnly: true, timeout: readBusyTimeoutMs }),
    );
  }

  /** The connection that writes; it creates the file and sets write-ahead logging. */
  static openWriter(path: string, synchronous: Synchronous): SqliteConnection {
    const database = new DatabaseSync(path, {
      timeout: readBusyTimeoutMs,
      enableForeignKeyConstraints: true,
    });
    database.exec("PRAGMA journal_mode = WAL");
    database.exec(`PRAGMA synchronous = ${synchronous}`);
    // From here on a busy file is waited for without blocking the event loop.
    database.exec("PRAGMA busy_timeout = 0");
    return new SqliteConnection(database);
  }

  /**
   * True between BEGIN and COMMIT or ROLLBACK; some errors (a full disk) end a transaction by
   * themselves.
   */
  get isInTransaction(): boolean {
    return this.#database.isTransaction;
  }

  /**
   * Makes a function without arguments known to this connection's SQL; it is called anew each time.
   */
  defineFunction(name: string, compute: () => number): void {
    this.#database.function(name, compute);
  }

  execute(sql: string): void {
    this.#database.exec(sql);
  }

  all(sql: string, values: readonly SqlValue[] = []): readonly Row[] {
    const { statement, names } = this.#prepared(sql);
    try {
      const rows = statement.all(...bindAll(values)) as unknown as readonly SqlValue[][];
      return rows.map((row) => rowFrom(names, row));
    } catch (error) {
      throw namedError(error);
    }
  }

  get(sql: string, values: readonly SqlValue[] = []): Row | undefined {
    const { statement, names } = this.#prepared(sql);
    try {
      const row = statement.get(...bindAll(values)) as unknown as SqlValue[] | undefined;
      return row && rowFrom(names, row);
    } catch (error) {
      throw namedError(error);
    }
  }

  run(sql: string, values: readonly SqlValue[] = []): number {
    const { statement } = this.#prepared(sql);
    try {
      return Number(statement.run(...bindAll(values)).changes);
    } catch (error) {
      throw namedError(error);
    }
  }

  *iterate(sql: string, values: readonly SqlValue[] = []): Generator<Row, void, void> {
    const { statement, names } = this.#prepared(sql);
    for (const row of statement.iterate(...bindAll(values))) {
      yield rowFrom(names, row as unknown as readonly SqlValue[]);
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepared(sql: string): Prepared {
    return this.#statements.obtain(sql, () => {
      const statement = this.#database.prepare(sql);
      statement.setReadBigInts(true);
      statement.setReturnArrays(true);
      return { statement, names: statement.columns().map(({ name }) => name) };
    });
  }
}
