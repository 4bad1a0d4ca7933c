import assert from "node:assert";
import { AsyncLocalStorage } from "node:async_hooks";
import type { Transaction } from "./port.ts";

interface Scope {
  open: boolean;
}

/** Runs transaction functions so that a nested or a late use fails at once instead of hanging or losing a write. */
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
    const scope: Scope = { open: true };
    const assertOpen = (): void =>
      assert(scope.open, "a transaction was used after its function had settled");
    const guarded: Transaction = {
      all: async (sql, values) => {
        assertOpen();
        return target.all(sql, values);
      },
      get: async (sql, values) => {
        assertOpen();
        return target.get(sql, values);
      },
      run: async (sql, values) => {
        assertOpen();
        return target.run(sql, values);
      },
    };
    try {
      return await this.#current.run(scope, work, guarded);
    } finally {
      scope.open = false;
    }
  }
}
