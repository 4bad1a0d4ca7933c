import type { EngineContext, PairChange } from "../engine-context.ts";
import type { ConnectionState } from "../ledger/ledger-port.ts";
import type { FieldWrite, Pair, Park, Side } from "../pair/pair.ts";
import { stateOfReferral } from "../pair/projection.ts";
import { fieldQuestion } from "../people/inbox-items.ts";
import { mayShareContacts } from "../steps/referral-draft.ts";
import { type Plan, planFields } from "./plan.ts";
import { isBroken, settlePlan } from "./settle.ts";

/** A pair's plan: what needs no call is applied already, what does is listed. */
export interface PairPlan {
  readonly change: PairChange;
  readonly toReferral: readonly FieldWrite[];
  readonly toCrm: readonly FieldWrite[];
}

/** Plans a pair of which both sides were seen. Pure. */
export function planPair(
  context: EngineContext,
  pair: Pair,
  connection: ConnectionState,
): PairPlan {
  const { plan, isHeld } = fieldsPlan(context, pair, connection);
  const noted: Pair = { ...pair, isHeld: isHeld ? true : undefined };
  const settled = settlePlan(context, noted, plan);
  const toReferral = splitBroken(context, pair, plan.toReferral, "referral");
  const toCrm = splitBroken(context, pair, plan.toCrm, "crm");
  const broken = [...toReferral.broken, ...toCrm.broken];
  return {
    change: broken.length > 0 ? withBreaker(context, settled, broken) : settled,
    toReferral: toReferral.whole,
    toCrm: toCrm.whole,
  };
}

function fieldsPlan(
  context: EngineContext,
  pair: Pair,
  connection: ConnectionState,
): { readonly plan: Plan; readonly isHeld: boolean } {
  const { projection, mapping, rules, settings } = context;
  const { referral, crm } = pair;
  if (!referral?.document || !crm?.document)
    throw new Error("a pair is planned that was never read");
  const { document } = referral;
  const record = crm.document;
  const state = stateOfReferral(document);
  const isNew = state.status === "New";
  const { holding } = mapping;
  const isHeld = isNew && holding !== undefined && record[holding.crmField] === holding.value;
  const hasLeftHolding = isNew && pair.isHeld === true && !isHeld;
  const plan = planFields({
    fields: projection.fields,
    referral: {
      seen: projection.referralValues(document),
      shadow: referral.shadow,
      changes: referral.changes,
    },
    crm: {
      seen: projection.crmValues(record),
      shadow: crm.shadow,
      changes: crm.changes,
    },
    state,
    context: projection.context(document, record),
    parked: pair.parked,
    decisions: pair.decisions,
    policies: connection.policies,
    mayShareContacts: () => mayShareContacts(context, document, record),
    isHeld,
    hasLeftHolding,
    distrustsShadows: pair.epoch !== connection.epoch,
    newestSkewMs: settings.newestSkewMs,
    rules,
  });
  return { plan, isHeld: isHeld || hasLeftHolding };
}

function splitBroken(
  context: EngineContext,
  pair: Pair,
  writes: readonly FieldWrite[],
  side: Side,
): { readonly whole: readonly FieldWrite[]; readonly broken: readonly FieldWrite[] } {
  const broken = writes.filter((write) => isBroken(context, pair, write, side));
  const whole = broken.length === 0 ? writes : writes.filter((write) => !broken.includes(write));
  return { whole, broken };
}

function withBreaker(
  context: EngineContext,
  change: PairChange,
  broken: readonly FieldWrite[],
): PairChange {
  const parked: Record<string, Park> = { ...change.pair.parked };
  const at = context.clock.now();
  for (const { field } of broken) parked[field] = { reason: "breaker", at };
  const pair: Pair = { ...change.pair, parked };
  const questions = broken.map(({ field }) => fieldQuestion(context, pair, "breaker", field));
  return { ...change, pair, inbox: [...change.inbox, ...questions] };
}
