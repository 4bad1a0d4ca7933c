import { hasSecondStampsInCrm } from "../schedule/schedule.ts";
import type { Subject } from "../subject.ts";
import { type Deal, liveReferrals } from "../world/deal-book.ts";
import { crmRecordOf, referralOf } from "../world/people.ts";
import type { World } from "../world/world.ts";
import { type Arrival, isEcho, type Overwrite } from "./lineage.ts";
import {
  crmPartOf,
  editedFields,
  type NeutralValues,
  valuesOfDeal,
  valuesOfReferral,
} from "./values.ts";
import { compareReadGapMs, type Witness } from "./witness.ts";

/** How the last part of a schedule is played. */
export interface EndOptions {
  /** Virtual time in which nothing may be written. */
  readonly restMs: number;
  /** Compares everything once more. */
  readonly audit: () => void;
  /** Sends every webhook again, twice. */
  readonly redeliver: () => void;
}

/** What a deal looks like on both sides when all is quiet. */
interface Both {
  readonly referral: NeutralValues | undefined;
  readonly crm: NeutralValues | undefined;
  readonly isShared: boolean;
}

function bothOf(world: World, deal: Deal): Both {
  const referralId = referralOf(deal);
  const stored = referralId === undefined ? undefined : world.referrals.find(referralId);
  const recordId = crmRecordOf(world, deal);
  const organisation = world.organisations.find(({ name }) => name === deal.organisation);
  const row = recordId === undefined ? undefined : organisation?.crm.find(recordId);
  return {
    referral: stored && valuesOfReferral(stored.document),
    crm: row && valuesOfDeal(row.fields),
    isShared: row?.fields.share === true,
  };
}

/** What became of one deal, for comparing worlds. */
export interface DealEnd {
  readonly deal: number;
  /** Values on both sides, how many records stand for it, and what is asked about it, as text. */
  readonly state: string;
  /** What people did to it that landed, in order: when and on which side. */
  readonly events: string;
  /** People edited what they had made on both sides before the engine had met it. */
  readonly isEditedBeforeMatch: boolean;
}

/** How every deal ended. */
export function endsOf(world: World, witness: Witness, subject: Subject): readonly DealEnd[] {
  return [...world.book.deals.values()].map((deal) => {
    const { referral, crm } = bothOf(world, deal);
    const find = (id: string) => world.referrals.find(id)?.document;
    const legs = (["partner", "microsoft"] as const).map(
      (leg) => liveReferrals(deal, leg, find).length,
    );
    const records = liveRecords(world, deal).length;
    const questions = subject.questionsAbout(deal);
    const events = witness.edits.filter((edit) => edit.deal === deal.index);
    return {
      deal: deal.index,
      state: JSON.stringify({ referral, crm, legs, records, questions }),
      events: JSON.stringify(events),
      isEditedBeforeMatch: events.some(({ isBeforeMatch }) => isBeforeMatch),
    };
  });
}

function liveRecords(world: World, { organisation, crmRecords }: Deal): readonly string[] {
  const own = world.organisations.find(({ name }) => name === organisation);
  return [...crmRecords].filter((id) => own?.crm.find(id)?.isDeleted === false);
}

