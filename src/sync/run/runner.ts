import type { Transaction } from "../../storage/port.ts";

/** Which work goes first when several keys are due. */
export type Priority =
  | "interactive"
  | "expiring"
  | "outbound"
  | "read"
  | "poll"
  | "backfill"
  | "audit";

/**
 * Runs at most one handler per key at a time; a submitted key runs at least once after the submit
 * commits.
 */
export interface Runner {
  start(handler: (key: string, signal: AbortSignal) => Promise<void>): Promise<void>;
  /** The same key at the same moment: one run. */
  submit(
    key: string,
    options: {
      readonly transaction: Transaction;
      readonly dueAt?: Date;
      readonly priority?: Priority;
    },
  ): Promise<void>;
  /** Drains, then resolves. */
  stop(): Promise<void>;
}
