import type { CrmValue } from "../../crm/port.ts";
import type { EngineContext, NewHistory, PairChange } from "../engine-context.ts";
import type { InboxItem } from "../ledger/ledger-port.ts";
import type { Attempt, FieldWrite, Pair, Park, Refusal, Side } from "../pair/pair.ts";
import { fieldQuestion, inboxId } from "../people/inbox-items.ts";
import { agree } from "./agree.ts";
import type { Agreement, Plan } from "./plan.ts";

/**
 * The pair after its write was answered: the stored values and what they came from are agreed,
 * decisions that were carried out are forgotten, and what was undone is parked. Pure.
 */
export function settleWrite(
  context: EngineContext,
  pair: Pair,
  attempt: Attempt,
  stored: (write: FieldWrite) => CrmValue,
): PairChange {
  const { rules, clock } = context;
  const agreements = attempt.writes.map((write): Agreement => {
    const value = rules.agreedValue(write.value, stored(write));
    return attempt.side === "referral"
      ? { field: write.field, referral: value, crm: write.source }
      : { field: write.field, referral: write.source, crm: value };
  });
  const isOwn = pair.attempt?.id === attempt.id;
  const agreed = agree(context, isOwn ? { ...pair, attempt: undefined } : pair, agreements);
  const wrote: NewHistory = {
    pairId: pair.id,
    at: clock.now(),
    kind: "wrote",
    side: attempt.side,
    fields: attempt.writes.map(({ field, value, old }) => ({ field, from: old, to: value })),
    correlationId: attempt.id,
  };
  const settled: Pair = {
    ...agreed.pair,
    ...carriedOut(context, agreed.pair, attempt),
    recentWrites: withWrites(
      context,
      pair.recentWrites,
      attempt.side,
      attempt.writes.map(({ field }) => field),
    ),
    staleTries: undefined,
    problem: undefined,
  };
  // A write of nothing but the sync's own state fields is no news to anybody.
  const told = attempt.writes.length > 0 ? [wrote] : [];
  return { pair: settled, history: [...told, ...agreed.history], inbox: [] };
}

function carriedOut(
  { rules, clock }: EngineContext,
  pair: Pair,
  attempt: Attempt,
): Pick<Pair, "decisions" | "parked"> {
  const decisions = { ...pair.decisions };
  const parked: Record<string, Park> = { ...pair.parked };
  for (const { field } of attempt.writes) {
    const decision = decisions[field];
    if (decision === undefined) continue;
    delete decisions[field];
    delete parked[field];
    if (decision.take === "value") decisions[field] = { take: "referral", over: decision.over };
    if (decision.take === "undo" && rules.parksAfterUndo) {
      parked[field] = { reason: "undo", at: clock.now() };
    }
  }
  return { decisions, parked };
}

/** The breaker's count after one more write of some fields. */
export function withWrites(
  { clock, settings }: EngineContext,
  recent: Pair["recentWrites"],
  side: Side,
  fields: readonly string[],
): Pair["recentWrites"] {
  const now = clock.now();
  const written: Record<string, readonly (readonly [number, Side])[]> = { ...recent };
  for (const field of fields) {
    const fresh = (recent[field] ?? []).filter(([at]) => at > now - settings.breaker.windowMs);
    written[field] = [...fresh, [now, side]];
  }
  return written;
}

/**
 * Whether one more write of a field would be one too many: both sides take turns, or one is written
 * without end.
 */
export function isBroken(
  context: EngineContext,
  pair: Pair,
  write: FieldWrite,
  side: Side,
): boolean {
  const { breaker } = context.settings;
  const since = context.clock.now() - breaker.windowMs;
  const recent = (pair.recentWrites[write.field] ?? []).filter(([at]) => at > since);
  if (pair.decisions[write.field]) return false;
  if (recent.length >= breaker.writesOneWay) return true;
  return recent.length >= breaker.writes && recent.some(([, other]) => other !== side);
}

