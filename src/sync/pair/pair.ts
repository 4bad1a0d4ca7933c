import type { Referral } from "../../contract/index.ts";
import type { CrmFields, CrmValue } from "../../crm/port.ts";
import type { Priority } from "../run/runner.ts";

/** The two systems that a pair connects. */
export type Side = "referral" | "crm";

/** Values by the mapping's field name, in one side's own form. */
export type FieldValues = Readonly<Record<string, CrmValue>>;

/**
 * Between which two moments of our own clock a field changed: the last look that found it as
 * before, and the first that didn't.
 */
export interface SeenChange {
  readonly after: number;
  readonly by: number;
}

/** What is known of one side of a pair. */
export interface SideState<Document> {
  readonly id: string;
  /** ETag or CRM version: opaque, never ordered. */
  readonly version: string;
  /** The side's own modification stamp; the only order there is. */
  readonly stamp: string;
  /**
   * What was last *seen*, as received; undefined where it isn't kept (a deal that nobody shares).
   */
  readonly document: Document | undefined;
  /** What was last *agreed*, in this side's own form. A field that was never agreed is absent. */
  readonly shadow: FieldValues;
  /** Fields whose seen value differs from the shadow, with the time in which that happened. */
  readonly changes: Readonly<Record<string, SeenChange>>;
  /** Our clock at the last look, in milliseconds. */
  readonly lookedAt: number;
  /** The epoch of that look. */
  readonly epoch: number;
  /** Who changed it last, where the side tells. */
  readonly changedBy?: string;
  /** Where a person opens it. */
  readonly url?: string;
  /** `deleted`: explicitly and confirmed. `missing`: it can't be seen, which proves nothing. */
  readonly presence: "present" | "missing" | "deleted";
}

/** The referral's side of a pair. */
export type ReferralSide = SideState<Referral>;

/** The CRM's side of a pair. */
export type CrmSide = SideState<CrmFields>;

/** One field of a write that is under way or done. */
export interface FieldWrite {
  readonly field: string;
  /** What is written, in the receiving side's form. */
  readonly value: CrmValue;
  /** What the receiving side had. */
  readonly old: CrmValue;
  /** What it was derived from, in the giving side's form. */
  readonly source: CrmValue;
  /** A list has shown the value there while the outcome of the write wasn't known. */
  readonly isMet?: true;
}

/**
 * The durable memo of a write: stored before the call, so that its effect is never taken for
 * somebody else's edit.
 */
export interface Attempt {
  readonly id: string;
  readonly side: Side;
  readonly at: number;
  /**
   * The version that the write demands; as long as the side still has it, the write may yet land.
   */
  readonly version: string;
  readonly writes: readonly FieldWrite[];
  /** Writes of earlier attempts at the same version whose outcome was never known. */
  readonly earlier: readonly FieldWrite[];
  /** Finished steps of a CRM write, by step key. */
  readonly steps: Readonly<Record<string, string>>;
  /** Of a deal to be made: every try so far was certainly not carried out. */
  readonly isRefused?: true | undefined;
}

/** What a referral that we may have created looks like. */
export interface Fingerprint {
  readonly externalReferenceId: string;
  readonly engagementId?: string;
  readonly type: string;
  /** The targets as `type:id`, sorted. */
  readonly target: readonly string[];
  /**
   * A stamp of the server's own clock from before the first try; the empty string where none was
   * known.
   */
  readonly notBefore: string;
}

/** The durable intent to create a referral: the only operation that can duplicate. */
export interface Creation {
  readonly requestId: string;
  readonly fingerprint: Fingerprint;
  readonly at: number;
  /** What was sent: a repeated request must be the same request. */
  readonly document: Referral;
  /** Fields sent, to become the CRM's shadow when the answer is known. */
  readonly writes: readonly FieldWrite[];
  /** The deal's stage then. It isn't sent: the server says in which state a referral begins. */
  readonly stage?: { readonly field: string; readonly crm: CrmValue } | undefined;
  /** Set when a try ended without a known outcome: no new try before a probe after this moment. */
  readonly probeAt?: number | undefined;
  readonly tries: number;
}

/** Why a field is left alone on both sides until somebody decides. */
export interface Park {
  readonly reason: "conflict" | "breaker" | "undo" | "operator" | "refused";
  readonly at: number;
  /**
   * For `refused`: the side that refused, and what the value was derived from; another one may be
   * tried.
   */
  readonly side?: Side;
  readonly source?: CrmValue;
}

/** What both sides said when a person decided. */
export interface SeenValues {
  readonly referral: CrmValue;
  readonly crm: CrmValue;
}

/**
 * What a person decided for a field; carried out once, and only over the values that the person
 * saw:
 * a value that came later is asked about anew. `value` is in the referral's form.
 */
export type Decision =
  | { readonly take: "referral" | "crm"; readonly over: SeenValues }
  | { readonly take: "value"; readonly value: CrmValue; readonly over: SeenValues }
  | {
      /** Writes one side only. */
      readonly take: "undo";
      readonly side: Side;
      readonly value: CrmValue;
      /** What our write left there; another value is somebody's later edit, which stays. */
      readonly instead: CrmValue;
    };

