/** What goes wrong with one request. */
export type Fault =
  /** An answer of this status instead of the right one; nothing is done. */
  | { readonly kind: "status"; readonly status: number; readonly retryAfterSeconds?: number }
  /** The connection breaks before anything is done. */
  | { readonly kind: "lost-before" }
  /** The work is done, and the connection breaks before the answer. */
  | { readonly kind: "lost-after" };

/** Which requests a fault meets; the first that fits takes it. */
export interface FaultTrigger {
  readonly method?: string;
  /** A part of the path. */
  readonly path?: string;
  /** Requests that fit and pass before the fault strikes. */
  readonly after?: number;
}

/** Mishaps that a test can arrange. */
export class SandboxFaults {
  readonly #planned: { fault: Fault; trigger: FaultTrigger; passed: number }[] = [];
  readonly #hidden = new Set<string>();

  /** The next request that fits meets the fault, once. */
  failNext(fault: Fault, trigger: FaultTrigger = {}): void {
    this.#planned.push({ fault, trigger, passed: 0 });
  }

  /** The fault that a request meets, if any; it is used up. */
  take(method: string, path: string): Fault | undefined {
    for (const [index, plan] of this.#planned.entries()) {
      const { trigger, fault } = plan;
      if (trigger.method !== undefined && trigger.method !== method) continue;
      if (trigger.path !== undefined && !path.includes(trigger.path)) continue;
      if (plan.passed < (trigger.after ?? 0)) {
        plan.passed += 1;
        continue;
      }
      this.#planned.splice(index, 1);
      return fault;
    }
    return undefined;
  }

  /**
   * The row can't be read any more, as when the caller's role loses its organisation-wide read
   * access.
   */
  hide(id: string): void {
    this.#hidden.add(id.toLowerCase());
  }

  /** Undoes `hide`. */
  show(id: string): void {
    this.#hidden.delete(id.toLowerCase());
  }

  isHidden(id: string): boolean {
    return this.#hidden.has(id);
  }

  /** True where the caller no longer sees everything. */
  get hidesAnything(): boolean {
    return this.#hidden.size > 0;
  }
}
