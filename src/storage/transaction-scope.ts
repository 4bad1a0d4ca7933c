import assert from "node:assert";
import { AsyncLocalStorage } from "node:async_hooks";
import type { Transaction } from "./port.ts";

interface Scope {
  open: boolean;
  /** The first failed statement's error, in a box since anything can be thrown. */
  failure: { readonly error: unknown } | undefined;
}

/**
 * Runs transaction functions so that a misuse fails at once instead of hanging or losing a write,
 * and so that a failed statement dooms its transaction on every database, as it does on PostgreSQL.
 */
export class TransactionScopes {
  readonly #current = new AsyncLocalStorage<Scope>();

  /** Fails where the calling code already runs inside an open transaction of this database. */
  assertNotNested(): void {
    assert(
      this.#current.getStore()?.open !== true,
      "a transaction was begun inside another one: pass the open transaction on instead",
    );
  }

  /** Runs `work` with a transaction that stops working when `work` has settled. */
  async run<T>(target: Transaction, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const scope: Scope = { open: true, failure: undefined };
    const guarded = guardedTransaction(target, scope);
    try {
      const result = await this.#current.run(scope, work, guarded);
      if (scope.failure) throw scope.failure.error;
      return result;
    } finally {
      scope.open = false;
    }
  }
}

function guardedTransaction(target: Transaction, scope: Scope): Transaction {
  const guarded = async <T>(statement: () => Promise<T>): Promise<T> => {
    assert(scope.open, "a transaction was used after its function had settled");
    if (scope.failure) throw scope.failure.error;
    try {
      return await statement();
    } catch (error) {
      scope.failure ??= { error };
      throw error;
    }
  };
  return {
    all: (sql, values) => guarded(() => target.all(sql, values)),
    get: (sql, values) => guarded(() => target.get(sql, values)),
    run: (sql, values) => guarded(() => target.run(sql, values)),
  };
}
