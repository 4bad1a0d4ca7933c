import { type PairState, pairStates } from "../../../src/sync/pair/pair.ts";
import { type FaultKind, faultKinds } from "../schedule/schedule.ts";

/** How often a fault that can strike a pair in a state must do so in a campaign. */
export const enough = 100;

type Rule = (kind: FaultKind, state: PairState) => boolean;

const isAny =
  <T extends string>(...names: readonly T[]) =>
  (name: T): boolean =>
    names.includes(name);

const aroundPost = isAny<PairState>(
  "creating-referral",
  "inviting-microsoft",
  "retrying",
  "sibling",
  "unlinked",
);
const atRest = isAny<PairState>("held", "asking", "refusing", "in-step");
const isCrmWriteLost = isAny<FaultKind>("crm-timeout-before-commit", "crm-timeout-after-commit");
const isAboutRecord = isAny<FaultKind>("crm-permission-lost", "crm-version-churn");

/**
 * Combinations that can't be met, each with the reason. A fault strikes a pair when a call about
 * it is made, or at the moment of the change that the fault is about. Of two pairs of one deal both
 * are struck, so a state that only one of them can be in isn't ruled out for the other's sake.
 */
const unreachable: readonly { readonly reason: string; readonly holds: Rule }[] = [
  {
    reason: "only a POST can land late, and the pair is in another state while one is sent",
    holds: (kind, state) => kind === "late-landing" && !aroundPost(state),
  },
  {
    reason: "nothing is written to Partner Center in that state",
    holds: (kind, state) =>
      kind === "timeout-after-commit" &&
      isAny<PairState>("unshared", "probing", "waiting", "held", "refusing", "paused")(state),
  },
  {
    reason: "a referral is read by its id only once the pair is on record as looking",
    holds: (kind, state) => kind === "permission-lost" && atRest(state),
  },
  {
    reason: "the pair isn't read any more",
    holds: (kind, state) => kind === "permission-lost" && state === "unlinked",
  },
  {
    reason: "nothing is written to the CRM in that state",
    holds: (kind, state) =>
      isCrmWriteLost(kind) &&
      !isAny<PairState>(
        "creating-deal",
        "writing-crm",
        "planning",
        "retrying",
        "dead",
        "sibling",
        "asking",
      )(state),
  },
  {
    reason: "the CRM record is gone",
    holds: (kind, state) => isAboutRecord(kind) && state === "deleted",
  },
];

/** Said of a combination that a longer campaign may meet. */
export const notMet = "not met in this campaign";

/** Faults against the engine's states: how often each fault struck a pair in each state. */
export interface Coverage {
  /** Combinations that were met at all. */
  readonly reached: number;
  readonly rarerThan100: number;
  /** What was met, but fewer than a hundred times. */
  readonly rare: Readonly<Record<string, number>>;
  /** What was met although it is said here that it can't be: the reason is wrong. */
  readonly wrong: readonly string[];
  /** What was never met, with the reason where it can't be. */
  readonly never: Readonly<Record<string, string>>;
  readonly table: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** The table of a campaign's counts, which are kept as `fault state`. */
export function coverageOf(counts: Readonly<Record<string, number>>): Coverage {
  const table: Record<string, Record<string, number>> = {};
  const rare: Record<string, number> = {};
  const never: Record<string, string> = {};
  const wrong: string[] = [];
  let reached = 0;
  for (const kind of faultKinds) {
    const row: Record<string, number> = {};
    for (const state of pairStates) {
      const key = `${kind} ${state}`;
      const count = counts[key] ?? 0;
      row[state] = count;
      if (count > 0) reached += 1;
      if (count > 0 && count < enough) rare[key] = count;
      const known = unreachable.find(({ holds }) => holds(kind, state));
      if (known && count > 0) wrong.push(key);
      if (count === 0) never[key] = known?.reason ?? notMet;
    }
    table[kind] = row;
  }
  return { reached, rarerThan100: Object.keys(rare).length, rare, wrong, never, table };
}
