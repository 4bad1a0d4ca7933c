/** What goes wrong with one request to an emulator. */
export type Mishap =
  /** An answer of this status instead of the right one; nothing is done. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly retryAfterSeconds?: number;
      /** The body, in the vendor's own form where the emulator makes none. */
      readonly body?: string;
    }
  /** The connection breaks before anything is done. */
  | { readonly kind: "lost-before" }
  /** The work is done, and the connection breaks before the answer. */
  | { readonly kind: "lost-after" };

/** Which requests a mishap meets; the first that fits takes it. */
export interface MishapTrigger {
  readonly method?: string;
  /** A part of the path. */
  readonly path?: string;
  /** Requests that fit and pass before the mishap strikes. */
  readonly after?: number;
}

/** Mishaps that a test can arrange. */
export class Mishaps {
  readonly #planned: { mishap: Mishap; trigger: MishapTrigger; passed: number }[] = [];
  readonly #hidden = new Set<string>();

  /** The next request that fits meets the mishap, once. */
  failNext(mishap: Mishap, trigger: MishapTrigger = {}): void {
    this.#planned.push({ mishap, trigger, passed: 0 });
  }

  /** The mishap that a request meets, if any; it is used up. */
  take(method: string, path: string): Mishap | undefined {
    for (const [index, plan] of this.#planned.entries()) {
      const { mishap, trigger } = plan;
      if (trigger.method !== undefined && trigger.method !== method) continue;
      if (trigger.path !== undefined && !path.includes(trigger.path)) continue;
      if (plan.passed < (trigger.after ?? 0)) {
        plan.passed += 1;
        continue;
      }
      this.#planned.splice(index, 1);
      return mishap;
    }
    return undefined;
  }

  /** The row can't be seen any more by callers without a right to everything. */
  hide(id: string): void {
    this.#hidden.add(id);
  }

  /** Undoes `hide`. */
  show(id: string): void {
    this.#hidden.delete(id);
  }

  isHidden(id: string): boolean {
    return this.#hidden.has(id);
  }

  /** True where the caller no longer sees everything. */
  get hidesAnything(): boolean {
    return this.#hidden.size > 0;
  }
}
