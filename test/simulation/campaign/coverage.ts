import { type PairState, pairStates } from "../../../src/sync/pair/pair.ts";
import { type FaultKind, faultKinds } from "../schedule/schedule.ts";

/** How often a fault that can strike a pair in a state must do so in a campaign of this size. */
export const enough = 100;
const fullCampaign = 20_000;

type Rule = (kind: FaultKind, state: PairState) => boolean;

const isAny =
  <T extends string>(...names: readonly T[]) =>
  (name: T): boolean =>
    names.includes(name);

const withoutReferral = isAny<PairState>("unshared", "creating-referral", "probing");
const isAboutReferral = isAny<FaultKind>(
  "etag-churn",
  "permission-lost",
  "webhook-lost",
  "webhook-doubled",
  "webhook-late",
  "webhook-reordered",
);
const withoutRecord = isAny<PairState>(
  "matching",
  "creating-deal",
  "sibling",
  "deleted",
  "unlinked",
);
const isAboutRecord = isAny<FaultKind>("crm-permission-lost", "crm-version-churn");
const atRest = isAny<PairState>("held", "asking", "refusing", "in-step", "unlinked");
const amidstOther = isAny<PairState>(
  "matching",
  "creating-deal",
  "writing-crm",
  "inviting-microsoft",
  "asking",
  "in-step",
);
const isCrmWriteLost = isAny<FaultKind>("crm-timeout-before-commit", "crm-timeout-after-commit");
const duringCrmWrite = isAny<PairState>(
  "creating-deal",
  "writing-crm",
  "planning",
  "retrying",
  "dead",
);
const duringPost = isAny<PairState>("creating-referral", "inviting-microsoft", "retrying");
const duringReferralWrite = isAny<PairState>(
  "creating-referral",
  "inviting-microsoft",
  "retrying",
  "writing-referral",
  "deleted",
);

/**
 * Combinations that can't be met, each with the reason; a campaign that meets one fails. A fault
 * strikes the pairs of the record that a call or a change is about, or all where it is about none.
 */
const unreachable: readonly { readonly reason: string; readonly holds: Rule }[] = [
  {
    reason: "the pair has no referral yet",
    holds: (kind, state) => isAboutReferral(kind) && withoutReferral(state),
  },
  {
    reason: "the pair has no CRM record, or no longer",
    holds: (kind, state) => isAboutRecord(kind) && withoutRecord(state),
  },
  {
    reason: "only a POST can land late, and none is sent in that state",
    holds: (kind, state) => kind === "late-landing" && !duringPost(state),
  },
  {
    reason: "nothing is written to Partner Center in that state",
    holds: (kind, state) => kind === "timeout-after-commit" && !duringReferralWrite(state),
  },
  {
    reason: "nothing is written to the CRM in that state",
    holds: (kind, state) => isCrmWriteLost(kind) && !duringCrmWrite(state),
  },
  {
    reason: "a referral at rest is read by its id only once the pair is on record as looking",
    holds: (kind, state) => kind === "permission-lost" && atRest(state),
  },
  {
    reason: "the engine writes no sibling, so nobody rewrites it",
    holds: (kind, state) => kind === "peer-rewrites" && state === "sibling",
  },
];

/**
 * What only a hint can do that comes while a pair is at something else and has its referral read,
 * or a word to the seller on its way while the referral is written: it happens, the
 * rarest once in 130,000 schedules, but can't be brought about.
 */
const byChance: Rule = (kind, state) =>
  (kind === "permission-lost" && amidstOther(state)) ||
  (kind === "crm-timeout-before-commit" && state === "writing-referral");

/** Said of a combination that a longer campaign may meet. */
export const notMet = "not met in this campaign";

/** Faults against the engine's states: how often each fault struck a pair in each state. */
export interface Coverage {
  /** Combinations that were met at all. */
  readonly reached: number;
  readonly rarerThan100: number;
  /** What can be met, but was so fewer than a hundred times. */
  readonly rare: Readonly<Record<string, number>>;
  /** What can be met by chance alone: no campaign is asked for it. */
  readonly byChance: Readonly<Record<string, number>>;
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
  const chance: Record<string, number> = {};
  const wrong: string[] = [];
  let reached = 0;
  for (const kind of faultKinds) {
    const row: Record<string, number> = {};
    for (const state of pairStates) {
      const key = `${kind} ${state}`;
      const count = counts[key] ?? 0;
      row[state] = count;
      if (count > 0) reached += 1;
      const isByChance = byChance(kind, state);
      const known = unreachable.find(({ holds }) => !isByChance && holds(kind, state));
      if (!known && count < enough && !isByChance) rare[key] = count;
      if (known && count > 0) wrong.push(key);
      if (isByChance) chance[key] = count;
      if (count === 0) never[key] = known?.reason ?? notMet;
    }
    table[kind] = row;
  }
  const rarerThan100 = Object.keys(rare).length;
  return { reached, rarerThan100, rare, byChance: chance, wrong, never, table };
}

/**
 * What a campaign's table falls short of: a combination that can be met must be so a hundred times
 * in 20,000 schedules, or in proportion where there was time for fewer; one that can't, never.
 */
export function shortcomingsOf({ rare, wrong }: Coverage, schedules: number): readonly string[] {
  const share = Math.min(1, schedules / fullCampaign);
  const missed = Object.entries(rare).filter(([, count]) => count < enough * share);
  return [
    ...missed.map(([cell, count]) => `${cell} was met ${count} times only`),
    ...wrong.map((cell) => `${cell} was met, and is said to be impossible`),
  ];
}
