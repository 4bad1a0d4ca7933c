/*
 * What the operator's API sends and takes: the words that the operations server, the dashboard and
 * the command line share. Moments are milliseconds since 1970 unless a name ends in DateTime.
 */

/** A value of a field, in either side's own form. */
export type PlainValue =
  | string
  | number
  | boolean
  | null
  | readonly PlainValue[]
  | { readonly [name: string]: PlainValue };

/** One of the two systems that a deal lies in. */
export type DealSide = "referral" | "crm";

/** What a signed-in person may do: a viewer looks, an operator also decides. */
export type OperatorRole = "viewer" | "operator";

/** Who asks, and how one signs in here. */
export interface OperatorSession {
  /** False: nobody needs to sign in, because only this machine can ask. */
  readonly isRequired: boolean;
  readonly name?: string;
  readonly role?: OperatorRole;
  readonly canUsePassword: boolean;
  /** What the button of the OpenID Connect provider says. */
  readonly openIdLabel?: string;
  readonly environment: string;
}

/** Why a deal doesn't move on by itself. */
export interface DealProblem {
  readonly code: string;
  readonly sentence: string;
  readonly remedy: string;
  readonly side: DealSide;
  readonly field?: string;
  readonly tries: number;
  readonly since: number;
  /** The next try; absent where it waits for a person. */
  readonly retryAt?: number;
  readonly nextCall: string;
}

/** One side of a deal in a list. */
export interface DealSideSummary {
  readonly id: string;
  readonly lookedAt: number;
  /** The side's own modification stamp. */
  readonly changedAt: string;
  readonly values: Readonly<Record<string, PlainValue>>;
  readonly url?: string;
}

/** A deal in a list: what it is called, how it stands, and both sides' headline values. */
export interface DealSummary {
  readonly id: string;
  readonly title: string;
  readonly state: string;
  /** The state in words of the trade. */
  readonly sentence: string;
  /** True where a person must do something. */
  readonly needsPerson: boolean;
  readonly crm?: DealSideSummary;
  readonly referral?: DealSideSummary;
  readonly problem?: DealProblem;
}

/** What a list of deals can be filtered and sorted by, under these names in OData. */
export interface DealProperties {
  readonly id: string;
  readonly title: string;
  readonly customer: string | null;
  readonly state: string;
  readonly crmValue: number | null;
  readonly referralValue: number | null;
  readonly currency: string | null;
  readonly status: string | null;
  readonly substatus: string | null;
  /** The expected end of the deal, as an ISO 8601 text. */
  readonly closes: string | null;
  readonly changed: string | null;
  /** When an unanswered referral expires. */
  readonly expires: string | null;
  readonly created: string | null;
  readonly accepted: string | null;
  readonly closed: string | null;
  readonly country: string | null;
  readonly engagementId: string | null;
  readonly referralId: string | null;
  readonly crmId: string | null;
  /** The code of what is wrong. */
  readonly problemCode: string | null;
}

/** A line of the list of deals. */
export interface DealRow extends DealSummary {
  readonly properties: DealProperties;
}

/** How much of the list of deals has been built, after a first start or under a new mapping. */
export interface ListProgress {
  readonly done: number;
  readonly total: number;
}

/** A page of the list of deals. */
export interface DealPage {
  readonly deals: readonly DealRow[];
  /** Present while the list is being built: then deals are still missing in it. */
  readonly building?: ListProgress;
  /** The number of all deals that the query finds, where `$count` asked for it. */
  readonly count?: number;
  /** What to send as `after` for the next page; absent at the end. */
  readonly next?: string;
}

/** How one mapped field stands: both sides' values, what was agreed, and a word for it. */
export interface DealField {
  readonly name: string;
  readonly label: string;
  readonly crm: PlainValue;
  readonly agreedCrm: PlainValue;
  readonly referral: PlainValue;
  readonly agreedReferral: PlainValue;
  readonly state:
    | "in-step"
    | "changed-in-crm"
    | "changed-in-referral"
    | "changed-in-both"
    | "parked";
  readonly direction: "both" | "to-crm" | "to-referral";
  /** False where the referral takes no change of it any more. */
  readonly isEditable: boolean;
  /** Why the field is left alone on both sides. */
  readonly parked?: "conflict" | "breaker" | "undo" | "operator" | "refused";
  /** What a change of the value is doing now: `sending` while a write is under way. */
  readonly sending?: DealSide;
  /** Why the value isn't carried over, and what a person can do; absent where nothing is wrong. */
  readonly note?: string;
}

