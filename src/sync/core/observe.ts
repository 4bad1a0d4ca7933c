import type { Referral } from "../../contract/index.ts";
import type { CrmFields, CrmRecord, CrmValue } from "../../crm/port.ts";
import type { EngineContext, NewHistory, PairChange } from "../engine-context.ts";
import type { ConnectionState, HistoryField, ReferralCursor } from "../ledger/ledger-port.ts";
import type { FieldValues, FieldWrite, Pair, SeenChange, Side, SideState } from "../pair/pair.ts";
import { dueSooner } from "../pair/pair-state.ts";
import { compareStamps } from "../pair/stamps.ts";
import type { Priority } from "../run/runner.ts";
import { matchKeyOf, matchKeyOfDeal } from "../steps/match-key.ts";
import type { Order, Source } from "./rules.ts";
import { settleWrite, withWrites } from "./settle.ts";

/** When and how something was seen. */
export interface Sighting {
  readonly source: Source;
  /** Our clock when the read or the walk began. */
  readonly at: number;
  readonly connection: Pick<ConnectionState, "epoch" | "referralCursor" | "crmCursor">;
  /**
   * Makes the pair due where the sighting is news; absent where the pair is being worked on anyway.
   */
  readonly due?: Priority;
}

/** An observation applied to a pair: what it was worth, and the pair afterwards. */
export interface Landed extends PairChange {
  readonly order: Order;
}

interface Observation<Document> {
  readonly name: Side;
  readonly id: string;
  readonly version: string;
  readonly stamp: string;
  readonly document: Document | undefined;
  readonly values: FieldValues;
  readonly before: FieldValues | undefined;
  /** Our clock at the last whole walk before this one: then nothing had changed yet. */
  readonly walkedAt: number;
  readonly changedBy: string | undefined;
  readonly url: string | undefined;
  /** False where two edits can have one version: whole seconds, or no versions at all. */
  readonly isVersionExact: boolean;
  /** True where something beside the mapped values matters and has changed. */
  readonly isOtherwiseNews: boolean;
  readonly same: (field: string, left: CrmValue, right: CrmValue) => boolean;
}

/**
 * What an answer is worth: where its side was seen anew while the call was under way, it may be the
 * older of the two, as what a list shows may be.
 */
export function worthOfAnswer(sent: Pair, now: Pair, side: Side): Source {
  const [before, after] = [sent[side], now[side]];
  return before?.version === after?.version && before?.stamp === after?.stamp ? "get" : "list";
}

/** Applies a referral that was read or listed to its pair. Pure. */
export function landReferral(
  context: EngineContext,
  pair: Pair,
  referral: Referral,
  eTag: string,
  sighting: Sighting,
): Landed {
  const { projection } = context;
  const known = pair.referral?.document;
  const values = projection.referralValues(referral);
  const observation: Observation<Referral> = {
    name: "referral",
    id: referral.id ?? "",
    version: eTag,
    stamp: referral.updatedDateTime ?? "",
    document: referral,
    values,
    before: known && projection.referralValues(known),
    walkedAt: unchangedAt(context, referral, sighting.connection.referralCursor),
    changedBy: referral.lastModifiedVia ?? undefined,
    url: undefined,
    isVersionExact: true,
    isOtherwiseNews:
      referral.trackingInfo?.microsoftMsxId !== known?.trackingInfo?.microsoftMsxId ||
      referral.status !== known?.status,
    same: (field, left, right) =>
      projection.byName.get(field)?.lens.sameInReferral(left, right) ?? false,
  };
  return land(context, pair, pair.referral, observation, sighting, (side) => ({
    ...pair,
    referral: side,
    engagementId: referral.engagementId ?? pair.engagementId,
    matchKey: matchKeyOf(context, values),
    claim: claimOf(referral, pair.crm?.id),
  }));
}

