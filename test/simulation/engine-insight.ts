import type { PlannedWrite } from "../../src/sync/engine-port.ts";
import type { InboxItem, LedgerChange } from "../../src/sync/ledger/ledger-port.ts";
import type { Pair } from "../../src/sync/pair/pair.ts";
import type { PlannedEffect } from "./check/rehearsal.ts";
import { crmNames, editedFields, neutralValue, referralPointers } from "./check/values.ts";
import type { Witness } from "./check/witness.ts";
import type { LedgerMirror } from "./ledger-mirror.ts";
import type { EditedField, Side } from "./schedule/schedule.ts";
import type { Deal } from "./world/deal-book.ts";
import { type World, worldStart } from "./world/world.ts";

/** Nothing is due or under way, nobody is asked for approval, and an audit has run since. */
export function isQuiet(world: World, mirror: LedgerMirror, since: number): boolean {
  const { connection, pairs } = mirror;
  if (!connection || connection.awaitsApproval !== undefined) return false;
  // Somebody is on the way to answer.
  if (connection.brakeSince !== undefined) return false;
  const ownSince = worldStart + since + world.schedule.settings.ownSkewMs;
  if (connection.auditedAt < ownSince) return false;
  for (const pair of pairs.values()) {
    if (pair.due || pair.problem?.retryAt !== undefined) return false;
    // What a dead letter was about to write waits for a person like all the rest of it.
    if (pair.problem === undefined && (pair.attempt || pair.creation)) return false;
  }
  return true;
}

/** Writes what was stored into the trace, for whoever reads it. */
export function noteCommit(world: World, change: LedgerChange): void {
  if (!world.trace.isKept) return;
  const note = (text: string): void => world.trace.note(world.scheduler.now(), text);
  if (change.connection) {
    const { epoch, drift, auditedAt, referralCursor, crmCursor } = change.connection;
    note(`# ${JSON.stringify({ epoch, drift, auditedAt, referralCursor, crmCursor })}`);
  }
  for (const pair of change.pairs ?? []) note(`= ${pair.id.slice(0, 8)} ${pair.state}`);
  for (const { pairId, kind, side, fields, note: why } of change.history ?? []) {
    note(
      `~ ${pairId.slice(0, 8)} ${kind} ${side ?? ""} ${why ?? ""} ${JSON.stringify(fields ?? [])}`,
    );
  }
  for (const item of change.inbox ?? []) {
    note(
      `? ${item.kind} ${item.field ?? ""} ${item.resolvedAt === undefined ? item.sentence : "resolved"}`,
    );
  }
}

/** Why a deal, or one of its fields, may rest unequal: the engine has said so to a person. */
export function excuseOf(
  pairs: readonly Pair[],
  items: readonly InboxItem[],
  field: EditedField | undefined,
): string | undefined {
  for (const item of items) {
    if (item.resolvedAt !== undefined) continue;
    if (item.field === undefined || item.field === field) return `inbox: ${item.kind}`;
  }
  for (const pair of pairs) {
    if (pair.problem !== undefined && pair.problem.retryAt === undefined) return "dead letter";
    if (pair.paused) return "paused";
    if (pair.ended !== undefined) return pair.ended;
    if (pair.isHeld) return "held";
    if (field === undefined) {
      if (pair.refusals.length > 0) return `refused: ${pair.refusals[0]?.reason}`;
      continue;
    }
    if (pair.parked[field]) return `parked: ${pair.parked[field]?.reason}`;
    const refusal = pair.refusals.find((refused) => refused.field === field);
    if (refusal) return `refused: ${refusal.reason}`;
  }
  return undefined;
}

const givingUp = new Set(["conflict", "resolved", "undone"]);

/**
 * Whether a value that was overwritten stands on the record: as a conflict's side, or as answered
 * or undone by a person.
 */
