import { isFinal, type Referral } from "../../contract/index.ts";
import { CrmError } from "../../crm/port.ts";
import type { Progress } from "../core/act.ts";
import { landDeal } from "../core/observe.ts";
import {
  commit,
  commitPair,
  type EngineContext,
  isWalked,
  quietly,
  updatePair,
} from "../engine-context.ts";
import type { ConnectionState, InboxItem } from "../ledger/ledger-port.ts";
import { newPair } from "../pair/new-pair.ts";
import type { Pair } from "../pair/pair.ts";
import { atRest, dueSooner } from "../pair/pair-state.ts";
import { inboxId, pairQuestion } from "../people/inbox-items.ts";
import { doubleReferral, mayStandForAnother, otherMicrosoftLeg } from "./doubles.ts";
import { isMicrosoftLeg } from "./legs.ts";
import { linkCreated, linkPairs, tiedTo } from "./link.ts";

/**
 * What a referral without a deal turned out to be. `nothing`: no deal stands for it, so one may be
 * created.
 */
type Match = Progress | "nothing";

/**
 * Finds the deal of a referral: by the CRM id that it carries, by the referral id that a deal
 * carries, by normalised names. One candidate is linked, several are asked about, a referral of a
 * known engagement is shown beside its deal.
 */
export async function matchReferral(
  context: EngineContext,
  pair: Pair,
  connection: ConnectionState,
): Promise<Match> {
  const referral = pair.referral?.document;
  if (!referral) return "rest";
  if (!isWalked(connection)) return walkBoth(context);
  if (isMicrosoftLeg(referral)) return placeMicrosoftLeg(context, pair);
  const byReference = await matchReference(context, pair, referral);
  if (byReference !== "nothing") return byReference;
  const owner = await ownerInEngagement(context, pair);
  if (owner) return becomeSibling(context, pair);
  const claimed = (await context.ledger.pairsByClaim(pair.referral?.id ?? "")).filter(isDealAlone);
  if (claimed.length > 0) return linkOrAsk(context, pair, claimed, "the deal names the referral");
  return (await walkBeforeCreating(context, pair, connection)) ?? matchNames(context, pair);
}

/** Before each side was walked over once, nobody knows which referral belongs to which deal. */
export async function walkBoth(context: EngineContext): Promise<Progress> {
  await context.walkCrm();
  await context.walkReferrals();
  return "again";
}

/**
 * A deal made at the same time as its referral may not have been walked over yet. Where names can
 * match, no walk before all is visible will do; a deal that names the referral is met under its key
 * when the new one is written, however late walks show it.
 */
async function walkBeforeCreating(
  context: EngineContext,
  pair: Pair,
  { crmCursor }: ConnectionState,
): Promise<Progress | undefined> {
  const seenAt = pair.newsAt ?? pair.createdAt;
  const unseenMs = pair.matchKey === undefined ? 0 : context.crm.capabilities.visibilityDelayMs;
  const visibleAt = seenAt + unseenMs;
  if (crmCursor.walkedAt >= visibleAt) return undefined;
  if (context.clock.now() >= visibleAt) {
    await context.walkCrm();
    return "again";
  }
  const due = { at: visibleAt, priority: pair.due?.priority ?? ("read" as const) };
  await commitPair(context, quietly({ ...pair, due }));
  return "rest";
}

/**
 * A deal without a referral; one that a person has left out is asked about, never linked unasked.
 */
const isDealAlone = ({ crm, referral, role }: Pair): boolean =>
  crm !== undefined && !referral && role === "deal";

/** A pair that another referral of the same names may belong to as well. */
const isRival = (pair: Pair): boolean =>
  pair.ended === undefined
    ? pair.referral !== undefined
    : pair.crm !== undefined &&
      pair.referral !== undefined &&
      (mayStandForAnother(pair) || pair.crm.presence === "present");

async function wait(context: EngineContext, pair: Pair): Promise<Progress> {
  const at = context.clock.now() + context.settings.pollCrmMs;
  await commitPair(context, quietly({ ...pair, due: { at, priority: "backfill" } }));
  return "rest";
}

