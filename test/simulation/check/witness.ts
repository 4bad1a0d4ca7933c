import { quotaOwnerOf, type Schedule, type Side } from "../schedule/schedule.ts";
import type { CrmRecordChange } from "../world/crm-model.ts";
import { type Deal, type DealBook, legOf } from "../world/deal-book.ts";
import type { Actor, ReferralChange } from "../world/referrals-model.ts";
import type { ReferralsCall } from "../world/referrals-transport.ts";
import { createLineage, type Lineage } from "./lineage.ts";
import { editedFields, rawValue, valuesOf, valuesOfDeal, valuesOfReferral } from "./values.ts";
import type { Invariant, Violation } from "./violation.ts";

/** One call of the engine that could change something. */
export interface WriteCall {
  readonly at: number;
  readonly side: Side;
  readonly organisation: string;
  readonly what: string;
}

/**
 * Sees everything that happens in a world and remembers what the checks need. Judges at once what
 * can be judged at once.
 */
export interface Witness {
  referralChanged(change: ReferralChange): void;
  crmChanged(organisation: string, change: CrmRecordChange): void;
  referralsCalled(call: ReferralsCall): void;
  /** Hears of the answer to a call, unless it got lost. */
  referralsAnswered(call: ReferralsCall, body: string): void;
  crmCalled(
    organisation: string,
    call: { readonly kind: "read" | "write" | "walk"; readonly id: string },
  ): void;
  /** Follows changes of referrals by anybody, as webhooks do. */
  onReferralChange(listener: (change: ReferralChange) => void): void;
  /** Follows what the engine's writes changed, as a peer's automation does. */
  onEngineWrite(listener: (deal: number, side: Side) => void): void;
  /** Nothing may be written for an organisation until a person has allowed it. */
  mustAsk(organisation: string): void;
  /**
   * A person has looked at the plan of an organisation, or at its deletions, and lets them go on.
   */
  released(organisation: string, isAboutDeletions: boolean): void;
  /** The process got to see a CRM record. */
  crmShown(recordId: string): void;
  /**
   * A subject with a memory is asked what it knows: what it saw just before it died, it doesn't.
   */
  askMemory(isKnown: (recordId: string) => boolean): void;
  /** True where our memory of that moment was lost by a restore. */
  wasForgotten(at: number): boolean;
  /** A backup of `from` was put back at `to`: what our memory learnt in between is gone. */
  restored(from: number, to: number): void;
  report(invariant: Invariant, what: string): void;
  readonly violations: readonly Violation[];
  readonly lineage: Lineage;
  readonly calls: readonly ReferralsCall[];
  readonly writes: readonly WriteCall[];
  /** When each deal first had a record on both sides. */
  readonly linkedAt: ReadonlyMap<number, number>;
  /** What others than the engine and the server did, by side of origin. */
  readonly edits: readonly Edit[];
  /** Changes that the engine's writes really made. */
  readonly landed: readonly { readonly at: number; readonly side: Side; readonly deal: number }[];
}

/** Something that somebody did to a deal. */
export interface Edit {
  readonly at: number;
  readonly side: Side;
  readonly deal: number;
  readonly actor: Actor;
  readonly kind: "create" | "change" | "delete";
  /**
   * People had made the deal on both sides, and the engine hadn't written to it by then: what comes
   * of the edit depends on when the engine looks.
   */
  readonly isBeforeMatch: boolean;
}

const windowMs = 60_000;
/**
 * Without versions a write can't be made conditional: from the last look to the write's landing an
 * edit goes unseen.
 */
export const compareReadGapMs = 250;
const maxViolations = 20;