/** A value that isn't carried over, with the reason and what a person can do. */
export interface Refusal {
  readonly field: string;
  /** The side that doesn't receive it. */
  readonly side: Side;
  readonly reason: string;
  readonly remedy: string;
}

/** Why a pair doesn't move on by itself, or when it tries again. */
export interface PairProblem {
  readonly code: string;
  readonly sentence: string;
  readonly remedy: string;
  readonly side: Side;
  readonly field?: string;
  readonly tries: number;
  readonly since: number;
  /** The next try, by our clock; absent for a dead letter, which waits for a person. */
  readonly retryAt?: number;
  /** What would be called next: `PATCH referral`. */
  readonly nextCall: string;
}

/** The states of a pair; every pair is in exactly one, derived from its row (see pair-state.ts). */
export const pairStates = [
  "unshared",
  "matching",
  "creating-referral",
  "probing",
  "inviting-microsoft",
  "creating-deal",
  "looking",
  "planning",
  "writing-referral",
  "writing-crm",
  "waiting",
  "held",
  "asking",
  "refusing",
  "in-step",
  "retrying",
  "dead",
  "paused",
  "deleted",
  "unlinked",
  "sibling",
] as const;

/** The state of a pair. */
export type PairState = (typeof pairStates)[number];

/**
 * One referral and one CRM record that are kept in step; as long as one side is missing, what waits
 * for the other.
 */
export interface Pair {
  readonly id: string;
  /**
   * How often it was stored; 0 for a pair that is new. A commit refuses a pair whose revision is no
   * longer current.
   */
  readonly revision: number;
  readonly state: PairState;
  /**
   * `sibling`: another referral of an engagement, shown but never linked to a deal. `double`: a
   * referral that stands for a deal that has one already.
   */
  readonly role: "deal" | "sibling" | "double";
  /** The side that it began on. */
  readonly origin: Side;
  readonly referral?: ReferralSide | undefined;
  readonly crm?: CrmSide | undefined;
  readonly engagementId?: string | undefined;
  /** Normalised names of customer and deal, for the first match. */
  readonly matchKey?: string | undefined;
  /** The other side's id as this side names it, where that isn't the one that it is linked to. */
  readonly claim?: string | undefined;
  /** When it should be reconciled next. */
  readonly due?: { readonly at: number; readonly priority: Priority } | undefined;
  /**
   * Sides that must be read before anything is planned. `proof`: because the side refused what was
   * seen.
   */
  readonly look: {
    readonly referral?: "hint" | "proof" | undefined;
    readonly crm?: "hint" | "proof" | undefined;
  };
  /** The CRM reported a deletion that isn't confirmed yet. */
  readonly isToldDeleted?: true | undefined;
  readonly attempt?: Attempt | undefined;
  readonly creation?: Creation | undefined;
  /** The second leg of a co-sell: Microsoft's side of the engagement. */
  readonly invitation?: Creation | "wanted" | "done" | undefined;
  readonly parked: Readonly<Record<string, Park>>;
  readonly decisions: Readonly<Record<string, Decision>>;
  readonly refusals: readonly Refusal[];
  readonly problem?: PairProblem | undefined;
  /** Our recent writes by field: `[milliseconds, side]`, for the breaker. */
  readonly recentWrites: Readonly<Record<string, readonly (readonly [number, Side])[]>>;
  readonly paused?: true | undefined;
  /** The deletion of its deal counts in the brake's hour already. */
  readonly isDeletionCounted?: true | undefined;
  /** A person who was asked at the brake said that the deletion of its deal is to be ignored. */
  readonly isDeletionIgnored?: true | undefined;
  /** It has something to write, but writes wait for approval or are paused as a whole. */
  readonly waits?: true | undefined;
  /** A question about the pair as a whole: the inbox item's id. */
  readonly asks?: string | undefined;
  /** A person said that no deal stands for the referral. */
  readonly isUnmatched?: true | undefined;
  /** A person said that the referral is to be closed: it is one too many. */
  readonly isToClose?: true | undefined;
  /** The deal waits in the CRM's holding stage. */
  readonly isHeld?: true | undefined;
  /** Writes in a row that were refused as stale. */
  readonly staleTries?: number | undefined;
  /** What we last wrote into the CRM's state fields, by CRM field. */
  readonly shown?: Readonly<Record<string, CrmValue>> | undefined;
  /** Set when the pair is over: it is never revived or linked anew by itself. */
  readonly ended?: "unlinked" | "deletion-ignored" | "not-imported" | undefined;
  /**
   * Our clock when news of it was last stored: what belongs to it on the other side existed by
   * then, so a walk that began later shows it.
   */
  readonly newsAt?: number | undefined;
  /** The epoch in which both sides were last compared. */
  readonly epoch: number;
  readonly createdAt: number;
  readonly settledAt?: number | undefined;
}
