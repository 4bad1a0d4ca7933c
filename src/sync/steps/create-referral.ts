import { type Referral, ReferralsError } from "../../contract/index.ts";
import type { Progress } from "../core/act.ts";
import { landDeal, landReferral, type Sighting } from "../core/observe.ts";
import {
  commit,
  commitPair,
  type EngineContext,
  mostOvertakings,
  quietly,
  updatePair,
} from "../engine-context.ts";
import { type ConnectionState, LedgerConflict } from "../ledger/ledger-port.ts";
import { newPair } from "../pair/new-pair.ts";
import type { Creation, Pair } from "../pair/pair.ts";
import { atRest } from "../pair/pair-state.ts";
import type { Priority } from "../run/runner.ts";
import { create, type Found, intentOf, type Leg, resumeCreate } from "./creation.ts";
import { doubleReferral, mayStandForAnother } from "./doubles.ts";
import { canInviteMicrosoft, isMicrosoftLeg, siblingsOf } from "./legs.ts";
import { linkCreated } from "./link.ts";
import { ask, reconsider } from "./match.ts";
import { draftInvitation, draftReferral } from "./referral-draft.ts";
import { tellSeller } from "./tell-seller.ts";

/** Whether the customer's consent is the one with which a request was sent. */
const hasConsentOf = ({ consent }: Referral, sent: Referral): boolean =>
  JSON.stringify(consent) === JSON.stringify(sent.consent);

/** The partner's own referral for a deal. */
const ownLeg: Leg = {
  intentOf: ({ creation }) => creation,
  withIntent: (pair, creation) => ({ ...pair, creation }),
  isStillMeant: async (context, { crm }, { document }) => {
    const record = await context.crm.read(crm?.id ?? "", {});
    if (!record || !context.mapping.shareWhen(record.fields)) return false;
    return hasConsentOf(draftReferral(context, record.id, record.fields).document, document);
  },
  settle: (context, pairId, creation, found, sighting) =>
    withRow(context, pairId, found, (pair, row) => {
      if (pair.referral) {
        return pair.referral.id === found.referral.id
          ? undefined
          : secondReferral(context, pair, row, found, sighting);
      }
      const linked = linkCreated(context, pair, creation, found, sighting);
      // A list has brought the referral already, perhaps in a newer version than the answer's.
      const look = row ? { ...linked.pair.look, referral: "hint" as const } : linked.pair.look;
      return {
        pairs: [{ ...linked.pair, look }],
        removed: row ? [row] : [],
        history: linked.history,
      };
    }),
};

/** Microsoft's side of the engagement. */
const microsoftLeg: Leg = {
  intentOf: ({ invitation }) => (typeof invitation === "object" ? invitation : undefined),
  withIntent: (pair, creation) => ({ ...pair, invitation: creation ?? "wanted" }),
  isStillMeant: async (_context, { referral }, { document }) =>
    hasConsentOf(draftInvitation(referral?.document ?? {}), document),
  settle: (context, pairId, creation, found, sighting) =>
    withRow(context, pairId, found, (pair, row) => {
      const at = context.clock.now();
      const leg = legOf(context, pair, row, found, { ...sighting, due: "outbound" });
      const correlationId = creation.requestId;
      const note = "Microsoft's side of the engagement";
      return {
        pairs: [{ ...pair, invitation: "done", problem: undefined }, leg],
        history: [{ pairId, at, kind: "created", side: "referral", note, correlationId }],
      };
    }),
};

type Settled = Parameters<typeof commit>[1] | undefined;

/**
 * Commits a change of a pair and of the row that a list may have made for the created referral
 * meanwhile.
 */
async function withRow(
  context: EngineContext,
  pairId: string,
  found: Found,
  change: (pair: Pair, row: Pair | undefined) => Settled,
): Promise<void> {
  const id = found.referral.id ?? "";
  for (let overtaken = 0; overtaken < mostOvertakings; overtaken += 1) {
    const pair = await context.ledger.pair(pairId);
    const row = (await context.ledger.pairsByReferral([id])).get(id);
    const settled = pair && change(pair, row?.id === pairId ? undefined : row);
    if (!settled) return;
    try {
      return await commit(context, settled);
    } catch (error) {
      if (!(error instanceof LedgerConflict)) throw error;
    }
  }
  throw new LedgerConflict();
}

/** A referral that was created or found, in the row that a list has made for it or a new one. */
function legOf(
  context: EngineContext,
  pair: Pair,
  row: Pair | undefined,
  { referral, eTag }: Found,
  sighting: Sighting,
): Pair {
  const blank = row ?? newPair(context, "referral", pair.epoch);
  return landReferral(context, blank, referral, eTag, sighting).pair;
}