/** The deal that a referral names, where that isn't the one that it is linked to. */
export function claimOf({ externalReferenceId }: Referral, linked?: string): string | undefined {
  return externalReferenceId && externalReferenceId !== linked ? externalReferenceId : undefined;
}

/**
 * Our clock when a referral was surely as before. A change behind the cursor was shown late: near
 * walks after the last far one may have missed it, and so may that one, as far as lists lag.
 */
function unchangedAt(
  { settings }: EngineContext,
  { updatedDateTime }: Referral,
  { stamp, walkedAt, far }: ReferralCursor,
): number {
  const isLate = compareStamps(updatedDateTime ?? "", stamp) <= 0;
  return isLate ? Math.max(0, (far?.at ?? 0) - settings.cursorOverlapMs) : walkedAt;
}

/** Applies a CRM record that was read or listed to its pair. Pure. */
export function landDeal(
  context: EngineContext,
  pair: Pair,
  record: CrmRecord,
  sighting: Sighting,
): Landed {
  const { projection, mapping } = context;
  const isKept = pair.referral !== undefined || mapping.shareWhen(record.fields);
  const claimField = context.crm.capabilities.stateFields?.referralId;
  const claim = claimField ? record.fields[claimField] : undefined;
  const named = typeof claim === "string" && claim !== "" ? claim : undefined;
  const known = pair.crm?.document;
  const observation: Observation<CrmFields> = {
    name: "crm",
    id: record.id,
    version: record.version,
    stamp: record.modifiedAt,
    document: isKept ? record.fields : undefined,
    values: projection.crmValues(record.fields),
    before: known && projection.crmValues(known),
    walkedAt: sighting.connection.crmCursor.walkedAt,
    changedBy: record.modifiedBy,
    url: record.url,
    isVersionExact: context.crm.capabilities.versions === "etag",
    isOtherwiseNews:
      isKept !== (known !== undefined) ||
      (!pair.referral && named !== pair.claim) ||
      (mapping.holding !== undefined &&
        record.fields[mapping.holding.crmField] !== known?.[mapping.holding.crmField]),
    same: (field, left, right) =>
      projection.byName.get(field)?.lens.sameInCrm(left, right) ?? false,
  };
  const ties: Pick<Pair, "matchKey" | "claim"> = pair.referral
    ? { matchKey: pair.matchKey, claim: pair.claim }
    : { matchKey: matchKeyOfDeal(context, record.fields), claim: named };
  const landed = land(context, pair, pair.crm, observation, sighting, (side) => ({
    ...pair,
    ...ties,
    crm: side,
    isToldDeleted: undefined,
    isDeletionCounted: undefined,
    isDeletionIgnored: undefined,
    // What kept it from being shared doesn't matter to a deal that isn't to be shared.
    refusals: isKept ? pair.refusals : [],
  }));
  if (landed.order !== "tie") return landed;
  // What it may belong to counts before it is read, what it named before as well: nothing is
  // created beside it meanwhile.
  const { matchKey = pair.matchKey, claim: tie = pair.claim } = ties;
  return { ...landed, pair: { ...landed.pair, matchKey, claim: tie } };
}

function land<Document>(
  context: EngineContext,
  pair: Pair,
  known: SideState<Document> | undefined,
  observation: Observation<Document>,
  sighting: Sighting,
  withSide: (side: SideState<Document>) => Pair,
): Landed {
  const order = orderOf(context, known, observation, sighting.source);
  if (order === "older") return { pair, order, history: [], inbox: [] };
  if (order === "tie") return { ...lookAgain(context, pair, observation.name), order };
  if (order === "same" && known) {
    return { ...seenAgain(context, pair, known, observation, sighting, withSide), order };
  }
  const side = sideAfter(known, observation, sighting);
  const landed = settleAttempt(context, withSide(side), observation, sighting.source);
  const isBack = known !== undefined && known.presence !== "present";
  const isNews =
    isBack || landed.history.length > 0 || observation.isOtherwiseNews || hasNewValues(observation);
  // What is in sight again ends what its absence stopped, also where a pair's own look shows it.
  const due = isNews ? (sighting.due ?? (isBack ? "read" : undefined)) : undefined;
  const seen: Pair = {
    ...landed.pair,
    look: withoutLook(pair, observation.name),
    ...(isNews ? { newsAt: context.clock.now() } : {}),
    ...(due ? newlyDue(context, pair, due) : {}),
  };
  const history = [...seenHistory(context, pair, observation), ...landed.history];
  return { pair: seen, order, history, inbox: [] };
}