/** A witness of the world with this book of deals. */
export function createWitness(
  schedule: Schedule,
  sinceStart: () => number,
  book: DealBook,
): Witness {
  const isCalm = schedule.family === "calm";
  const violations: Violation[] = [];
  const lineage = createLineage();
  const calls: ReferralsCall[] = [];
  const writes: WriteCall[] = [];
  const edits: Edit[] = [];
  const noteEdit = (edit: Omit<Edit, "isBeforeMatch">): void => {
    const twin = [book.deals.get(edit.deal)].find((deal) => deal?.isTwin);
    const isLater = edit.kind === "change" && edit.at > (twin?.openedAt ?? edit.at);
    const isUnmet = !landed.some(({ deal }) => deal === edit.deal);
    edits.push({ ...edit, isBeforeMatch: isLater && isUnmet });
  };
  const landed: { at: number; side: Side; deal: number }[] = [];
  /** A CRM without versions can't refuse a write over what was typed since the last look. */
  const isUnseen = (own: number): boolean =>
    schedule.settings.crmVersions !== "etag" &&
    edits.some(
      ({ deal, side, at }) =>
        deal === own && side === "crm" && at >= sinceStart() - compareReadGapMs,
    );
  let followChange = (_change: ReferralChange): void => {};
  let followWrite = (_deal: number, _side: Side): void => {};
  const linkedAt = new Map<number, number>();
  const noteLink = (deal: Deal): void => {
    if (linkedAt.has(deal.index) || deal.referrals.size === 0 || deal.crmRecords.size === 0) return;
    linkedAt.set(deal.index, sinceStart());
  };
  const forgotten: { readonly from: number; readonly to: number }[] = [];
  const wasForgotten = (at: number): boolean =>
    forgotten.some(({ from, to }) => from <= at && at <= to);
  /** Referrals closed for a deleted deal since a person last looked, by organisation. */
  const closings = new Map<string, number>();
  const unasked = new Set<string>();
  const noteWrite = (side: Side, organisation: string, what: string): void => {
    writes.push({ at: sinceStart(), side, organisation, what });
    if (unasked.has(organisation)) report("no write before a person allowed it", what);
  };
  const noteClosing = (organisation: string): void => {
    const count = (closings.get(organisation) ?? 0) + 1;
    closings.set(organisation, count);
    if (count > schedule.settings.deletionsPerHour) {
      report("no resurrection, no delete from absence", `${count} deletions without being asked`);
    }
  };
  const shown = new Set<string>();
  let isRemembered = (recordId: string): boolean => shown.has(recordId);
  const sentAt = new Map<string, number[]>();

  const report = (invariant: Invariant, what: string): void => {
    if (violations.length < maxViolations) violations.push({ invariant, at: sinceStart(), what });
  };

  const countCall = (call: ReferralsCall): void => {
    const owner = quotaOwnerOf(schedule.settings, call.organisation);
    const times = sentAt.get(owner) ?? [];
    sentAt.set(owner, times);
    times.push(sinceStart());
    const limit = schedule.settings.callsPerMinute;
    const first = times[times.length - 1 - limit];
    if (first !== undefined && sinceStart() - first < windowMs) {
      report(
        "never more than N calls in any 60 s window, across restarts",
        `${limit + 1} calls of ${owner} within ${sinceStart() - first} ms`,
      );
    }
  };

  return {
    violations,
    lineage,
    calls,
    writes,
    edits,
    landed,
    linkedAt,
    report,
    mustAsk: (organisation) => {
      unasked.add(organisation);
    },
    released: (organisation, isAboutDeletions) => {
      unasked.delete(organisation);
      // The answer is for every deletion that waited for it.
      if (isAboutDeletions) closings.set(organisation, -book.deals.size);
    },
    crmShown: (recordId) => {
      shown.add(recordId);
    },
    askMemory: (isKnown) => {
      isRemembered = isKnown;
    },
    wasForgotten,
    restored: (from, to) => {
      forgotten.push({ from, to });
    },
    onReferralChange: (listener) => {
      followChange = listener;
    },
    onEngineWrite: (listener) => {
      followWrite = listener;
    },
    referralChanged(change) {
      followChange(change);
      const { after, before, actor } = change;
      if (change.isChurn) return;
      const deal = before ? book.ofReferral(after.id) : dealOfNew(book, change);
      if (!deal) {
        if (actor === "engine") {
          report("no invented value", `referral ${after.id} stands for no deal of the world`);
        }
        return;
      }
      if (!before) {
        book.addReferral(deal, after);
        noteLink(deal);
      }
      if (deal.organisation !== change.organisation) {
        report("tenants isolated", `${change.organisation} touched deal ${deal.index}`);
      }
      if (legOf(after) === "microsoft") return;
      const old = before && valuesOfReferral(before);
      const values = valuesOfReferral(after);
      const at = sinceStart();
      const place = { deal: deal.index, side: "referrals", record: after.id, at } as const;
      if (actor === "engine") {
        landed.push({ at, side: "referrals", deal: deal.index });
        followWrite(deal.index, "referrals");
        if (isClosedForDeletion(before, after)) {
          if (!deal.wasDeleted) {
            report("no resurrection, no delete from absence", `${after.id} was closed for nothing`);
          }
          noteClosing(deal.organisation);
          lineage.outside(place, old, values, "policy");
          return;
        }
        if (before && isCalm) checkSpelling(deal, "referrals", before, after, report);
        checkConsent(deal, old?.contact ?? "", values.contact, report);
        if (before) {
          lineage.engine(place, old, values);
          return;
        }
        // The service decides about the state of a new referral: that value is its own.
        const made = String(after.externalReferenceId);
        const state = lineage.current(deal.index, "crm", "status", made)?.value ?? values.status;
        const asked = { ...values, status: state };
        lineage.engine(place, undefined, asked);
        lineage.outside(place, asked, values, "server");
        return;
      }
      const kind = before ? "change" : "create";
      if (actor !== "server") noteEdit({ at, side: "referrals", deal: deal.index, actor, kind });
      lineage.outside(place, old, values, actor);
    },
    crmChanged(organisation, change) {
      const deal =
        book.ofCrmRecord(change.id) ??
        (change.key === undefined ? undefined : book.ofReferral(change.key));
      if (!deal) {
        if (change.actor === "engine") {
          report("no invented value", `CRM record ${change.id} stands for no deal of the world`);
        }
        return;
      }
      if (!change.before) {
        book.addCrmRecord(deal, change.id);
        noteLink(deal);
      }
      if (deal.organisation !== organisation) {
        report("tenants isolated", `${organisation} touched deal ${deal.index}`);
      }
      const at = sinceStart();
      if (!change.after) {
        if (change.actor === "engine") {
          report("no resurrection, no delete from absence", `the engine deleted ${change.id}`);
        }
        deal.wasDeleted = true;
        // What was gone before the engine knew of it can't come back: it never was.
        if (isRemembered(change.id)) deal.deletedAt = at;
        noteEdit({ at, side: "crm", deal: deal.index, actor: change.actor, kind: "delete" });
        return;
      }
      const place = { deal: deal.index, side: "crm", record: change.id, at } as const;
      const old = change.before && valuesOfDeal(change.before);
      const values = valuesOfDeal(change.after);
      if (change.actor === "engine") {
        shown.add(change.id);
        landed.push({ at, side: "crm", deal: deal.index });
        followWrite(deal.index, "crm");
        const isRevival = !change.before && deal.deletedAt !== undefined;
        if (isRevival && !wasForgotten(deal.deletedAt ?? at)) {
          report("no resurrection, no delete from absence", `${change.id} came back`);
        }
        if (change.before && isCalm && !isUnseen(deal.index)) {
          checkSpelling(deal, "crm", change.before, change.after, report);
        }
        lineage.engine(place, old, values);
        return;
      }
      const kind = change.before ? "change" : "create";
      noteEdit({ at, side: "crm", deal: deal.index, actor: change.actor, kind });
      lineage.outside(place, old, values, change.actor);
    },
    referralsCalled(call) {
      calls.push(call);
      countCall(call);
      if (call.method !== "GET") {
        const what = `${call.method} ${call.url} ${call.body ?? ""}`;
        noteWrite("referrals", call.organisation, what);
      }
    },
    referralsAnswered(call, body) {
      if (call.status !== 400 || call.method === "GET") return;
      report("no write is refused as invalid", `${call.method} ${call.body ?? ""}: ${body}`);
    },
    crmCalled(organisation, call) {
      if (call.kind !== "write") return;
      noteWrite("crm", organisation, `upsert ${call.id}`);
    },
  };
}

