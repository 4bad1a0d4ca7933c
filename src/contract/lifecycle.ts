import type { ErrorCode } from "./errors.ts";
import type { Referral } from "./referral.ts";

/** Status and substatus, which change together. */
export interface State {
  readonly status: string;
  readonly substatus: string;
}

/** What the lifecycle says of a status. */
export interface StatusEntry {
  readonly substatuses: readonly string[];
  /** The statuses that it may become, itself included where it may be set again. */
  readonly mayBecome: readonly string[];
}

/** The lifecycle of a referral. */
export const lifecycle: Readonly<Record<"New" | "Active" | "Closed", StatusEntry>> = {
  New: { substatuses: ["Pending", "Received"], mayBecome: ["New", "Active", "Closed"] },
  Active: { substatuses: ["Accepted"], mayBecome: ["Active", "Closed"] },
  Closed: { substatuses: ["Won", "Lost", "Declined", "Expired"], mayBecome: [] },
};

const entryOf = (status: string): StatusEntry | undefined =>
  Object.hasOwn(lifecycle, status) ? lifecycle[status as keyof typeof lifecycle] : undefined;

/** The states by the name of the action that leads there. */
export const actions = {
  accept: { status: "Active", substatus: "Accepted" },
  decline: { status: "Closed", substatus: "Declined" },
  win: { status: "Closed", substatus: "Won" },
  /** Needs a statusReason. */
  lose: { status: "Closed", substatus: "Lost" },
  /** Set by the server only. */
  expire: { status: "Closed", substatus: "Expired" },
} as const satisfies Readonly<Record<string, State>>;

/** True where the substatus belongs to the status. */
export const isStatePair = ({ status, substatus }: State): boolean =>
  entryOf(status)?.substatuses.includes(substatus) ?? false;

/** True where no action is possible any more. */
export const isFinal = (state: Pick<State, "status">): boolean =>
  entryOf(state.status)?.mayBecome.length === 0;

/** Allowed, or the code and sentence of the refusal. */
export type Verdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: ErrorCode; readonly sentence: string };

const spell = (state: State): string => `${state.status}/${state.substatus}`;

/** Whether a referral may go from one state to another. */
export function checkMove(from: State, to: State): Verdict {
  const source = entryOf(from.status);
  if (!isStatePair(to)) {
    const known = entryOf(to.status);
    const choice = known
      ? `${to.status} goes with ${known.substatuses.join(", ")}`
      : `The statuses are ${Object.keys(lifecycle).join(", ")}`;
    const sentence = `There is no state ${spell(to)}. ${choice}.`;
    return { ok: false, code: "illegalTransition", sentence };
  }
  if (isFinal(from)) {
    const sentence = `The referral is ${spell(from)}, and no action is possible after that.`;
    return { ok: false, code: "finalState", sentence };
  }
  if (!source || !isStatePair(from) || !source.mayBecome.includes(to.status)) {
    const choice = source ? source.mayBecome.join(", ") : "a state that is known";
    const sentence = `A referral can't go from ${spell(from)} to ${spell(to)}; it may become ${choice}.`;
    return { ok: false, code: "illegalTransition", sentence };
  }
  return { ok: true };
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** A new referral that nobody answers expires after this many milliseconds. */
export const answerWithinMs = 14 * dayMs;

/** This many milliseconds must lie between the creation of a registrable deal and its win. */
export const registrationWaitMs = 72 * hourMs;

/** The moment (milliseconds since 1970) at which an unanswered referral expires; undefined where it can't. */
export function expiresAt(
  referral: Pick<Referral, "status" | "createdDateTime" | "expirationDateTime">,
): number | undefined {
  if (referral.status !== "New") return undefined;
  const stated = Date.parse(referral.expirationDateTime ?? "");
  if (!Number.isNaN(stated)) return stated;
  const created = Date.parse(referral.createdDateTime ?? "");
  return Number.isNaN(created) ? undefined : created + answerWithinMs;
}

/** True where the referral was left unanswered for too long at the moment `nowMs`. */
export function isExpired(
  referral: Pick<Referral, "status" | "createdDateTime" | "expirationDateTime">,
  nowMs: number,
): boolean {
  const at = expiresAt(referral);
  return at !== undefined && nowMs >= at;
}

/** Whether the share consent may go from one value to another: what was shared can't be withdrawn. */
export function checkShareConsent(
  from: boolean | null | undefined,
  to: boolean | null | undefined,
): Verdict {
  if (from !== true || to === true) return { ok: true };
  const sentence = "The referral is shared with Microsoft, and that can't be withdrawn.";
  return { ok: false, code: "shareConsentIrreversible", sentence };
}

/** The moment before which a win would put the deal's registration at risk; undefined where there is no such risk. */
export function registrationRisk(
  referral: Pick<Referral, "createdDateTime">,
  wonAtMs: number,
): { readonly safeFromMs: number } | undefined {
  const created = Date.parse(referral.createdDateTime ?? "");
  if (Number.isNaN(created)) return undefined;
  const safeFromMs = created + registrationWaitMs;
  return wonAtMs < safeFromMs ? { safeFromMs } : undefined;
}

/** How Partner Center names the kinds of referral. */
export type Category = "marketplace-lead" | "qualified-lead" | "co-sell-opportunity";

const microsoftOrganization = "msft";

/** The category of a referral, where its values tell. */
export function categoryOf(
  referral: Pick<Referral, "type" | "qualification" | "inviteContext">,
): Category | undefined {
  const { type, qualification } = referral;
  const inviter = referral.inviteContext?.invitedBy?.organizationId;
  const byMicrosoft = inviter?.toLowerCase() === microsoftOrganization;
  if (type === "Independent" && qualification === "Direct" && (byMicrosoft || inviter == null)) {
    return "marketplace-lead";
  }
  const qualified = qualification === "SalesQualified" || qualification === "MarketingQualified";
  if (type === "Independent" && qualified && byMicrosoft) return "qualified-lead";
  const none = qualification === "SalesQualified" || qualification === "None";
  return none && inviter != null && !byMicrosoft ? "co-sell-opportunity" : undefined;
}

/** How far a partner involves Microsoft in a deal. */
export type DealType = "private" | "partner-led" | "co-sell";

/** The type of a deal: shared with Microsoft or not, and whether Microsoft's help is asked for. */
export function dealTypeOf(
  referral: Pick<Referral, "type" | "consent" | "inviteContext">,
): DealType | undefined {
  const shared = referral.consent?.consentToShareReferralWithMicrosoftSellers === true;
  const help = referral.inviteContext?.assistanceRequestCode;
  const asksForHelp = help != null && help !== "" && help !== "Unknown";
  if (referral.type === "Shared" && shared && asksForHelp) return "co-sell";
  if (asksForHelp) return undefined;
  if (shared) return "partner-led";
  return referral.type === "Independent" ? "private" : undefined;
}
