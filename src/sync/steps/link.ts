import type { Referral } from "../../contract/index.ts";
import { agree } from "../core/agree.ts";
import { claimOf, landReferral, type Sighting } from "../core/observe.ts";
import { type Agreement, saySame } from "../core/plan.ts";
import { commit, type EngineContext, type NewHistory, type PairChange } from "../engine-context.ts";
import type { InboxItem } from "../ledger/ledger-port.ts";
import type { Creation, FieldValues, Pair } from "../pair/pair.ts";
import { dueSooner } from "../pair/pair-state.ts";
import type { Priority } from "../run/runner.ts";
import { canInviteMicrosoft } from "./legs.ts";

/** The epoch of a pair whose differences are all asked about. */
export const neverCompared = 0;

/**
 * A half pair takes over the other half, with all that is still to be done about it; the two become
 * one row in one transaction.
 */
export async function linkPairs(
  context: EngineContext,
  pair: Pair,
  deal: Pair,
  reason: string,
): Promise<void> {
  const { clock, ledger } = context;
  // After a restore the two may have been linked before, and what they agreed on is forgotten.
  const isFirstEpoch = (await ledger.connection()).epoch === 1;
  const linked: Pair = {
    ...pair,
    crm: deal.crm,
    // A deal to be made isn't made any more.
    attempt: undefined,
    asks: undefined,
    claim: pair.referral?.document && claimOf(pair.referral.document, deal.crm?.id),
    problem: undefined,
    epoch: isFirstEpoch ? pair.epoch : neverCompared,
    // What isn't kept of a deal that nobody shared must be read.
    look: { ...pair.look, crm: deal.look.crm ?? (deal.crm?.document ? undefined : "hint") },
    isToldDeleted: deal.isToldDeleted,
    shown: deal.shown,
    paused: pair.paused ?? deal.paused,
    parked: { ...deal.parked, ...pair.parked },
    due: dueSooner(pair.due, clock.now(), "read"),
  };
  const history: NewHistory = { pairId: pair.id, at: clock.now(), kind: "linked", note: reason };
  const inbox = await answeredByLinking(context, [pair.asks, deal.asks]);
  const woken = await tiedTo(context, linked);
  const pairs = [linked, ...woken.filter(({ id }) => id !== deal.id)];
  await commit(context, { pairs, removed: [deal], history: [history], inbox });
}

/**
 * Deals that waited until it was known what becomes of a referral, made due: they go on in the very
 * commit that decides it. Shared ones that look like it, and all that one of the two names the
 * other in; after a restore also those that nobody shares: the deal that was linked may be one that
 * a forgotten life made beside them.
 */
export async function tiedTo(
  context: EngineContext,
  { id, referral, matchKey }: Pair,
  priority: Priority = "outbound",
): Promise<readonly Pair[]> {
  const { clock, ledger } = context;
  const named = referral?.document?.externalReferenceId;
  const tied = [
    ...(await ledger.pairsByClaim(referral?.id ?? "")),
    ...(named ? (await ledger.pairsByRecord([named])).values() : []),
  ];
  const { epoch } = await ledger.connection();
  const alike = matchKey === undefined ? [] : await ledger.pairsByMatchKey(matchKey);
  const suspects = alike.filter(({ crm }) => crm?.document || epoch > 1);
  const waiting = new Map<string, Pair>();
  for (const one of [...tied, ...suspects]) {
    if (one.id === id || !one.crm || one.referral || one.asks || one.ended) continue;
    waiting.set(one.id, { ...one, due: dueSooner(one.due, clock.now(), priority) });
  }
  return [...waiting.values()];
}

/** What was asked about two halves has answered itself once they are one. */
async function answeredByLinking(
  { clock, ledger }: EngineContext,
  itemIds: readonly (string | undefined)[],
): Promise<readonly InboxItem[]> {
  const items: InboxItem[] = [];
  for (const id of itemIds) {
    const item = id === undefined ? undefined : await ledger.inboxItem(id);
    if (!item || item.resolvedAt !== undefined) continue;
    items.push({ ...item, resolvedAt: clock.now(), resolution: "the two were linked" });
  }
  return items;
}

/** Whether somebody changed a referral since it was made; stamps of whole seconds can't tell. */
function touchOf({ createdDateTime, updatedDateTime }: Referral): "none" | "some" | "perhaps" {
  if (createdDateTime !== updatedDateTime) return "some";
  return updatedDateTime?.includes(".") ? "none" : "perhaps";
}

/**
 * The state in which the service let a referral begin is agreed where the deal's stage said the
 * same; else it is news to the deal.
 */
function stageAgreement(
  { projection }: EngineContext,
  { referral, crm }: Pair,
  stage: NonNullable<Creation["stage"]>,
  values: FieldValues,
): Agreement {
  const field = projection.byName.get(stage.field);
  const begun = values[stage.field] ?? null;
  const context = projection.context(referral?.document, crm?.document);
  const isAgreed = field && saySame(field, begun, stage.crm, context);
  return isAgreed ? { ...stage, referral: begun } : stage;
}

/**
 * The pair after the referral that it intended to create was found or answered: linked, with what
 * was sent agreed, and Microsoft's side wanted where it is configured. Pure.
 */
export function linkCreated(
  context: EngineContext,
  pair: Pair,
  creation: Creation,
  found: { readonly referral: Referral; readonly eTag: string },
  sighting: Sighting,
): PairChange {
  const { projection, clock, rules, settings } = context;
  const values = projection.referralValues(found.referral);
  const landed = landReferral(context, pair, found.referral, found.eTag, sighting).pair;
  const touch = touchOf(found.referral);
  // A repeated request may be answered with what somebody has made of the first one's result.
  const isAnswer = sighting.source !== "list" && (creation.tries === 1 || touch === "none");
  // After a restore it may be of a forgotten request, and what was edited since can't be told.
  const isUntold = touch === "perhaps" || (touch === "some" && sighting.connection.epoch > 1);
  let isUnsure = false;
  const agreements = creation.writes.flatMap(({ field, value, source }): readonly Agreement[] => {
    const stored = values[field] ?? null;
    const isOurs = projection.byName.get(field)?.lens.sameInReferral(value, stored);
    if (isAnswer || isOurs) {
      return [{ field, referral: rules.agreedValue(value, stored), crm: source }];
    }
    isUnsure ||= isUntold;
    if (isUntold) return [];
    // Another value is somebody's edit, or of an earlier life's request: then the deal's is newer.
    return [touch === "none" ? { field, referral: stored } : { field, crm: source }];
  });
  if (creation.stage) agreements.push(stageAgreement(context, landed, creation.stage, values));
  const { pair: agreed, history } = agree(context, landed, agreements);
  const isInviting = settings.inviteMicrosoft && canInviteMicrosoft(found.referral);
  const linked: Pair = {
    ...agreed,
    creation: undefined,
    problem: undefined,
    ...(isUnsure ? { epoch: neverCompared } : {}),
    look: {
      ...agreed.look,
      ...(sighting.source === "list" ? { referral: "hint" as const } : {}),
      // What isn't kept of a deal whose mark was taken away must be read.
      ...(agreed.crm?.document ? {} : { crm: "hint" as const }),
    },
    due: dueSooner(pair.due, clock.now(), "outbound"),
    ...(isInviting ? { invitation: "wanted" as const } : {}),
  };
  const created: NewHistory = {
    pairId: pair.id,
    at: clock.now(),
    kind: "created",
    side: "referral",
    fields: creation.writes.map(({ field, value }) => ({ field, to: value })),
    correlationId: creation.requestId,
  };
  return { pair: linked, history: [created, ...history], inbox: [] };
}
