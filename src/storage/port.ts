/**
 * A value that both databases can bind and return. Booleans are stored as 0 and 1, dates and
 * documents as text.
 */
export type SqlValue = string | number | bigint | null | Uint8Array;

/** A row by column name. */
export type Row = Readonly<Record<string, SqlValue>>;

/** What can be asked inside or outside a transaction. `?` marks a bound value in either dialect. */
export interface Queryable {
  all(sql: string, values?: readonly SqlValue[]): Promise<readonly Row[]>;
  get(sql: string, values?: readonly SqlValue[]): Promise<Row | undefined>;
}

/** An open write transaction. It must not be used after its function has settled. */
export interface Transaction extends Queryable {
  /** Runs a statement; resolves to the number of rows that it changed. */
  run(sql: string, values?: readonly SqlValue[]): Promise<number>;
}

/**
 * The names of the supported databases; differences between them are data, never scattered
 * branches.
 */
export type DialectName = "sqlite" | "postgres";

/**
 * A database with serialised write transactions.
 *
 * Guarantees: `transaction` commits when its function resolves and rolls back when it rejects;
 * once it has resolved the
 * change survives a kill -9. Two transactions never interleave in a way that one could lose the
 * other's write.
 * The caller's duty: no network call is awaited inside a transaction.
 */
export interface Database extends Queryable {
  readonly dialect: DialectName;
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Rows one by one, in constant memory. */
  iterate(sql: string, values?: readonly SqlValue[]): AsyncIterable<Row>;
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
