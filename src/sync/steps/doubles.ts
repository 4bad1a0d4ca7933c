import { isFinal, type Referral } from "../../contract/index.ts";
import type { EngineContext, PairChange } from "../engine-context.ts";
import type { Pair } from "../pair/pair.ts";
import { atRest } from "../pair/pair-state.ts";
import { compareStamps } from "../pair/stamps.ts";
import { pairQuestion } from "../people/inbox-items.ts";
import { isMicrosoftLeg, siblingsOf } from "./legs.ts";

/**
 * A referral that stands for a deal which has one already: a late or repeated create left it
 * behind. It can't be deleted; a person closes it.
 */
export function doubleReferral(context: EngineContext, pair: Pair, other: Pair): PairChange {
  const isMicrosofts = pair.referral?.document && isMicrosoftLeg(pair.referral.document);
  const item = pairQuestion(
    context,
    pair,
    "double",
    isMicrosofts
      ? "Microsoft's side of one engagement was created twice."
      : "Two referrals in Partner Center stand for one deal.",
    { candidates: [other.id], proposal: "Close the younger referral as declined." },
  );
  const double: Pair = { ...atRest(pair), attempt: undefined, role: "double", asks: item.id };
  return { pair: double, history: [], inbox: [item] };
}

const isLive = (referral: Referral | undefined): boolean =>
  referral !== undefined && !isFinal({ status: referral.status ?? "" });

/**
 * Microsoft's other live side of a pair's engagement, where there is one: there should be none. Of
 * two that are placed at the same time the elder one is first.
 */
export async function otherMicrosoftLeg(
  context: EngineContext,
  pair: Pair,
): Promise<Pair | undefined> {
  if (!isLive(pair.referral?.document)) return undefined;
  const siblings = await siblingsOf(context, pair);
  return siblings.find((other) => {
    const document = other.referral?.document;
    const isFirst = other.role === "sibling" || (other.role === "deal" && isElder(other, pair));
    return document && isFirst && isMicrosoftLeg(document) && isLive(document);
  });
}

function isElder({ id, referral: one }: Pair, { id: otherId, referral: other }: Pair): boolean {
  const made = (side: Pair["referral"]): string => side?.document?.createdDateTime ?? "";
  const order = compareStamps(made(one), made(other));
  return order < 0 || (order === 0 && id < otherId);
}

/**
 * Whether a pair's referral may be the one of another deal that is just like its own. Where the
 * pair is over its own deal may be gone, or was never the right one; a live referral is still
 * there.
 */
export const mayStandForAnother = ({ referral, ended }: Pair): boolean =>
  referral !== undefined && (!ended || isLive(referral.document));

/**
 * Whether a deal without a referral stands beside one that has it: one names the other, or, where
 * nobody has shared it, it looks just like the other deal. Perhaps that one was created
 * while this one couldn't be seen.
 */
export async function hasLinkedTwin({ ledger }: EngineContext, deal: Pair): Promise<boolean> {
  const { claim, crm: record, matchKey } = deal;
  if (deal.referral || deal.isUnmatched) return false;
  const isTwin = (pair: Pair): boolean => pair.crm !== undefined && mayStandForAnother(pair);
  if ((await ledger.pairsByClaim(record?.id ?? "")).some(isTwin)) return true;
  if (claim !== undefined)
    return [...(await ledger.pairsByReferral([claim])).values()].some(isTwin);
  if (deal.crm?.document || matchKey === undefined) return false;
  return (await ledger.pairsByMatchKey(matchKey)).some(isTwin);
}

/**
 * Whether a live referral of another deal is named by a deal that has none, or names it: as long as
 * they say so, a referral of its own would be the second one of the same deal.
 */
export async function isTiedToAnother({ ledger }: EngineContext, deal: Pair): Promise<boolean> {
  if (!deal.crm || deal.referral) return false;
  const naming = await ledger.pairsByClaim(deal.crm.id);
  const named = deal.claim === undefined ? [] : await ledger.pairsByReferral([deal.claim]);
  return [...naming, ...named.values()].some(
    ({ referral, crm, ended }) => (crm ?? ended) !== undefined && isLive(referral?.document),
  );
}

/** Asks whether a second deal in the CRM is meant. */
export function twinDeal(context: EngineContext, deal: Pair): PairChange {
  const item = pairQuestion(
    context,
    deal,
    "match",
    "A second deal in the CRM looks just like one that has a referral already.",
    { proposal: "Merge the two in the CRM, or leave them if they are different." },
  );
  return { pair: { ...atRest(deal), asks: item.id }, history: [], inbox: [item] };
}
