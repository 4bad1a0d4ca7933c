import { checkMove, type Referral, type State, type Verdict } from "../../contract/index.ts";
import type { CrmCapabilities, CrmValue } from "../../crm/port.ts";
import type { ReferralCursor } from "../ledger/ledger-port.ts";
import type { Fingerprint, SeenChange, Side } from "../pair/pair.ts";
import { compareStamps, laterStamp, stampBefore } from "../pair/stamps.ts";
import type { EngineSettings } from "../settings.ts";

/**
 * How an observation came about. `proof`: read after the other side had refused what was seen
 * before.
 */
export type Source = "list" | "get" | "proof";

/** Whether an observation is news. `tie`: it can't be told, so the side must be read. */
export type Order = "older" | "same" | "tie" | "newer";

/** What orders the versions of one side. */
export interface Versioned {
  readonly stamp: string;
  readonly version: string;
}

/**
 * The judgements that the engine's promises rest on, each a pure function and each for a reason.
 * They come in by argument so that the simulation can replace one by a wrong one and show that it
 * is missed.
 */
export interface EngineRules {
  /**
   * What a write demands: the very version that it was planned from, or an edit made in between
   * would be lost.
   */
  precondition(version: string): string;
  /**
   * Lists lag behind reads, so an older stamp is no news; two edits can share a stamp, so another
   * version is a tie.
   */
  orderOf(seen: Versioned, observed: Versioned, source: Source): Order;
  /**
   * The version that a write must name after a read that found nothing new: where versions stand
   * for more than the mapped values, it may be another one.
   */
  versionSeenAgain(seen: Versioned, read: Versioned): string;
  /**
   * A hint no newer than what was seen costs no call; hints arrive late, twice and in any order.
   */
  isHintNews(changedAt: string | undefined, seen: Versioned): boolean;
  /**
   * How far back a walk goes: behind the cursor, because lists show a change late. Most walks go
   * back a little, a far one over the whole overlap since the last far one; where nothing has
   * changed for so long, none lists again what all have seen.
   */
  walkUntil(cursor: ReferralCursor, overlapMs: number, isFar: boolean): string;
  /**
   * The cursor to store with a page: it moves only when the whole walk has landed, and only by the
   * server's stamps.
   */
  cursorAfterPage(walk: {
    readonly cursor: ReferralCursor;
    readonly newest: string;
    readonly isLast: boolean;
    readonly isFar: boolean;
    readonly isOnePage: boolean;
    /** A closing walk that met nothing newer than the cursor. */
    readonly isQuiet: boolean;
    readonly startedAt: number;
  }): ReferralCursor;
  /** Only an explicit deletion counts: what can't be seen may be a lost permission. */
  isDeletion(signal: {
    readonly isExplicit: boolean;
    readonly deleteSignal: CrmCapabilities["deleteSignal"];
  }): boolean;
  /**
   * The agreed value after a write is the one that was stored, not the one that was sent: sides
   * normalise.
   */
  agreedValue(sent: CrmValue, stored: CrmValue): CrmValue;
  /**
   * Each side keeps its own form of what was agreed: a lossy lens would else see a change for ever.
   */
  ownShadow(own: CrmValue, translatedFromOther: () => CrmValue): CrmValue;
  /**
   * Whether a referral is the one that a create intended; another referral of the same engagement
   * is not.
   */
  isSameCreation(fingerprint: Fingerprint, referral: Referral): boolean;
  /**
   * Whether a referral that names another one's deal is one too many; referrals of one engagement
   * may name one deal, and are never doubles.
   */
  isDouble(one: Referral, other: Referral): boolean;
  /** Confirmed deletions that an hour may bring before a person is asked. */
  deletionsPerHour(pairs: number, settings: EngineSettings["deletion"]): number;
  /** Illegal moves are refused before a call is spent. */
  mayMove(from: State, to: State): Verdict;
  /** Contact data leaves the CRM only where the customer agreed. */
  mayShareContacts(consent: Referral["consent"]): boolean;
  /**
   * Which edit came last, by when each was seen in our own clock; undefined where that can't be
   * told.
   */
  newest(referral: SeenChange, crm: SeenChange, skewMs: number): Side | undefined;
  /** A field whose undone value differs from the other side would be written again at once. */
  parksAfterUndo: boolean;
}

/** The targets of a referral as sorted `type:id`. */
export function targetsOf(referral: Pick<Referral, "target">): readonly string[] {
  return (referral.target ?? [])
    .map((target) => `${target?.type ?? "None"}:${target?.id ?? ""}`.toLowerCase())
    .sort();
}

const isSameList = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((item, index) => item === right[index]);

/** The rules that hold in production. */
export const engineRules: EngineRules = {
  precondition: (version) => version,
  orderOf: (seen, observed, source) => {
    if (source === "proof") return seen.version === observed.version ? "same" : "newer";
    const order = compareStamps(observed.stamp, seen.stamp);
    if (order !== 0) return order < 0 ? "older" : "newer";
    if (observed.version === seen.version && observed.version !== "") return "same";
    return source === "get" ? "newer" : "tie";
  },
  versionSeenAgain: (_seen, read) => read.version,
  isHintNews: (changedAt, seen) =>
    changedAt === undefined || compareStamps(changedAt, seen.stamp) > 0,
  walkUntil: ({ stamp, far }, overlapMs, isFar) => {
    if (far?.isAtRest && far.stamp === stamp) return stampBefore(stamp, -1);
    return isFar ? stampBefore(far?.stamp ?? stamp, overlapMs) : stampBefore(stamp, overlapMs / 10);
  },
  cursorAfterPage: ({ cursor, newest, isLast, isFar, isOnePage, isQuiet, startedAt }) => {
    if (!isLast) return cursor;
    const stamp = laterStamp(cursor.stamp, newest);
    // What moves while it is walked over gets a newer stamp: where none is, nothing has moved.
    const isClosed = isOnePage || isQuiet || (cursor.isClosed === true && stamp === cursor.stamp);
    const isAtRest = cursor.far?.stamp === stamp && cursor.far.at < startedAt;
    const far = isFar ? { at: startedAt, stamp, isAtRest } : cursor.far;
    return { stamp, walkedAt: Math.max(cursor.walkedAt, startedAt), far, isClosed };
  },
  isDeletion: ({ isExplicit, deleteSignal }) => isExplicit && deleteSignal === "tombstone",
  agreedValue: (_sent, stored) => stored,
  ownShadow: (own) => own,
  isSameCreation: (wanted, referral) =>
    referral.externalReferenceId === wanted.externalReferenceId &&
    (referral.type ?? "") === wanted.type &&
    (wanted.engagementId === undefined || referral.engagementId === wanted.engagementId) &&
    isSameList(targetsOf(referral), wanted.target) &&
    compareStamps(referral.createdDateTime ?? "", wanted.notBefore) >= 0,
  isDouble: (one, other) => one.id !== other.id && one.engagementId !== other.engagementId,
  deletionsPerHour: (pairs, { sharePerHour, atLeast, atMost }) =>
    Math.min(atMost, Math.max(atLeast, Math.floor(pairs * sharePerHour))),
  mayMove: checkMove,
  mayShareContacts: (consent) =>
    consent?.consentToContact === true && consent?.consentToToShareInfoWithOthers === true,
  newest: (referral, crm, skewMs) => {
    if (referral.after > crm.by + skewMs) return "referral";
    if (crm.after > referral.by + skewMs) return "crm";
    return undefined;
  },
  parksAfterUndo: true,
};