/** Microsoft's side is shown beside the deal of its engagement; a second one is one too many. */
async function placeMicrosoftLeg(context: EngineContext, pair: Pair): Promise<Progress> {
  const other = await otherMicrosoftLeg(context, pair);
  return other ? becomeDouble(context, pair, other) : becomeSibling(context, pair);
}

async function becomeSibling(context: EngineContext, pair: Pair): Promise<Progress> {
  const due = { at: context.clock.now(), priority: "read" } as const;
  const rested: Pair = { ...atRest(pair), attempt: undefined, asks: undefined };
  const sibling: Pair = { ...rested, due, role: "sibling" };
  await commit(context, { pairs: [sibling, ...(await tiedTo(context, sibling))] });
  return "again";
}

async function ownerInEngagement(context: EngineContext, pair: Pair): Promise<Pair | undefined> {
  if (!pair.engagementId) return undefined;
  const others = await context.ledger.pairsOfEngagement(pair.engagementId);
  return others.find(({ id, role, crm }) => id !== pair.id && role === "deal" && crm !== undefined);
}

/** A change of Microsoft's side may concern the deal: its id in Microsoft's CRM is shown there. */
export async function nudgeOwner(context: EngineContext, sibling: Pair): Promise<void> {
  const owner = await ownerInEngagement(context, sibling);
  if (!owner) return;
  await updatePair(context, owner.id, (pair) =>
    quietly({ ...pair, due: dueSooner(pair.due, context.clock.now(), "read") }),
  );
}

async function matchReference(
  context: EngineContext,
  pair: Pair,
  referral: Referral,
): Promise<Match> {
  const recordId = referral.externalReferenceId;
  if (!recordId) return "nothing";
  const deal = (await context.ledger.pairsByRecord([recordId])).get(recordId);
  if (!deal) return matchUnknownRecord(context, pair, recordId);
  if (deal.id === pair.id) return "nothing";
  if (deal.creation) return matchIntent(context, pair, deal, referral);
  const linked = deal.referral?.document;
  if (linked) {
    return context.rules.isDouble(linked, referral)
      ? becomeDouble(context, pair, deal)
      : becomeSibling(context, pair);
  }
  if (!isDealAlone(deal)) return becomeSibling(context, pair);
  return linkOrAsk(context, pair, [deal], "the referral names the deal");
}

/**
 * A deal that was never shared isn't in the ledger's walk of shared deals, but the CRM may know it.
 */
async function matchUnknownRecord(
  context: EngineContext,
  pair: Pair,
  recordId: string,
): Promise<Match> {
  try {
    const at = context.clock.now();
    const record = await context.crm.read(recordId, {});
    // Perhaps it was deleted: to create it anew unasked would undo that.
    if (!record) return ask(context, pair, [], "The referral names a deal that the CRM lacks.");
    const connection = await context.ledger.connection();
    const empty = newPair(context, "crm", connection.epoch);
    const landed = landDeal(context, empty, record, { source: "get", at, connection });
    await commitPair(context, landed);
    return "again";
  } catch (error) {
    // An id that isn't one of this CRM's at all.
    if (error instanceof CrmError && (error.code === "invalid" || error.code === "not-found")) {
      return "nothing";
    }
    throw error;
  }
}

/** The deal's own create is under way: this referral may be its late result. */
async function matchIntent(
  context: EngineContext,
  pair: Pair,
  deal: Pair,
  referral: Referral,
): Promise<Progress> {
  const { creation } = deal;
  const known = pair.referral;
  if (!creation || !known || !context.rules.isSameCreation(creation.fingerprint, referral)) {
    return wait(context, pair);
  }
  const connection = await context.ledger.connection();
  const sighting = { source: "list", at: context.clock.now(), connection } as const;
  const found = { referral, eTag: known.version };
  const linked = linkCreated(context, deal, creation, found, sighting);
  await commit(context, { pairs: [linked.pair], removed: [pair], history: linked.history });
  return "rest";
}

