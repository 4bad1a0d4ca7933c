/** The promises of the engine, each by the name under which a breach is reported. */
export const invariants = [
  "converges or an inbox item is open",
  "no lost update",
  "no invented value",
  "at most one live record per pair and side",
  "zero writes at rest",
  "at most one write per side per edit without faults",
  "no resurrection, no delete from absence",
  "never more than N calls in any 60 s window, across restarts",
  "no flip-flop",
  "redelivery is a no-op",
  "a crash at any point gives the same final state",
  "bounded staleness",
  "tenants isolated",
  "history replays",
  "dry run equals run",
  "contact data leaves only with consent",
  "no write is refused as invalid",
  "no write before a person allowed it",
  "the engine does not fail",
] as const;

/** The name of a promise. */
export type Invariant = (typeof invariants)[number];

/** One breach: which promise, when, and what was seen. */
export interface Violation {
  readonly invariant: Invariant;
  /** Virtual milliseconds after the start of the world. */
  readonly at: number;
  readonly what: string;
}