/** The pair was linked to another referral while its create was under way: now there are two. */
function secondReferral(
  context: EngineContext,
  pair: Pair,
  row: Pair | undefined,
  found: Found,
  sighting: Sighting,
): Settled {
  const double = doubleReferral(context, legOf(context, pair, row, found, sighting), pair);
  return { pairs: [double.pair, { ...pair, creation: undefined }], inbox: double.inbox };
}

/** Creates the referral of a shared deal, or goes on where an earlier try was left. */
export async function createReferral(
  context: EngineContext,
  pair: Pair,
  connection: ConnectionState,
  priority: Priority,
): Promise<Progress> {
  if (pair.creation) return resumeCreate(context, pair, ownLeg, pair.creation, priority);
  await reconsider(context, pair);
  const lookedUp = await lookUpClaimed(context, pair, priority);
  if (lookedUp) return lookedUp;
  if (connection.referralCursor.walkedAt < (pair.newsAt ?? pair.createdAt)) {
    // A referral made at the same time as its deal may not have been walked over yet.
    await context.walkReferrals();
    return "again";
  }
  // Before the closing walk too: it isn't worth its calls for a deal that has to wait anyway.
  if (await mustMatchFirst(context, pair)) return "rest";
  await context.closeReferralWalk();
  if (await mustMatchFirst(context, pair)) return "rest";
  const permit = await context.budget.take(priority);
  // What is shared can't be withdrawn: the deal is read once more before it leaves.
  const at = context.clock.now();
  const record = await context.crm.read(pair.crm?.id ?? "", {});
  if (!record || !context.mapping.shareWhen(record.fields)) {
    await permit.giveBack();
    await commitPair(context, quietly({ ...pair, look: { ...pair.look, crm: "hint" } }));
    return "again";
  }
  const draft = draftReferral(context, record.id, record.fields);
  const landed = landDeal(context, pair, record, { source: "get", at, connection }).pair;
  if (landed.claim !== pair.claim || landed.matchKey !== pair.matchKey) {
    // What it belongs to was said only now: that counts before it leaves.
    await permit.giveBack();
    await commitPair(context, quietly(landed));
    return "again";
  }
  const ready: Pair = { ...landed, refusals: draft.refusals };
  if (draft.isBlocked) {
    await permit.giveBack();
    const refused = draft.refusals.map(({ field }) => ({ field }));
    const blocked = await commitPair(context, {
      pair: { ...atRest(ready), due: ready.due },
      history: [{ pairId: pair.id, at, kind: "refused", side: "referral", fields: refused }],
      inbox: [],
    });
    return tellSeller(context, blocked, connection);
  }
  const creation = intentOf(context, connection, draft);
  return create(context, ready, ownLeg, creation, permit);
}

/**
 * A deal may name a referral that no walk has shown: before a second one is made, it is looked
 * for. Undefined where there is nothing to be found out.
 */
async function lookUpClaimed(
  context: EngineContext,
  pair: Pair,
  priority: Priority,
): Promise<Progress | undefined> {
  const { claim } = pair;
  if (claim === undefined || pair.isUnmatched) return undefined;
  if ((await context.ledger.pairsByReferral([claim])).has(claim)) return undefined;
  await context.budget.take(priority);
  const at = context.clock.now();
  try {
    const found = await context.referrals.get(claim);
    const connection = await context.ledger.connection();
    const blank = newPair(context, "referral", connection.epoch);
    const sighting: Sighting = { source: "get", at, connection, due: "read" };
    const { referral, eTag } = found;
    await commitPair(context, landReferral(context, blank, referral, eTag, sighting));
    return "again";
  } catch (error) {
    if (!(error instanceof ReferralsError)) throw error;
    // Not an id at all: what somebody has typed there names nothing.
    if (error.status === 400) return undefined;
    if (error.status !== 404) throw error;
    return ask(context, pair, [], namesNone, correctTheName);
  }
}

const namesNone = "The deal names a referral that Partner Center doesn't show.";
const correctTheName =
  "Correct the referral's id in the CRM, or let this deal become a referral of its own.";
const isLikeAShared = "Another deal just like this one is shared already.";
const isLikeAnEnded =
  "An open referral fits this deal; its own deal was deleted, or the two were unlinked.";
const ownOrLeftOut = "Let this deal become a referral of its own, or leave it out.";
const namesATaken = "The deal names a referral that belongs to another deal or is over.";

/** Whether a pair goes on only when a person has answered, resumed or replayed it. */
const waitsForSomebody = ({ asks, paused, problem }: Pair): boolean =>
  asks !== undefined || paused === true || (problem !== undefined && problem.retryAt === undefined);

