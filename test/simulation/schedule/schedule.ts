import type { PairState } from "../../../src/sync/pair/pair.ts";

/** The two outside systems. */
export type Side = "referrals" | "crm";

/** Both sides, for loops. */
export const sides: readonly Side[] = ["referrals", "crm"];

/** The other of the two. */
export function otherSide(side: Side): Side {
  return side === "crm" ? "referrals" : "crm";
}

/** The values that people change, by the names that the mapping gives them. */
export type EditedField =
  | "name"
  | "dealValue"
  | "currency"
  | "closingDate"
  | "notes"
  | "status"
  | "country"
  | "contact";

/**
 * A person or an outside system does something at a moment. Deals are named by their place in the
 * schedule.
 */
export type Action = {
  /** Virtual milliseconds after the start. */
  readonly at: number;
  readonly deal: number;
} & (
  | {
      /** A deal comes into being in one of the systems, or, as `twin`, in both without a link. */
      readonly kind: "create";
      readonly side: Side | "twin";
      /** Marked for co-sell from the start. */
      readonly shared: boolean;
      /** Contact data may leave the CRM. */
      readonly consent: boolean;
      /** A value that a referral can't do without is missing. */
      readonly incomplete: boolean;
    }
  | {
      readonly kind: "edit";
      readonly side: Side;
      readonly field: EditedField;
      /** The value in the checker's neutral spelling: see check/values.ts. */
      readonly value: string;
    }
  | { readonly kind: "share" }
  | { readonly kind: "delete" }
  /** An operator answers each open item of the deal's inbox with one side's value. */
  | { readonly kind: "resolve"; readonly choose: Side }
  | { readonly kind: "undo" }
  | { readonly kind: "pause"; readonly forMs: number }
);

/** What can go wrong between the engine and the world, each by its name in the coverage table. */
export const faultKinds = [
  "list-lag",
  "etag-churn",
  "tied-stamps",
  "page-shift",
  "timeout-before-commit",
  "timeout-after-commit",
  "late-landing",
  "throttled",
  "throttled-silently",
  "server-error",
  "token-expired",
  "permission-lost",
  "webhook-lost",
  "webhook-doubled",
  "webhook-late",
  "webhook-reordered",
  "peer-rewrites",
  "crm-timeout-before-commit",
  "crm-timeout-after-commit",
  "crm-throttled",
  "crm-unavailable",
  "crm-permission-lost",
  "crm-list-lag",
  "crm-version-churn",
  "crm-resync",
  "backup-restored",
  "crash",
] as const;

/** The name of a fault. */
export type FaultKind = (typeof faultKinds)[number];

/** One fault: armed at a moment, spent after `hits` hits or `forMs`. */
export interface Fault {
  readonly kind: FaultKind;
  readonly at: number;
  readonly forMs: number;
  readonly hits: number;
  /** The deal that it is about, for those that are about one. */
  readonly deal: number;
  /**
   * How much of it: milliseconds of lag or lateness, or for a crash the boundary at which the
   * process dies.
   */
  readonly amount: number;
  /** Strikes only while a pair is in this state; a fault of its own moment waits for it. */
  readonly aim?: PairState;
}

/** What a schedule is for. */
export type Family =
  /** Everything at once. */
  | "storm"
  /** No fault at all: counts of writes and staleness are promised here. */
  | "calm"
  /** Crashes only, and edits far apart: the end must be that of the same world without crashes. */
  | "crashes"
  /**
   * Lists at their worst, and nothing that hides a change for good: the audit must find no drift.
   */
  | "lists"
  /** Few calls, frequent polls and many crashes: the budget is what is tried. */
  | "tight";

/**
 * What a version of a CRM record is: counters of its parts; its stamp; its stamp of whole seconds
 * with a digest of its content, so that two edits of one second differ, and so does what isn't
 * mapped; or nothing.
 */
export type CrmVersions = "etag" | "stamp" | "stamp-and-content" | "none";

/** What is fixed for the length of a world. */
export interface Settings {
  readonly ledger: "memory" | "sqlite";
  readonly honoursRequestId: boolean;
  readonly crmVersions: CrmVersions;
  readonly crmDeleteSignal: "tombstone" | "not-found" | "none";
  readonly crmReportsChildChanges: boolean;
  /** The CRM has no field for the link to the referral. */
  readonly crmLacksLink?: true;
  /** The mapping shows the deal's own id in its referral, as where nothing is configured. */
  readonly showsDealId?: true;
  /** No field is named by which a referral finds a deal, as where nothing is configured. */
  readonly matchesNoNames?: true;
  /**
   * Clocks of the service, of the CRM and of our own machine, in milliseconds off the true time.
   */
  readonly referralsSkewMs: number;
  readonly crmSkewMs: number;
  readonly ownSkewMs: number;
  readonly secondStamps: boolean;
  readonly normalises: boolean;
  readonly pageSize: number;
  readonly pagesByPosition: boolean;
  readonly refusesTimeFilter: boolean;
  /** False: poll only. */
  readonly hasWebhooks: boolean;
  readonly pollReferralsMs: number;
  readonly pollCrmMs: number;
  /** How far a walk goes back: farther than lists lag. */
  readonly cursorOverlapMs: number;
  /** Calls in 60 s that the service grants. */
  readonly callsPerMinute: number;
  readonly organisations: number;
  /** The organisations' connections belong to one tenant and share its calls. */
  readonly sharesQuota: boolean;
  /** What a deal deleted in the CRM means for its referral. */
  readonly deletionPolicy: "ignore" | "close" | "unlink";
  /** Confirmed deletions in an hour after which a person is asked. */
  readonly deletionsPerHour: number;
  /** Co-sell creates Microsoft's referral as well. */
  readonly createsMicrosoftLeg: boolean;
  readonly hasHoldingStage: boolean;
  readonly policy: "referral" | "crm" | "newest" | "ask";
}

/** A whole life of a simulated world; with the seed it determines every byte. */
export interface Schedule {
  readonly seed: number;
  /** Decides which of the promises are checked that hold in some worlds only. */
  readonly family: Family;
  readonly settings: Settings;
  readonly actions: readonly Action[];
  readonly faults: readonly Fault[];
  /** When the last action or fault is over, in virtual milliseconds after the start. */
  readonly endsAt: number;
}

/** The modification stamps of the CRM are of whole seconds. */
export function hasSecondStampsInCrm({ crmVersions, secondStamps }: Settings): boolean {
  return secondStamps || crmVersions === "stamp-and-content";
}

/** Who owns the calls that an organisation's connection makes. */
export function quotaOwnerOf(settings: Settings, organisation: string): string {
  return settings.sharesQuota ? "shared" : organisation;
}