async function becomeDouble(context: EngineContext, pair: Pair, other: Pair): Promise<Progress> {
  const { pair: double, inbox } = doubleReferral(context, pair, other);
  await commit(context, { pairs: [double, ...(await tiedTo(context, double))], inbox });
  return "rest";
}

async function matchNames(context: EngineContext, pair: Pair): Promise<Match> {
  if (pair.matchKey === undefined) return "nothing";
  const named = await context.ledger.pairsByMatchKey(pair.matchKey);
  const alike = named.filter(({ id, role }) => id !== pair.id && role === "deal");
  if (!alike.some(({ crm }) => crm)) return "nothing";
  const deals = alike.filter(isDealAlone);
  if (alike.some(isRival)) return ask(context, pair, deals);
  // Where all that is alike is over, a new deal would undo a deletion.
  return linkOrAsk(context, pair, deals, "customer and deal are alike");
}

async function linkOrAsk(
  context: EngineContext,
  pair: Pair,
  deals: readonly Pair[],
  reason: string,
): Promise<Progress> {
  const present = deals.filter(({ crm }) => crm?.presence === "present");
  const [deal] = present;
  // To create it anew unasked would undo a deletion, or double what can't be seen for a while.
  if (!deal) return ask(context, pair, [], "The deal of this referral was deleted or is hidden.");
  if (present.length > 1 || deal.ended) return ask(context, pair, present);
  if (deal.creation) return wait(context, pair);
  await linkPairs(context, pair, deal, reason);
  return "again";
}

/** Asks which deal belongs to which referral; the pair waits for the answer. */
export async function ask(
  context: EngineContext,
  pair: Pair,
  deals: readonly Pair[],
  sentence = "Several deals and referrals could belong together.",
  proposal = pair.referral
    ? "Link the deal that is meant, or let a new one be created."
    : "Merge the two in the CRM, or let this deal become a referral of its own.",
): Promise<Progress> {
  const item = pairQuestion(context, pair, "match", sentence, {
    candidates: deals.flatMap(({ crm }) => (crm ? [crm.id] : [])),
    proposal,
  });
  const asking: Pair = { ...atRest(pair), attempt: undefined, asks: item.id };
  await commitPair(context, { pair: asking, history: [], inbox: [item] });
  return "rest";
}

/**
 * Questions about referrals whose deal was deleted or hidden when it was looked for: this deal may
 * be the answer, also to one that a person has answered with a new deal that isn't made yet.
 */
export async function questionsThatMissed(
  { ledger }: EngineContext,
  { crm, claim, matchKey }: Pair,
): Promise<readonly InboxItem[]> {
  const tied = [
    ...(await ledger.pairsByClaim(crm?.id ?? "")),
    ...(claim === undefined ? [] : (await ledger.pairsByReferral([claim])).values()),
    ...(matchKey === undefined ? [] : await ledger.pairsByMatchKey(matchKey)),
  ];
  const items: InboxItem[] = [];
  for (const { id, referral, crm: linked, asks, isUnmatched } of tied) {
    const isOpen = asks !== undefined || isUnmatched;
    if (!referral || linked || !isOpen) continue;
    const item = await ledger.inboxItem(asks ?? inboxId("match", id));
    if (item?.kind === "match" && item.candidates?.length === 0) items.push(item);
  }
  return items;
}

/** A deal that came into sight: referrals that were asked about for want of it are matched anew. */
export async function reconsider(context: EngineContext, deal: Pair): Promise<void> {
  const at = context.clock.now();
  for (const item of await questionsThatMissed(context, deal)) {
    const answer = { resolvedAt: at, resolution: "a deal came into sight" };
    const answered = item.resolvedAt === undefined ? { ...item, ...answer } : item;
    await updatePair(context, item.pairId ?? "", (pair) => ({
      pair: {
        ...pair,
        asks: undefined,
        isUnmatched: undefined,
        due: dueSooner(pair.due, at, "read"),
      },
      history: [],
      inbox: [answered],
    }));
  }
}

/** A referral that was over before it was ever seen needs no deal. */
export function isWorthADeal(referral: Referral): boolean {
  return !isFinal({ status: referral.status ?? "" });
}
