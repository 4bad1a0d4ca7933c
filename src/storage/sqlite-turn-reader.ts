import { setImmediate as atEndOfTurn } from "node:timers";
import type { Row, SqlValue } from "./port.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

/**
 * Reads that share one snapshot for a turn of the event loop, so that the file is locked and
 * unlocked once a turn and not once a read.
 *
 * Invariant: no snapshot outlives its turn, nor a commit of this process (`end` is called before
 * it). Another process may commit while a turn runs; what it tells us afterwards arrives in a later
 * turn, which sees that commit.
 */
export class SqliteTurnReader {
  readonly #connection: SqliteConnection;
  #isOpen = false;
  readonly #endOfTurn = (): void => this.end();

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  all(sql: string, values?: readonly SqlValue[]): readonly Row[] {
    this.#begin();
    return this.#connection.all(sql, values);
  }

  get(sql: string, values?: readonly SqlValue[]): Row | undefined {
    this.#begin();
    return this.#connection.get(sql, values);
  }

  /** Ends the snapshot; the next read begins another. */
  end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#connection.execute("COMMIT");
  }

  close(): void {
    this.end();
    this.#connection.close();
  }

  #begin(): void {
    if (this.#isOpen) return;
    this.#connection.execute("BEGIN");
    this.#isOpen = true;
    atEndOfTurn(this.#endOfTurn);
  }
}