export function recordOf(
  deal: Deal,
  mirror: LedgerMirror,
  field: EditedField,
  value: string,
  side: Side,
): "conflict" | "person" | undefined {
  const ids = new Set<string>();
  for (const [pairId, records] of mirror.everOnRecord.records) {
    for (const id of records) {
      if (deal.referrals.has(id) || deal.crmRecords.has(id)) ids.add(pairId);
    }
  }
  let isConflict = false;
  const means = (candidate: unknown, own: Side): boolean =>
    candidate !== undefined && neutralValue(field, own, candidate) === value;
  for (const item of mirror.everOnRecord.inbox) {
    if (item.field !== field || item.pairId === undefined || !ids.has(item.pairId)) continue;
    const isMeant = means(item.referral, "referrals") || means(item.crm, "crm");
    if (isMeant && item.resolvedAt !== undefined) return "person";
    isConflict ||= isMeant;
  }
  for (const entry of mirror.everOnRecord.history) {
    if (!givingUp.has(entry.kind) || !ids.has(entry.pairId)) continue;
    for (const line of entry.fields ?? []) {
      if (line.field !== field) continue;
      const isMeant =
        means(line.referral, "referrals") ||
        means(line.crm, "crm") ||
        means(line.from, side) ||
        means(line.to, side);
      if (isMeant && entry.kind !== "conflict") return "person";
      isConflict ||= isMeant;
    }
  }
  return isConflict ? "conflict" : undefined;
}

/** A change so fresh may be met by the audit first. */
const freshMs = 3_000;

/** Where nothing hides a change for good, the polls find everything and the audit nothing. */
export function checkDrift(
  world: World,
  witness: Witness,
  before: number,
  change: LedgerChange,
): void {
  const found = (change.connection?.drift ?? before) - before;
  if (world.schedule.family !== "lists" || found <= 0) return;
  const since = world.sinceStart() - freshMs;
  const isFresh = [...witness.edits, ...witness.landed].some(({ at }) => at >= since);
  if (!isFresh)
    witness.report("bounded staleness", `${found} changes were found by the audit only`);
}

/** A rehearsal's writes by the world's own names: new records, and fields of records. */
export function plannedEffects(
  world: World,
  mirror: LedgerMirror,
  writes: readonly PlannedWrite[],
): readonly PlannedEffect[] {
  return writes.flatMap(({ pairId, side, kind, fields }) => {
    const pair = mirror.pairs.get(pairId);
    const deal =
      world.book.ofReferral(pair?.referral?.id ?? "") ??
      world.book.ofCrmRecord(pair?.crm?.id ?? "");
    if (!deal) return [];
    const own = side === "crm" ? "crm" : "referrals";
    const names = own === "crm" ? crmNames : referralPointers;
    const whats: PlannedEffect["what"][] =
      kind === "create"
        ? ["create"]
        : editedFields.filter((field) => fields.includes(names[field]));
    return whats.map((what) => ({ deal: deal.index, side: own, what }));
  });
}

/** Nobody is asked about a double where every deal has one record on each side. */
export function checkFalseDoubles(world: World, mirror: LedgerMirror, witness: Witness): void {
  const isDoubled = [...world.book.deals.values()].some(({ referrals, crmRecords }) => {
    const legs = [...referrals.values()];
    return crmRecords.size > 1 || new Set(legs).size < legs.length;
  });
  const asked = [...mirror.inbox.values()].find(({ kind }) => kind === "double");
  if (isDoubled || !asked) return;
  witness.report(
    "at most one live record per pair and side",
    `asked about a double that is none: ${asked.sentence}`,
  );
}

/**
 * Where nothing goes wrong and nobody competes, no write is refused for good: a person who is asked
 * about one waits for what the engine could have done.
 */
export function checkNeedlessQuestions(world: World, mirror: LedgerMirror, witness: Witness): void {
  if (world.schedule.family !== "calm") return;
  const asked = mirror.everOnRecord.inbox.find(({ kind }) => kind === "stale");
  if (asked) witness.report("bounded staleness", `asked for nothing: ${asked.sentence}`);
}

/** Replays what was agreed and compares it with the shadows. */
export function checkHistory(mirror: LedgerMirror, witness: Witness): void {
  const replayed = new Map<string, Map<string, { referral: unknown; crm: unknown }>>();
  for (const entry of mirror.history) {
    if (entry.kind !== "agreed") continue;
    const shadows = replayed.get(entry.pairId) ?? new Map();
    replayed.set(entry.pairId, shadows);
    for (const { field, referral, crm } of entry.fields ?? [])
      shadows.set(field, { referral, crm });
  }
  for (const pair of mirror.pairs.values()) {
    if (!pair.referral || !pair.crm) continue;
    for (const [field, shadow] of replayed.get(pair.id) ?? []) {
      const own = { referral: pair.referral.shadow[field], crm: pair.crm.shadow[field] };
      if (JSON.stringify(own) !== JSON.stringify(shadow)) {
        witness.report(
          "history replays",
          `${field} of pair ${pair.id} replays to ${JSON.stringify(shadow)}, the shadows are ${JSON.stringify(own)}`,
        );
      }
    }
  }
}
