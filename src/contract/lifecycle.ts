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
  /** The statuses that may come next, itself where it may be set again; none where it is final. */
  readonly mayBecome: readonly string[];
}

/** The lifecycle of a referral, by status. */
export const lifecycle: Readonly<Record<"New" | "Active" | "Closed", StatusEntry>> = {
  New: { substatuses: ["Pending", "Received"], mayBecome: ["New", "Active", "Closed"] },
  Active: { substatuses: ["Accepted"], mayBecome: ["Active", "Closed"] },
  Closed: { substatuses: ["Won", "Lost", "Declined", "Expired"], mayBecome: [] },
};

/** The states that the actions of a seller, and the clock, lead to. */
export const actions = {
  accept: { status: "Active", substatus: "Accepted" },
  decline: { status: "Closed", substatus: "Declined" },
  win: { status: "Closed", substatus: "Won" },
  /** Goes with a statusReason. */
  lose: { status: "Closed", substatus: "Lost" },
  /** The server does it where nobody answered in time. */
  expire: { status: "Closed", substatus: "Expired" },
} as const satisfies Readonly<Record<string, State>>;

/** Allowed, or the code and the sentence of the refusal. */
export type Verdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: ErrorCode; readonly sentence: string };

const allowed: Verdict = { ok: true };

const entryOf = (status: string): StatusEntry | undefined =>
  Object.hasOwn(lifecycle, status) ? lifecycle[status as keyof typeof lifecycle] : undefined;

const spell = ({ status, substatus }: State): string => `${status}/${substatus}`;

/** True where the substatus belongs to the status. */
export const isStatePair = ({ status, substatus }: State): boolean =>
  entryOf(status)?.substatuses.includes(substatus) ?? false;

/** True where no action is possible any more. */
export const isFinal = ({ status }: { readonly status?: string | null | undefined }): boolean =>
  entryOf(status ?? "")?.mayBecome.length === 0;

/** The states that a referral may go to. None from a final state, or from one that isn't known. */
export function movesFrom(from: State): readonly State[] {
  if (!isStatePair(from)) return [];
  const statuses = entryOf(from.status)?.mayBecome ?? [];
  return statuses.flatMap((status) =>
    (entryOf(status)?.substatuses ?? []).map((substatus) => ({ status, substatus })),
  );
}

/** Whether a referral may go from one state to another. */
export function checkMove(from: State, to: State): Verdict {
  if (isFinal(from)) {
    const sentence = `The referral is ${spell(from)}, and no action is possible after that.`;
    return { ok: false, code: "finalState", sentence };
  }
  const next = movesFrom(from);
  if (next.some(({ status, substatus }) => status === to.status && substatus === to.substatus)) {
    return allowed;
  }
  const choice =
    next.length === 0
      ? `${spell(from)} is no state that the lifecycle knows`
      : `from there it may become ${next.map(spell).join(", ")}`;
  const sentence = `A referral can't go from ${spell(from)} to ${spell(to)}: ${choice}.`;
  return { ok: false, code: "illegalTransition", sentence };
}

const hourMs = 3_600_000;

/** A new referral that nobody answers in this time is closed as expired. */
export const answerWithinMs = 14 * 24 * hourMs;

/** This time must pass between the creation of a registrable deal and its win. */
export const registrationWaitMs = 72 * hourMs;

const momentOf = (text: string | null | undefined): number | undefined => {
  const moment = Date.parse(text ?? "");
  return Number.isNaN(moment) ? undefined : moment;
};

type Answerable = Pick<Referral, "status" | "createdDateTime" | "expirationDateTime">;

/** When an unanswered referral expires, in milliseconds since 1970; undefined once answered. */
export function expiresAt(referral: Answerable): number | undefined {
  if (referral.status !== "New") return undefined;
  const created = momentOf(referral.createdDateTime);
  const byRule = created === undefined ? undefined : created + answerWithinMs;
  return momentOf(referral.expirationDateTime) ?? byRule;
}

/** True where the referral was left unanswered for too long at the moment `nowMs`. */
export function isExpired(referral: Answerable, nowMs: number): boolean {
  const at = expiresAt(referral);
  return at !== undefined && nowMs >= at;
}

/** Whether the consent to share with Microsoft may change so: sharing can't be withdrawn. */
export function checkShareConsent(
  from: boolean | null | undefined,
  to: boolean | null | undefined,
): Verdict {
  if (from !== true || to === true) return allowed;
  const sentence = "The referral is shared with Microsoft, and that can't be withdrawn.";
  return { ok: false, code: "shareConsentIrreversible", sentence };
}

/**
 * Where a win at `wonAtMs` may cost the deal its registration: the moment from which it is safe, in
 * milliseconds since 1970.
 */
export function registrationRisk(
  referral: Pick<Referral, "createdDateTime">,
  wonAtMs: number,
): { readonly safeFromMs: number } | undefined {
  const created = momentOf(referral.createdDateTime);
  if (created === undefined) return undefined;
  const safeFromMs = created + registrationWaitMs;
  return wonAtMs < safeFromMs ? { safeFromMs } : undefined;
}
