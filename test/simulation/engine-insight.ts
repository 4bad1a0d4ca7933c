import type { Rehearsal } from "../../src/sync/engine-port.ts";
import type { InboxItem, LedgerChange } from "../../src/sync/ledger/ledger-port.ts";
import type { Pair } from "../../src/sync/pair/pair.ts";
import type { PlannedEffect } from "./check/rehearsal.ts";
import { editedFields, neutralValue } from "./check/values.ts";
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
  deal: Deal,
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
    if (pair.ended !== undefined && isRightlyOver(deal, pair)) return pair.ended;
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

/**
 * Whether a value that was overwritten on a side stands on the record: as a conflict's, or as given
 * up by a person who chose the other side's value or undid what was written.
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
  for (const entry of mirror.everOnRecord.history) {
    if (!ids.has(entry.pairId)) continue;
    for (const line of entry.fields ?? []) {
      if (line.field !== field) continue;
      const own = side === "crm" ? line.crm : line.referral;
      if (entry.kind === "resolved" && losersOf[entry.note ?? ""]?.includes(side)) {
        if (means(own, side)) return "person";
      } else if (entry.kind === "undone") {
        // Who undid a value has seen it: what is typed there next is typed in knowledge of it.
        if (means(line.from, entry.side === "crm" ? "crm" : "referrals")) return "person";
      } else if (entry.kind === "conflict") {
        isConflict ||= means(own, side);
      }
    }
  }
  return isConflict ? "conflict" : undefined;
}

/** A pair is over where its deal was deleted, or where its referral was over when it was found. */
function isRightlyOver(deal: Deal, { ended, referral }: Pair): boolean {
  return ended === "not-imported" ? referral?.document?.status === "Closed" : deal.wasDeleted;
}

/** On which sides the value gives way that was seen when a person answered so. */
const losersOf: Readonly<Record<string, readonly Side[]>> = {
  referral: ["crm"],
  crm: ["referrals"],
  value: ["referrals", "crm"],
};

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

/** A rehearsal's writes by the world's own names: fields of new and of known records. */
export function plannedEffects(
  world: World,
  mirror: LedgerMirror,
  { writes, pairs }: Rehearsal,
): readonly PlannedEffect[] {
  return writes.flatMap(({ pairId, side, kind }) => {
    const pair = mirror.pairs.get(pairId);
    const deal =
      world.book.ofReferral(pair?.referral?.id ?? "") ??
      world.book.ofCrmRecord(pair?.crm?.id ?? "");
    if (!deal) return [];
    const own = side === "crm" ? "crm" : "referrals";
    const changes = (pairs[pairId]?.changes ?? []).filter(
      (change) => change.side === side && change.kind === kind,
    );
    return editedFields.flatMap((field): PlannedEffect[] => {
      const change = changes.findLast((one) => one.field === field);
      if (!change) return [];
      const value = neutralValue(field, own, change.to);
      return [{ deal: deal.index, side: own, field, value, isCreation: kind === "create" }];
    });
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
    for (const { field, referral, crm } of entry.fields ?? []) {
      const before = shadows.get(field);
      shadows.set(field, {
        referral: referral === undefined ? before?.referral : referral,
        crm: crm === undefined ? before?.crm : crm,
      });
    }
  }
  for (const pair of mirror.pairs.values()) {
    if (!pair.referral || !pair.crm) continue;
    const shadows = replayed.get(pair.id) ?? new Map();
    const { referral, crm } = pair;
    const known = [...shadows.keys(), ...Object.keys(referral.shadow), ...Object.keys(crm.shadow)];
    for (const field of new Set(known)) {
      const shadow = shadows.get(field) ?? {};
      const own = { referral: referral.shadow[field], crm: crm.shadow[field] };
      if (JSON.stringify(own) !== JSON.stringify(shadow)) {
        witness.report(
          "history replays",
          `${field} of pair ${pair.id} replays to ${JSON.stringify(shadow)}, the shadows are ${JSON.stringify(own)}`,
        );
      }
    }
  }
}
