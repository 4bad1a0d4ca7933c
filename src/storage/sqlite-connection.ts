import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { BoundedCache } from "./bounded-cache.ts";
import { registerODataFunctions } from "./odata-sqlite-functions.ts";
import type { Row, SqlValue } from "./port.ts";
import { StorageError } from "./storage-error.ts";
import { assertStorable, numberWhereExact } from "./values.ts";

const statementLimit = 500;
const readBusyTimeoutMs = 2_000;
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

function numbersWhereExact(row: Record<string, SqlValue>): Row {
  for (const name in row) {
    const value = row[name];
    if (typeof value === "bigint") row[name] = numberWhereExact(value);
  }
  return row;
}

interface Prepared {
  readonly statement: StatementSync;
  /** False where no column can hold an integer, so that its rows need no second look. */
  readonly mayHoldIntegers: boolean;
}

/**
 * SQLite's rules of affinity (https://sqlite.org/datatype3.html section 3.1): a text or real column
 * never holds an integer. The declared types are those of a compound select's first part only.
 */
function mayHoldIntegers(sql: string, statement: StatementSync): boolean {
  if (/\b(?:union|intersect|except)\b/i.test(sql)) return true;
  return statement.columns().some(({ type }) => {
    const declared = type ?? "";
    return /int/i.test(declared) || !/char|clob|text|real|floa|doub/i.test(declared);
  });
}

function namedError(error: unknown): unknown {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  if (typeof code !== "number" || !uniqueErrorCodes.has(code)) return error;
  return new StorageError("uniqueViolation", "a row with this key is already there", {
    cause: error,
  });
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
    const { statement, mayHoldIntegers } = this.#prepared(sql);
    try {
      const rows = statement.all(...bindAll(values)) as Record<string, SqlValue>[];
      return mayHoldIntegers ? rows.map(numbersWhereExact) : rows;
    } catch (error) {
      throw namedError(error);
    }
  }

  get(sql: string, values: readonly SqlValue[] = []): Row | undefined {
    const { statement, mayHoldIntegers } = this.#prepared(sql);
    try {
      const row = statement.get(...bindAll(values)) as Record<string, SqlValue> | undefined;
      return row && mayHoldIntegers ? numbersWhereExact(row) : row;
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
    const { statement } = this.#prepared(sql);
    for (const row of statement.iterate(...bindAll(values))) {
      yield numbersWhereExact(row as Record<string, SqlValue>);
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  /** Integers are read as bigints: read as numbers, the smallest one is rounded without a word. */
  #prepared(sql: string): Prepared {
    return this.#statements.obtain(sql, () => {
      const statement = this.#database.prepare(sql);
      statement.setReadBigInts(true);
      return { statement, mayHoldIntegers: mayHoldIntegers(sql, statement) };
    });
  }
}