/**
 * A referral that may already stand for the deal is matched first; the deal comes back when that is
 * decided. Where another deal just like it is shared already, a person is asked.
 */
async function mustMatchFirst(context: EngineContext, pair: Pair): Promise<boolean> {
  const { ledger, clock } = context;
  if (pair.isUnmatched) return false;
  const claiming = await ledger.pairsByClaim(pair.crm?.id ?? "");
  const named = pair.claim ? [...(await ledger.pairsByReferral([pair.claim])).values()] : [];
  const alike = pair.matchKey ? await ledger.pairsByMatchKey(pair.matchKey) : [];
  // Who left a referral out has said that no deal of its name is its own.
  const namesakes = alike.filter(({ ended }) => ended !== "not-imported");
  const rivals = [...claiming, ...namesakes].filter(
    (other) => other.id !== pair.id && other.role === "deal" && mayStandForAnother(other),
  );
  // A referral that the deal names counts whatever has become of it.
  rivals.push(...named.filter(({ id }) => id !== pair.id));
  const open = rivals.filter(({ crm, role, ended }) => !crm && role === "deal" && !ended);
  const [first] = open;
  if (!first) {
    if (rivals.length === 0) return false;
    const isOver = rivals.every(({ ended }) => ended !== undefined);
    if (named.length > 0) await ask(context, pair, [], namesATaken, correctTheName);
    else if (isOver) await ask(context, pair, [], isLikeAnEnded, ownOrLeftOut);
    else await ask(context, pair, [], isLikeAShared);
    return true;
  }
  const isUndecided = open.every(waitsForSomebody);
  const soon = { at: clock.now() + 1_000, priority: "outbound" } as const;
  await updatePair(context, first.id, (other) =>
    waitsForSomebody(other) || other.due ? undefined : quietly({ ...other, due: soon }),
  );
  // While a person decides, the end of it makes the deal due; else it comes back when the match is
  // done.
  const later = { ...soon, at: Math.max(soon.at, first.due?.at ?? 0) };
  await commitPair(context, quietly(isUndecided ? atRest(pair) : { ...pair, due: later }));
  return true;
}

/**
 * The service may have made Microsoft's side by itself, or an earlier life of ours whose memory was
 * lost: the engagement is listed once before a second one is made. True where one was found.
 */
async function existsUnseen(
  context: EngineContext,
  own: Referral,
  priority: Priority,
): Promise<boolean> {
  await context.budget.take(priority);
  const at = context.clock.now();
  const engagementId = own.engagementId?.replaceAll("'", "''");
  const query = { filter: `engagementId eq '${engagementId}'` };
  const page = await context.referrals.listPage(query).catch((error: unknown) => {
    if (error instanceof ReferralsError && error.status === 400) return undefined;
    throw error;
  });
  // An item that can't be read may be the one.
  if (page?.unreadable) throw new ReferralsError("invalidAnswer", { retryable: false });
  if (!page) await context.walkReferrals();
  const leg = page?.referrals.find(
    (one) => one.engagementId === own.engagementId && isMicrosoftLeg(one),
  );
  if (!leg?.id) return false;
  const connection = await context.ledger.connection();
  const known = (await context.ledger.pairsByReferral([leg.id])).get(leg.id);
  const blank = known ?? newPair(context, "referral", connection.epoch);
  const sighting: Sighting = { source: "list", at, connection };
  const landed = landReferral(context, blank, leg, leg.eTag ?? "", sighting);
  await commitPair(context, { ...landed, pair: { ...landed.pair, role: "sibling" } });
  return true;
}

/** Creates Microsoft's side of a pair's engagement, or finds that it exists. */
export async function inviteMicrosoft(
  context: EngineContext,
  pair: Pair,
  connection: ConnectionState,
  priority: Priority,
): Promise<Progress> {
  const creation = microsoftLeg.intentOf(pair);
  const own = pair.referral?.document;
  if (!own?.engagementId || !canInviteMicrosoft(own)) {
    await commitPair(context, quietly({ ...pair, invitation: "done" }));
    return "again";
  }
  const siblings = await siblingsOf(context, pair);
  const exists = siblings.some(
    ({ referral }) => referral?.document && isMicrosoftLeg(referral.document),
  );
  if (exists) {
    await commitPair(context, quietly({ ...pair, invitation: "done" }));
    return "again";
  }
  if (creation) return resumeCreate(context, pair, microsoftLeg, creation, priority);
  if (await existsUnseen(context, own, priority)) return "again";
  const permit = await context.budget.take(priority);
  const intent: Creation = intentOf(context, connection, {
    document: draftInvitation(own),
    writes: [],
    stage: undefined,
  });
  return create(context, pair, microsoftLeg, intent, permit);
}