/** One line of a deal's history. */
export interface DealEvent {
  readonly sequence: number;
  readonly pairId: string;
  readonly at: number;
  readonly kind: string;
  readonly side?: DealSide;
  readonly fields?: readonly {
    readonly field: string;
    readonly referral?: PlainValue;
    readonly crm?: PlainValue;
    readonly from?: PlainValue;
    readonly to?: PlainValue;
    /** What these mean, where they are the CRM's numbers of a choice. */
    readonly fromWord?: string;
    readonly toWord?: string;
  }[];
  readonly by?: string;
  readonly note?: string;
  readonly correlationId?: string;
}

/** A question for a person. */
export interface Question {
  readonly id: string;
  readonly kind: "conflict" | "match" | "double" | "breaker" | "stale" | "brake" | "approval";
  readonly pairId?: string;
  readonly field?: string;
  readonly openedAt: number;
  readonly sentence: string;
  readonly referral?: PlainValue;
  readonly crm?: PlainValue;
  readonly agreedReferral?: PlainValue;
  readonly agreedCrm?: PlainValue;
  readonly candidates?: readonly string[];
  readonly proposal?: string;
  readonly resolvedAt?: number;
  readonly resolution?: string;
  readonly resolvedBy?: string;
  /** What the deal is called, and who changed each side last and when, for the reader's eyes. */
  readonly deal?: {
    readonly title: string;
    /** Whether it is a referral, or only a deal in the CRM that asks whether to become one. */
    readonly isReferral: boolean;
    readonly label?: string;
    /** The side that a field of one direction comes from: the other one's value can't be kept. */
    readonly comesFrom?: DealSide;
    readonly crmBy?: string;
    readonly crmAt?: number;
    readonly referralAt?: number;
    readonly currency?: string;
  };
}

/** An answer to a question. */
export type QuestionAnswer =
  | { readonly choose: "referral" | "crm"; readonly always?: boolean }
  | { readonly choose: "value"; readonly value: PlainValue }
  | { readonly choose: "link"; readonly recordId: string }
  | { readonly choose: "create" | "close" | "dismiss" };

/** A state that a referral may go to from where it is. */
export interface LifecycleMove {
  readonly action: "accept" | "decline" | "win" | "lose";
  /** `Closed/Won` */
  readonly to: string;
  readonly isFinal: boolean;
  /** What speaks against it, though it is allowed. */
  readonly caution?: string;
}

/** A deal with everything that is known of it. */
export interface DealDetail extends DealSummary {
  readonly fields: readonly DealField[];
  readonly refusals: readonly {
    readonly field: string;
    readonly side: DealSide;
    readonly reason: string;
    readonly remedy: string;
  }[];
  readonly questions: readonly Question[];
  readonly history: readonly DealEvent[];
  readonly related: readonly DealSummary[];
  readonly lifecycle: {
    readonly status: string;
    readonly substatus: string;
    readonly moves: readonly LifecycleMove[];
    readonly expiresAt?: number;
    readonly acceptedDateTime?: string;
    readonly closedDateTime?: string;
  };
  /** What the engine does with it next. */
  readonly next: { readonly sentence: string; readonly at?: number };
  readonly engagementId?: string;
  readonly isPaused: boolean;
}

/** How one of the outside systems does. */
export interface Upstream {
  readonly name: string;
  readonly side: DealSide;
  readonly state: "well" | "failing" | "waiting" | "unknown";
  readonly lastSuccessAt?: number;
  readonly sentence: string;
  /** When the sign-in ends unless somebody renews it. */
  readonly signInEndsAt?: number;
}

