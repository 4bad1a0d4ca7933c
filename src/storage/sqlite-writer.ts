import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../runtime/index.ts";
import type { Transaction } from "./port.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { StorageError } from "./storage-error.ts";
import { TransactionScopes } from "./transaction-scope.ts";

const groupLimit = 64;
const waitingLimit = 10_000;
const busyLimitMs = 5_000;
const busyStepMs = 5;
const sqliteBusy = 5;

interface Member {
  /**
   * Runs the member's function; resolves to the action that tells its caller, to be called after
   * the commit.
   */
  readonly perform: (transaction: Transaction) => Promise<{ keep: boolean; settle: () => void }>;
  readonly fail: (error: unknown) => void;
}

/**
 * The queue of write transactions on one SQLite connection.
 *
 * Transactions that wait at the same time share one commit: each runs inside its own savepoint,
 * alone, and resolves only after the shared commit. Invariant: a member that fails takes back its
 * own changes only; when the shared commit fails, every member rejects.
 */
export class SqliteWriter {
  readonly #connection: SqliteConnection;
  readonly #clock: Clock;
  readonly #beforeCommit: () => void;
  readonly #scopes = new TransactionScopes();
  readonly #waiting: Member[] = [];
  readonly #transaction: Transaction;
  #draining: Promise<void> | undefined;
  #closed = false;

  /** `beforeCommit` is called at once before each COMMIT, within the same turn. */
  constructor(connection: SqliteConnection, clock: Clock, beforeCommit = (): void => {}) {
    this.#connection = connection;
    this.#clock = clock;
    this.#beforeCommit = beforeCommit;
    this.#transaction = {
      all: async (sql, values) => connection.all(sql, values),
      get: async (sql, values) => connection.get(sql, values),
      run: async (sql, values) => connection.run(sql, values),
    };
  }

  async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    this.#scopes.assertNotNested();
    if (this.#closed) throw new StorageError("databaseClosed", "the database has been closed");
    if (this.#waiting.length >= waitingLimit) {
      throw new StorageError(
        "databaseBusy",
        "too many changes wait to be written: try again later",
      );
    }
    const inCallersContext = AsyncLocalStorage.snapshot();
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({
        fail: reject,
        perform: (transaction) =>
          inCallersContext(() => this.#scopes.run(transaction, work)).then(
            (result) => ({ keep: true, settle: () => resolve(result) }),
            (error: unknown) => ({ keep: false, settle: () => reject(error) }),
          ),
      });
      this.#draining ??= this.#drain();
    });
  }

  /** Refuses new transactions and resolves when the accepted ones have settled. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) await this.#commitGroup();
    this.#draining = undefined;
  }

  async #commitGroup(): Promise<void> {
    const members: Member[] = [];
    const settlements: (() => void)[] = [];
    try {
      await this.#begin();
      await this.#performWaiting(members, settlements);
      // One turn of the event loop: requests that arrived meanwhile join, and the disk is waited
      // for once.
      await nextTurn();
      await this.#performWaiting(members, settlements);
      this.#beforeCommit();
      this.#connection.execute("COMMIT");
    } catch (error) {
      if (this.#connection.isInTransaction) this.#connection.execute("ROLLBACK");
      if (members.length === 0) members.push(...this.#waiting.splice(0, groupLimit));
      for (const member of members) member.fail(error);
      return;
    }
    for (const settle of settlements) settle();
  }

  async #performWaiting(members: Member[], settlements: (() => void)[]): Promise<void> {
    while (members.length < groupLimit) {
      const member = this.#waiting.shift();
      if (!member) return;
      members.push(member);
      this.#connection.execute("SAVEPOINT member");
      const { keep, settle } = await member.perform(this.#transaction);
      if (!this.#connection.isInTransaction) {
        throw new Error("SQLite gave up the transaction; nothing of it was kept");
      }
      if (!keep) this.#connection.execute("ROLLBACK TO member");
      this.#connection.execute("RELEASE member");
      settlements.push(settle);
    }
  }

  async #begin(): Promise<void> {
    const giveUpAt = this.#clock.now() + busyLimitMs;
    for (;;) {
      try {
        this.#connection.execute("BEGIN IMMEDIATE");
        return;
      } catch (error) {
        if (((error as { errcode?: number }).errcode ?? 0) % 256 !== sqliteBusy) throw error;
        if (this.#clock.now() >= giveUpAt) {
          const sentence = "another process keeps the database locked; stop it or try again";
          throw new StorageError("databaseBusy", sentence, { cause: error });
        }
      }
      await this.#clock.sleep(busyStepMs);
    }
  }
}