/** What changed may also remedy what was wrong. */
export function newlyDue(context: EngineContext, pair: Pair, priority: Priority): Partial<Pair> {
  const isDead = pair.problem !== undefined && pair.problem.retryAt === undefined;
  return {
    due: dueSooner(pair.due, context.clock.now(), priority),
    ...(isDead ? { problem: undefined } : {}),
  };
}

function orderOf<Document>(
  { rules }: EngineContext,
  known: SideState<Document> | undefined,
  observation: Observation<Document>,
  source: Source,
): Order {
  if (!known || known.stamp === "") return "newer";
  const order = rules.orderOf(known, observation, source);
  // Seen again, perhaps by something old: what is there now must be read.
  if (known.presence !== "present") {
    return source === "list" || order === "older" ? "tie" : "newer";
  }
  // What wasn't kept before is news now, whatever its version.
  if (order === "same" && !known.document && observation.document) return "newer";
  if (observation.isVersionExact || observation.stamp !== known.stamp) return order;
  // A version that several edits can share says nothing where the values differ.
  if (!hasNewValues(observation) && !observation.isOtherwiseNews) return "same";
  return source === "list" ? "tie" : "newer";
}

function hasNewValues<Document>({ values, before, same }: Observation<Document>): boolean {
  if (!before) return true;
  for (const name of Object.keys(values)) {
    const [now, earlier] = [values[name] ?? null, before[name] ?? null];
    if (now !== earlier && !same(name, now, earlier)) return true;
  }
  return false;
}

function withoutLook(pair: Pair, name: Side): Pair["look"] {
  if (!pair.look[name]) return pair.look;
  const { [name]: _looked, ...rest } = pair.look;
  return rest;
}

function lookAgain(context: EngineContext, pair: Pair, name: Side): PairChange {
  const again: Pair = {
    ...pair,
    look: { ...pair.look, [name]: pair.look[name] ?? "hint" },
    due: dueSooner(pair.due, context.clock.now(), "read"),
  };
  return { pair: again, history: [], inbox: [] };
}

/**
 * Nothing new; a read still answers the question that it was made for, and tells the version that
 * the next write must name: where it stands for more than the mapped values, it may be another one.
 */
function seenAgain<Document>(
  context: EngineContext,
  pair: Pair,
  known: SideState<Document>,
  observation: Observation<Document>,
  { source, at, connection, due }: Sighting,
  withSide: (side: SideState<Document>) => Pair,
): PairChange {
  const isAnswer = source !== "list" || known.epoch !== connection.epoch;
  if (!isAnswer) return { pair, history: [], inbox: [] };
  const { versionSeenAgain } = context.rules;
  const version = source === "list" ? known.version : versionSeenAgain(known, observation);
  const lookedAt = Math.max(known.lookedAt, at);
  const side = { ...known, version, lookedAt, epoch: connection.epoch };
  const seen = { ...withSide(side), look: withoutLook(pair, observation.name) };
  const settled = settleAttempt(context, seen, observation, source);
  // A write that turns out to have landed ends what stopped the pair: then the rest is to be done.
  const again = due && settled.history.length > 0 ? newlyDue(context, settled.pair, due) : {};
  return { ...settled, pair: { ...settled.pair, ...again }, inbox: [] };
}