/** What the overview shows first. */
export interface OperatorStatus {
  readonly environment: string;
  readonly isDemonstration: boolean;
  /** When the sync began under its present mapping. */
  readonly startedAt: number;
  readonly now: number;
  readonly deals: number;
  readonly byState: Readonly<Record<string, number>>;
  /** What each of those states is called, to stand behind a number. */
  readonly words: Readonly<Record<string, string>>;
  /** Open questions for a person. */
  readonly questions: number;
  /** Deals that have stopped, or whose values can't be carried over. */
  readonly problems: number;
  /** Leads that nobody has answered and that end soon: as soon as people are alerted of them. */
  readonly expiring: number;
  readonly isPaused: boolean;
  readonly awaitsApproval?: "first-run" | "restored";
  readonly epoch: number;
  readonly drift: number;
  readonly walks: { readonly referrals: number; readonly crm: number; readonly audit: number };
  readonly budget: {
    readonly limit: number;
    readonly used: number;
    readonly byClass: Readonly<Record<string, number>>;
    readonly blockedUntil: number;
  };
  readonly staleness: {
    /** Age of the oldest change that was seen and isn't carried over yet; 0 where there is none. */
    readonly nowMs: number;
    /** Of the last hour's changes: within this time 95 of 100 were carried over. */
    readonly p95Ms?: number;
    /**
     * What was written in the last hour without an edit that it followed: first matches, and what
     * was created. It has no time to measure.
     */
    readonly firstWrites: number;
    readonly oldestPairId?: string;
  };
  readonly upstreams: readonly Upstream[];
  /** Present while the list of deals is being built. */
  readonly building?: ListProgress;
  readonly places: Readonly<Record<string, string>>;
}

/** States of a deal in which the engine has something to do by itself. */
export const busyStates = [
  "matching",
  "creating-referral",
  "probing",
  "inviting-microsoft",
  "creating-deal",
  "looking",
  "planning",
  "writing-referral",
  "writing-crm",
] as const;

/** States of a deal on its way: the engine's, and those in which it waits to go on. */
export const statesOnTheWay = [...busyStates, "retrying", "waiting"] as const;

/** Series for the overview, oldest first. */
export interface Trends {
  readonly hours: readonly {
    readonly at: number;
    readonly toPartnerCenter: number;
    readonly toCrm: number;
  }[];
  readonly samples: readonly {
    readonly at: number;
    readonly staleMs: number;
    readonly p95Ms: number | null;
    /** Calls of the minute by class. */
    readonly calls: Readonly<Record<string, number>>;
  }[];
  readonly callLimit: number;
  readonly expiring: readonly DealRow[];
}

/** Deals that stand still for one cause. */
export interface ProblemGroup {
  readonly code: string;
  readonly sentence: string;
  readonly remedy: string;
  readonly side: DealSide;
  readonly nextCall?: string;
  /** `stopped`: waits for a person; `retrying`: tries again; `refused`: one value isn't carried. */
  readonly kind: "stopped" | "retrying" | "refused";
  readonly deals: readonly {
    readonly id: string;
    readonly title: string;
    readonly field?: string;
    readonly label?: string;
    readonly since?: number;
    readonly tries?: number;
    readonly retryAt?: number;
    readonly crmUrl?: string;
    readonly referralUrl?: string;
    /** What each side says in the field that is in the way. */
    readonly crm?: PlainValue;
    readonly referral?: PlainValue;
  }[];
}

/** The pictures of the pipeline. */
export interface Pipeline {
  readonly currency: string;
  /** Values in other currencies aren't added: there is no rate to invent. */
  readonly otherCurrencies: readonly { readonly currency: string; readonly deals: number }[];
  readonly weeks: readonly {
    readonly at: number;
    readonly new: number;
    readonly active: number;
    readonly newValue: number;
    readonly activeValue: number;
    /** Closed in this week. */
    readonly won: number;
    readonly lost: number;
    readonly wonValue: number;
    readonly lostValue: number;
    readonly declined: number;
    readonly expired: number;
  }[];
  readonly stages: readonly {
    readonly stage: string;
    readonly deals: number;
    readonly value: number;
  }[];
  readonly winRate?: number;
  /** Between the arrival of a referral and its acceptance. */
  readonly response: {
    readonly medianMs?: number;
    readonly p90Ms?: number;
    /** How many were accepted within 1, 2, 4, 7, 10 and 14 days. */
    readonly withinDays: readonly { readonly days: number; readonly deals: number }[];
  };
}