/** The judgements that need the whole picture, made once everything should be at rest. */
export async function checkEnd(
  world: World,
  witness: Witness,
  subject: Subject,
  options: EndOptions,
): Promise<void> {
  const { scheduler } = world;
  for (const deal of world.book.deals.values()) {
    checkConvergence(world, witness, subject, deal);
    checkDoubles(world, witness, subject, deal);
  }
  checkLineage(world, witness, subject);
  const writesBefore = witness.writes.length;
  options.audit();
  await scheduler.runUntil(scheduler.now() + options.restMs);
  reportNewWrites(witness, writesBefore, "zero writes at rest");
  const writesAtRest = witness.writes.length;
  const callsAtRest = witness.calls.length;
  options.redeliver();
  await scheduler.runUntil(scheduler.now() + 5_000);
  reportNewWrites(witness, writesAtRest, "redelivery is a no-op");
  const reads = witness.calls.slice(callsAtRest).filter(({ url }) => /referrals\//.test(url));
  if (reads.length > 0) {
    witness.report("redelivery is a no-op", `${reads.length} referrals were read again`);
  }
  if (world.schedule.family === "calm") {
    checkEconomy(world, witness);
    checkStaleness(world, witness, subject);
  }
  await subject.finalChecks(witness);
}

function reportNewWrites(
  witness: Witness,
  before: number,
  invariant: "zero writes at rest" | "redelivery is a no-op",
): void {
  const extra = witness.writes.slice(before);
  const [first] = extra;
  if (first) witness.report(invariant, `${extra.length} writes, the first ${first.what}`);
}

function checkConvergence(world: World, witness: Witness, subject: Subject, deal: Deal): void {
  const { referral, crm, isShared } = bothOf(world, deal);
  const report = (what: string): void =>
    witness.report("converges or an inbox item is open", `deal ${deal.index}: ${what}`);
  const excuse = subject.excuseFor(deal, undefined);
  if (referral && !crm) {
    if (deal.deletedAt === undefined && excuse === undefined)
      report("no CRM record stands for the referral");
    return;
  }
  if (crm && !referral) {
    if (isShared && excuse === undefined) report("no referral stands for the shared deal");
    return;
  }
  if (!referral || !crm) return;
  // Of several, each is compared with its own: see linked-pairs.ts.
  if (orderedBeside(world, deal) > 0 && deal.referrals.size + deal.crmRecords.size > 2) return;
  for (const field of editedFields) {
    if (referral[field] === crm[field]) continue;
    if (subject.excuseFor(deal, field) !== undefined) continue;
    report(`${field} is ${referral[field]} in the referral and ${crm[field]} in the CRM`);
  }
}

/** A request later than this counts as lost; then only a person can tell two records apart. */
const settledMs = 120_000;

/**
 * Whether a second record was beyond anybody's power: a POST that landed late, a record out of
 * sight, a memory lost.
 */
function mayDouble(world: World, deal: Deal): boolean {
  const { hits } = world.faults;
  const isLate = world.schedule.faults.some(
    ({ kind, amount }) => kind === "late-landing" && amount >= settledMs,
  );
  const isHidden = ["permission-lost", "crm-permission-lost", "crm-list-lag"] as const;
  return (
    (isLate && hits.has("late-landing")) ||
    hits.has("backup-restored") ||
    deal.isTwinByName ||
    (deal.isTwin && isHidden.some((kind) => hits.has(kind)))
  );
}

/**
 * How many a person has ordered beside the first. Who was asked may want what has only its name in
 * common to be a deal of its own; and where a referral shows its deal's id, a deal that is ordered
 * for it takes the place of the one that it named. Nor does a referral that is over stand in the
 * way
 * of another one for a deal that names it.
 */
function orderedBeside({ schedule, referrals }: World, deal: Deal): number {
  const isTieReplaced = deal.isTwin && schedule.settings.showsDealId === true;
  const isOver = (id: string): boolean => referrals.find(id)?.document.status === "Closed";
  const isTieOver = deal.isTwin && [...deal.referrals.keys()].some(isOver);
  return deal.isTwinByName || isTieReplaced || isTieOver ? deal.ordered : 0;
}

function checkDoubles(world: World, witness: Witness, subject: Subject, deal: Deal): void {
  const report = (what: string): void =>
    witness.report("at most one live record per pair and side", `deal ${deal.index}: ${what}`);
  const find = (id: string) => world.referrals.find(id)?.document;
  const isAsked = subject.questionsAbout(deal).length > 0;
  const isKnown = mayDouble(world, deal) && isAsked;
  const most = 1 + orderedBeside(world, deal);
  for (const leg of ["partner", "microsoft"] as const) {
    const live = liveReferrals(deal, leg, find);
    if (live.length > most && !isKnown) report(`${live.length} live referrals on the ${leg} side`);
  }
  const records = liveRecords(world, deal);
  if (records.length > most && !isKnown) report(`${records.length} CRM records`);
}

function checkLineage(world: World, witness: Witness, subject: Subject): void {
  const { crmVersions } = world.schedule.settings;
  for (const { deal, side, record, field, value, at } of witness.lineage.inventions) {
    // A person may choose that a value is empty.
    if (value === "" && subject.givenUp(deal, field, value, side) === "person") continue;
    // Nor is it invented how a referral ends that a person called one too many.
    const isUnwanted = world.book.deals.get(deal)?.unwanted.has(record) ?? false;
    if (isUnwanted && field === "status" && value === "Closed/Lost") continue;
    witness.report("no invented value", `${side} deal ${deal} ${field} = "${value}" at ${at}`);
  }
  for (const overwrite of witness.lineage.overwrites) {
    const { deal, side, field, loser, winner, at, loserAt } = overwrite;
    const given = subject.givenUp(deal, field, loser.value, side);
    if (given === "person") continue;
    // Nobody could see it; what stands on record then is about the same value, typed another time.
    if (side === "crm" && crmVersions !== "etag" && at - loserAt <= compareReadGapMs) continue;
    // Whose a rounded amount is can't be told once the answer to its write got lost.
    const isRounded = world.schedule.settings.normalises && field === "dealValue";
    // A value that comes back to where it was typed was in conflict with nothing.
    if (given === "conflict" && (isRounded || !isEcho(overwrite))) {
      checkPolicy(world, witness, overwrite);
      continue;
    }
    witness.report(
      "no lost update",
      `${side} deal ${deal} ${field}: "${loser.value}" of ${loser.by} at ${loser.at} was replaced by "${winner.value}" at ${at}`,
    );
  }
  checkFlipFlop(world, witness);
}

/**
 * What stands on record as a conflict is decided by the policy: a fixed side, the newest (an older
 * edit never wins where nothing delays what is seen), or a person.
 */
function checkPolicy(world: World, witness: Witness, overwrite: Overwrite): void {
  const { settings, family } = world.schedule;
  const { loser, winner, deal, field, side, at } = overwrite;
  // The lifecycle has the last word on the status.
  if (field === "status") return;
  const { policy } = settings;
  const won = side === "crm" ? "referral" : "crm";
  const isDelayed = family !== "calm" && family !== "crashes";
  const isRight = policy === "newest" ? isDelayed || loser.at <= winner.at : policy === won;
  if (isRight) return;
  witness.report(
    "no lost update",
    `${side} deal ${deal} ${field}: "${loser.value}" of ${loser.at} gave way to "${winner.value}" of ${winner.at} at ${at}, against the policy ${policy}`,
  );
}

const flipWindowMs = 600_000;
/**
 * Writes of one field within the window that the breaker lets pass, and some for those whose
 * answers got lost.
 */
const flipsOneWay = 20 + 2;
const flipsBothWays = 3 + 2;

/** The breaker's promise, seen from outside: no field is written over and over. */
function checkFlipFlop({ schedule }: World, witness: Witness): void {
  const decisions = schedule.actions.filter(({ kind }) => kind === "resolve" || kind === "undo");
  const recent = new Map<string, Arrival[]>();
  for (const arrival of witness.lineage.written) {
    // What a restore took from the engine's memory, its breaker can't count.
    if (arrival.isCreation || witness.wasForgotten(arrival.at)) continue;
    const key = `${arrival.field} of deal ${arrival.deal}`;
    const writes = (recent.get(key) ?? []).filter(({ at }) => arrival.at - at < flipWindowMs);
    writes.push(arrival);
    const isBothWays = new Set(writes.map(({ side }) => side)).size > 1;
    // What a person decides is written however often the field was before.
    const decided = decisions.filter(
      ({ deal, at }) => deal === arrival.deal && at <= arrival.at && arrival.at - at < flipWindowMs,
    );
    const most = (isBothWays ? flipsBothWays : flipsOneWay) + decided.length;
    const isFlipping = writes.length > most;
    if (isFlipping) {
      witness.report("no flip-flop", `${key} was written ${writes.length} times in ten minutes`);
    }
    recent.set(key, isFlipping ? [] : writes);
  }
}

/** Without faults each edit costs at most one write on the other side. */
function checkEconomy(world: World, witness: Witness): void {
  for (const side of ["referrals", "crm"] as const) {
    for (const deal of world.book.deals.values()) {
      const edits = witness.edits.filter((edit) => edit.deal === deal.index && edit.side !== side);
      const landed = witness.landed.filter(
        (change) => change.deal === deal.index && change.side === side,
      );
      const shown = side === "referrals" && world.schedule.settings.showsDealId ? 1 : 0;
      const allowed = edits.length + allowance[side] + shown;
      if (landed.length > allowed) {
        witness.report(
          "at most one write per side per edit without faults",
          `deal ${deal.index}: ${landed.length} writes to ${side} for ${edits.length} edits`,
        );
      }
    }
  }
}

/** One poll of the slower side, the person who approves, and the calls themselves. */
const staleAfterMs = 60_000 + 20_000 + 25_000;
/** A second edit within one whole-second stamp is told apart by the slower poll only. */
const tieMs = 60_000;

/**
 * Without faults a value reaches the other side within a poll, unless a person was asked about it.
 */
function checkStaleness(world: World, witness: Witness, subject: Subject): void {
  const { settings } = world.schedule;
  const { crmReportsChildChanges } = settings;
  const boundMs = staleAfterMs + (hasSecondStampsInCrm(settings) ? tieMs : 0);
  for (const { deal, side, field, value, at, origin } of witness.lineage.written) {
    if (origin === undefined || subject.givenUp(deal, field, value, side)) continue;
    const linkedAt = witness.linkedAt.get(deal) ?? at;
    const latencyMs = at - Math.max(origin.at, linkedAt);
    // A CRM that doesn't report changes of child rows has declared that gap: only the audit finds
    // them.
    const isUnreported =
      !crmReportsChildChanges && side === "referrals" && crmPartOf(field) !== "deal";
    if (latencyMs <= boundMs || isUnreported) continue;
    witness.report(
      "bounded staleness",
      `${field} = "${value}" of deal ${deal} took ${latencyMs} ms to reach the ${side}`,
    );
  }
}

/**
 * The writes that no edit asks for: linking, and showing the state to the seller. Where a referral
 * shows its deal's id, telling it is one more.
 */
const allowance = { referrals: 0, crm: 4 } as const;
