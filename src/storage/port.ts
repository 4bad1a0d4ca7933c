/**
 * A value that both databases can bind and return. Booleans are stored as 0 and 1, dates and
 * documents as text.
 */
export type SqlValue = string | number | bigint | null | Uint8Array;

/**
 * A row by column name. Integers come back as numbers where a number holds them exactly, else as
 * bigints.
 */
export type Row = Readonly<Record<string, SqlValue>>;

/** What can be asked inside or outside a transaction. `?` marks a bound value in either dialect. */
export interface Queryable {
  all(sql: string, values?: readonly SqlValue[]): Promise<readonly Row[]>;
  get(sql: string, values?: readonly SqlValue[]): Promise<Row | undefined>;
}

/**
 * An open write transaction. Using it after its function has settled is an assertion failure. A
 * statement that fails dooms it: nothing further is done, and it rolls back even where its function
 * goes on and resolves.
 */
export interface Transaction extends Queryable {
  /** Runs a statement; resolves to the number of rows that it changed. */
  run(sql: string, values?: readonly SqlValue[]): Promise<number>;
}

/**
 * The names of the supported databases; differences between them are data, never scattered
 * branches.
 */
export type DialectName = "sqlite" | "postgres";

/** The bounds of a query that may have to read a whole table. */
export interface ScanOptions {
  /**
   * Milliseconds of computing after which the scan rejects with StorageError `timeLimitExceeded`.
   */
  readonly timeLimitMs: number;
}

/**
 * A database with serialised write transactions.
 *
 * Guarantees: `transaction` commits when its function resolves and rolls back when it rejects; once
 * it has resolved the change survives a kill -9. Two transactions never interleave in a way that
 * one could lose the other's write. A read outside a transaction sees every transaction that had
 * resolved before it began, and no unfinished one.
 * The caller's duty: no network call is awaited inside a transaction; its function may be run again
 * from the start (after a serialisation failure on PostgreSQL), so it changes nothing but the
 * database; it doesn't begin another transaction.
 */
export interface Database extends Queryable {
  readonly dialect: DialectName;
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Rows one by one, in constant memory, from one snapshot. For queries that an index serves. */
  iterate(sql: string, values?: readonly SqlValue[]): AsyncIterable<Row>;
  /**
   * As `iterate`, for queries that no index serves: computed away from the event loop, under a time
   * limit.
   */
  scan(sql: string, values: readonly SqlValue[], options: ScanOptions): AsyncIterable<Row>;
  /**
   * Writes a consistent copy to a new file while work goes on; undefined where the database has
   * tools of its own for it.
   */
  readonly backup: ((path: string) => Promise<void>) | undefined;
  /** Waits for running transactions, refuses new ones, releases everything. */
  close(): Promise<void>;
}

/**
 * One numbered change of the schema. Migrations of one `schema` name run in order, each once, each
 * in a transaction.
 */
export interface Migration {
  readonly version: number;
  readonly statements: readonly string[];
}

/**
 * Small JSON texts by kind and key, each with an optional end of life (milliseconds since 1970).
 */
export interface DocumentStore {
  /** The text, or undefined where there is none or its life has ended. */
  get(kind: string, key: string): Promise<string | undefined>;
  put(kind: string, key: string, text: string, expiresAtMs?: number): Promise<void>;
  /**
   * Stores a first text and resolves to the one that is there: of two callers at once both get the
   * winner's.
   */
  putFirst(kind: string, key: string, text: string): Promise<string>;
  /** Removes a text and resolves to it: of two callers at once only one gets it. */
  take(kind: string, key: string): Promise<string | undefined>;
  /** Removes what has ended; resolves to how many there were. */
  sweep(): Promise<number>;
}