/**
 * The pair after everything in its plan that needs no call: what is agreed already, what is asked,
 * what is refused. Pure.
 */
export function settlePlan(context: EngineContext, pair: Pair, plan: Plan): PairChange {
  const agreed = agree(context, pair, plan.agreements);
  const decided = new Set(plan.agreements.map(({ field }) => field));
  const refused = new Set([...plan.refusals.map(({ field }) => field), ...plan.conflicts]);
  const parked: Record<string, Park> = {};
  for (const [field, park] of Object.entries(pair.parked)) {
    if (!plan.released.includes(field) && !(decided.has(field) && pair.decisions[field])) {
      parked[field] = park;
    }
  }
  const decisions = Object.fromEntries(
    Object.entries(pair.decisions).filter(([field]) => !decided.has(field) && !refused.has(field)),
  );
  const now = context.clock.now();
  for (const field of plan.conflicts) parked[field] = { reason: "conflict", at: now };
  const standing = pair.refusals.filter(({ field }) => parked[field]?.reason === "refused");
  const refusals = [...plan.refusals, ...standing];
  const settled: Pair = { ...agreed.pair, parked, decisions, refusals };
  return {
    pair: settled,
    history: [...agreed.history, ...planHistory(context, pair, plan)],
    inbox: [
      ...plan.conflicts.map((field) => fieldQuestion(context, pair, "conflict", field)),
      ...plan.released.flatMap((field) => answered(context, pair, field)),
      ...plan.refusals.flatMap((refusal) => askedAnew(context, settled, pair, refusal)),
    ],
  };
}

/** A question that has answered itself: both sides say the same now. */
function answered(context: EngineContext, pair: Pair, field: string): readonly InboxItem[] {
  const reason = pair.parked[field]?.reason;
  if (reason !== "conflict" && reason !== "breaker") return [];
  const question = fieldQuestion(context, pair, reason, field);
  const resolvedAt = context.clock.now();
  return [
    {
      ...question,
      id: inboxId(reason, pair.id, field),
      resolvedAt,
      resolution: "both sides agree",
    },
  ];
}

/** A person's answer that can't be carried out: the question stands again, with the reason. */
function askedAnew(
  context: EngineContext,
  settled: Pair,
  pair: Pair,
  { field, reason, remedy }: Refusal,
): readonly InboxItem[] {
  const parkReason = settled.parked[field]?.reason;
  const isAsked = parkReason === "conflict" || parkReason === "breaker";
  if (!pair.decisions[field] || !isAsked) return [];
  const sentence = `The answer can't be carried out: ${reason}. ${remedy}`;
  return [{ ...fieldQuestion(context, settled, parkReason, field), sentence }];
}

function planHistory(context: EngineContext, pair: Pair, plan: Plan): readonly NewHistory[] {
  const at = context.clock.now();
  const history: NewHistory[] = [];
  const { projection } = context;
  const referral = pair.referral?.document && projection.referralValues(pair.referral.document);
  const crm = pair.crm?.document && projection.crmValues(pair.crm.document);
  const contested = [...plan.conflicts, ...plan.losers.map(({ field }) => field)];
  if (contested.length > 0) {
    const fields = contested.map((field) => ({
      field,
      referral: referral?.[field] ?? null,
      crm: crm?.[field] ?? null,
    }));
    const losers = plan.losers.map(({ field, side }) => `${field}: the ${side}'s value gave way`);
    history.push({ pairId: pair.id, at, kind: "conflict", fields, note: losers.join("; ") });
  }
  const fresh = plan.refusals.filter(
    (refusal) =>
      !pair.refusals.some(
        (known) => known.field === refusal.field && known.reason === refusal.reason,
      ),
  );
  for (const { field, side, reason } of fresh) {
    history.push({ pairId: pair.id, at, kind: "refused", side, fields: [{ field }], note: reason });
  }
  return history;
}