function sideAfter<Document>(
  known: SideState<Document> | undefined,
  observation: Observation<Document>,
  { at, connection }: Sighting,
): SideState<Document> {
  const { id, version, stamp, document, values, before, changedBy, url } = observation;
  const shadow = known?.shadow ?? {};
  const changes: Record<string, SeenChange> = {};
  const after = Math.max(known?.lookedAt ?? 0, observation.walkedAt);
  for (const name of Object.keys(shadow)) {
    const value = values[name] ?? null;
    if (observation.same(name, value, shadow[name] ?? null)) continue;
    const earlier = known?.changes[name];
    const isAsBefore = before && observation.same(name, value, before[name] ?? null);
    changes[name] = isAsBefore && earlier ? earlier : { after: Math.min(after, at), by: at };
  }
  const lookedAt = Math.max(known?.lookedAt ?? 0, at);
  return {
    id,
    version,
    stamp,
    document,
    shadow,
    changes,
    lookedAt,
    epoch: connection.epoch,
    presence: "present",
    ...(changedBy ? { changedBy } : {}),
    ...(url ? { url } : {}),
  };
}

/**
 * A write of ours whose outcome was unknown shows in a version that isn't the one it demanded:
 * where a value is the one we sent, it is ours and agreed; it is never taken for somebody else's
 * edit. While the call may be under way a list decides nothing, for another part of the write may
 * yet land; what it shows is noted, should somebody change it before the outcome is known.
 */
function settleAttempt<Document>(
  context: EngineContext,
  pair: Pair,
  { name, version, values, same, isVersionExact }: Observation<Document>,
  source: Source,
): { readonly pair: Pair; readonly history: readonly NewHistory[] } {
  const { attempt } = pair;
  if (attempt?.side !== name) return { pair, history: [] };
  const mayStillLand = attempt.version === version && version !== "";
  if (mayStillLand && isVersionExact) return { pair, history: [] };
  const isThere = ({ field, value }: FieldWrite): boolean =>
    same(field, values[field] ?? null, value);
  if (source === "list" && attempt.writes.length > 0) {
    const met = (write: FieldWrite) =>
      isThere(write) ? { ...write, isMet: true as const } : write;
    const [writes, earlier] = [attempt.writes.map(met), attempt.earlier.map(met)];
    return { pair: { ...pair, attempt: { ...attempt, writes, earlier } }, history: [] };
  }
  const landed = new Map<string, FieldWrite>();
  const lost = new Map<string, FieldWrite>();
  for (const write of [...attempt.earlier, ...attempt.writes]) {
    (write.isMet || isThere(write) ? landed : lost).set(write.field, write);
  }
  if (mayStillLand && landed.size === 0) return { pair, history: [] };
  for (const field of landed.keys()) lost.delete(field);
  // It may have landed and been overwritten since, so the breaker counts it.
  const recentWrites = withWrites(context, pair.recentWrites, attempt.side, [...lost.keys()]);
  const counted: Pair = { ...pair, recentWrites };
  if (landed.size === 0) return { pair: { ...counted, attempt: undefined }, history: [] };
  const own = { ...attempt, writes: [...landed.values()] };
  return settleWrite(context, counted, own, (write) =>
    isThere(write) ? (values[write.field] ?? null) : write.value,
  );
}

function seenHistory<Document>(
  { clock }: EngineContext,
  pair: Pair,
  observation: Observation<Document>,
): readonly NewHistory[] {
  const { name, values, before, same, changedBy } = observation;
  if (!before) return [];
  const fields: HistoryField[] = [];
  for (const [field, to] of Object.entries(values)) {
    const from = before[field] ?? null;
    if (!same(field, to, from)) fields.push({ field, from, to });
  }
  if (fields.length === 0) return [];
  const by = changedBy ? { by: changedBy } : {};
  return [{ pairId: pair.id, at: clock.now(), kind: "seen", side: name, fields, ...by }];
}