/** The deal that a new referral is meant for: by the CRM record that it names. */
function dealOfNew(book: DealBook, change: ReferralChange): Deal | undefined {
  const known = book.ofReferral(change.after.id);
  if (known) return known;
  const reference = change.after.externalReferenceId;
  return typeof reference === "string" ? book.ofCrmRecord(reference) : undefined;
}

/** The engine closes a referral, and says that its deal was deleted. */
function isClosedForDeletion(
  before: Record<string, unknown> | undefined,
  after: Record<string, unknown>,
): boolean {
  const isNews = before !== undefined && before.statusReason !== after.statusReason;
  return isNews && after.status === "Closed" && /deleted/.test(String(after.statusReason));
}

/**
 * The engine must leave a value alone that already says what it means: its spelling belongs to
 * whoever wrote it.
 */
function checkSpelling(
  deal: Deal,
  side: Side,
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  report: (invariant: Invariant, what: string) => void,
): void {
  const [old, own] = [valuesOf(side, before), valuesOf(side, after)];
  for (const field of editedFields) {
    if (old[field] !== own[field]) continue;
    const [was, is] = [rawValue(side, field, before), rawValue(side, field, after)];
    if (was === is) continue;
    report("no invented value", `${side} deal ${deal.index} ${field}: ${was} became ${is}`);
  }
}

function checkConsent(
  deal: Deal,
  before: string,
  after: string,
  report: (invariant: Invariant, what: string) => void,
): void {
  if (before !== after && !deal.hasConsent) {
    report("contact data leaves only with consent", `deal ${deal.index}: ${after}`);
  }
}
