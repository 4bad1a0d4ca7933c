import type { Invariant, Violation } from "../check/violation.ts";
import type { Outcome } from "../play.ts";
import { least } from "../schedule/scale.ts";
import type { Schedule, Settings } from "../schedule/schedule.ts";

/** A schedule that broke a promise. */
export interface Failure {
  readonly seed: number;
  readonly ledger: Settings["ledger"];
  readonly violations: readonly Violation[];
}

/** Sums over schedules; plain data, so that a worker can send it. */
export interface Tally {
  /** Schedules of at least 3 pairs, 20 edits, 5 faults of 3 kinds and 1 crash. */
  schedules: number;
  /** Played beside them, for promises that only hold without faults. */
  faultFree: number;
  crashesOnly: number;
  /** Of these, how many were compared with their world without crashes. */
  compared: number;
  /** Storms that fell short of the minimum; checked like the others, counted apart. */
  light: number;
  onSqlite: number;
  pairs: number;
  edits: number;
  faults: number;
  kinds: number;
  crashes: number;
  calls: number;
  writes: number;
  steps: number;
  violations: number;
  faultKinds: Record<string, number>;
  coverage: Record<string, number>;
  byInvariant: Partial<Record<Invariant, number>>;
  failures: Failure[];
}

/** Failures that a campaign names; the others are only counted. */
const maxFailures = 20;

/** Nothing played yet. */
export function emptyTally(): Tally {
  return {
    schedules: 0,
    faultFree: 0,
    crashesOnly: 0,
    compared: 0,
    light: 0,
    onSqlite: 0,
    pairs: 0,
    edits: 0,
    faults: 0,
    kinds: 0,
    crashes: 0,
    calls: 0,
    writes: 0,
    steps: 0,
    violations: 0,
    faultKinds: {},
    coverage: {},
    byInvariant: {},
    failures: [],
  };
}

function add(counts: Record<string, number>, name: string, count: number): void {
  counts[name] = (counts[name] ?? 0) + count;
}

/** Adds one outcome. Means are taken over full schedules only. */
export function count(
  tally: Tally,
  { seed, family, settings: { ledger } }: Schedule,
  outcome: Outcome,
): void {
  let hits = 0;
  let kinds = 0;
  for (const [kind, number] of outcome.faults) {
    add(tally.faultKinds, kind, number);
    if (kind === "crash") continue;
    hits += number;
    kinds += 1;
  }
  for (const [key, number] of outcome.coverage) add(tally.coverage, key, number);
  if (outcome.violations.length > 0) {
    tally.violations += outcome.violations.length;
    for (const { invariant } of outcome.violations)
      add(tally.byInvariant as Record<string, number>, invariant, 1);
    if (tally.failures.length < maxFailures) {
      tally.failures.push({ seed, ledger, violations: outcome.violations });
    }
  }
  if (ledger === "sqlite") tally.onSqlite += 1;
  if (outcome.isCompared) tally.compared += 1;
  tally.steps += outcome.steps;
  if (family === "calm") tally.faultFree += 1;
  else if (family === "crashes") tally.crashesOnly += 1;
  else if (
    outcome.pairs < least.pairs ||
    outcome.edits < least.edits ||
    hits < least.faults ||
    kinds < least.faultKinds ||
    outcome.crashes < least.crashes
  ) {
    tally.light += 1;
  } else {
    tally.schedules += 1;
    tally.pairs += outcome.pairs;
    tally.edits += outcome.edits;
    tally.faults += hits;
    tally.kinds += kinds;
    tally.crashes += outcome.crashes;
    tally.calls += outcome.calls;
    tally.writes += outcome.writes;
  }
}

/** Adds what another worker counted. */
export function merge(into: Tally, from: Tally): void {
  for (const name of numbers) into[name] += from[name];
  for (const [kind, number] of Object.entries(from.faultKinds)) add(into.faultKinds, kind, number);
  for (const [key, number] of Object.entries(from.coverage)) add(into.coverage, key, number);
  for (const [name, number] of Object.entries(from.byInvariant)) {
    add(into.byInvariant as Record<string, number>, name, number ?? 0);
  }
  into.failures = [...into.failures, ...from.failures]
    .sort((left, right) => left.seed - right.seed)
    .slice(0, maxFailures);
}

const numbers = [
  "schedules",
  "faultFree",
  "crashesOnly",
  "compared",
  "light",
  "onSqlite",
  "pairs",
  "edits",
  "faults",
  "kinds",
  "crashes",
  "calls",
  "writes",
  "steps",
  "violations",
] as const;
