import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../runtime/index.ts";
import type { Database, Row, ScanOptions, SqlValue, Transaction } from "./port.ts";
import { backUp } from "./sqlite-backup.ts";
import { SqliteConnection, type Synchronous } from "./sqlite-connection.ts";
import { SqliteScans } from "./sqlite-scans.ts";
import { SqliteTurnReader } from "./sqlite-turn-reader.ts";
import { SqliteWriter } from "./sqlite-writer.ts";
import { StorageError } from "./storage-error.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";

const idleReaderLimit = 4;
const rowsPerTurn = 100;

/** How an SQLite database is opened. */
export interface SqliteOptions {
  readonly clock: Clock;
  readonly synchronous: Synchronous;
}

/**
 * An SQLite file: one connection writes, one reads, and each open iteration has a reader of its
 * own.
 */
export class SqliteDatabase implements Database {
  readonly dialect = "sqlite";
  readonly #path: string;
  readonly #writerConnection: SqliteConnection;
  readonly #writer: SqliteWriter;
  readonly #reader: SqliteTurnReader;
  readonly #scans: SqliteScans;
  readonly #idleReaders: SqliteConnection[] = [];
  readonly #release: () => void;
  #closed = false;

  private constructor(path: string, options: SqliteOptions, release: () => void) {
    this.#path = path;
    this.#release = release;
    this.#writerConnection = SqliteConnection.openWriter(path, options.synchronous);
    const reader = new SqliteTurnReader(SqliteConnection.openReader(path));
    this.#reader = reader;
    this.#writer = new SqliteWriter(this.#writerConnection, options.clock, () => reader.end());
    this.#scans = new SqliteScans(path, options.clock);
  }

  /** Opens or creates a file. */
  static open(path: string, options: SqliteOptions): SqliteDatabase {
    return new SqliteDatabase(path, options, () => {});
  }

  /**
   * A database that is gone when it is closed: a file all the same, since readers and the writer
   * must be apart.
   */
  static openTemporary(options: SqliteOptions): SqliteDatabase {
    const { path, release } = makeTemporaryFolder();
    const file = join(path, "memory.db");
    return new SqliteDatabase(file, { ...options, synchronous: "OFF" }, release);
  }

  async all(sql: string, values?: readonly SqlValue[]): Promise<readonly Row[]> {
    this.#assertOpen();
    return this.#reader.all(sql, values);
  }

  async get(sql: string, values?: readonly SqlValue[]): Promise<Row | undefined> {
    this.#assertOpen();
    return this.#reader.get(sql, values);
  }

  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#writer.transaction(work);
  }

  /**
   * An open iteration pins its connection to one snapshot, so it gets a connection to itself: on a
   * shared one, other reads would not see later writes.
   */
  async *iterate(sql: string, values?: readonly SqlValue[]): AsyncGenerator<Row, void, void> {
    this.#assertOpen();
    const reader = this.#idleReaders.pop() ?? SqliteConnection.openReader(this.#path);
    try {
      let count = 0;
      for (const row of reader.iterate(sql, values)) {
        yield row;
        count += 1;
        if (count % rowsPerTurn === 0) await nextTurn();
      }
    } finally {
      if (this.#closed || this.#idleReaders.length >= idleReaderLimit) reader.close();
      else this.#idleReaders.push(reader);
    }
  }

  scan(
    sql: string,
    values: readonly SqlValue[],
    options: ScanOptions,
  ): AsyncGenerator<Row, void, void> {
    this.#assertOpen();
    return this.#scans.scan(sql, values, options.timeLimitMs);
  }

  /**
   * The copy is made in one step on a thread of the platform: a snapshot, whatever is written
   * meanwhile.
   */
  async backup(path: string): Promise<void> {
    this.#assertOpen();
    await backUp(this.#path, path);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#writer.close();
    this.#closed = true;
    await this.#scans.close();
    for (const reader of this.#idleReaders.splice(0)) reader.close();
    this.#reader.close();
    this.#writerConnection.close();
    this.#release();
  }

  #assertOpen(): void {
    if (this.#closed) throw new StorageError("databaseClosed", "the database has been closed");
  }
}
