import type { Progress } from "../core/act.ts";
import { landDeal, landReferral } from "../core/observe.ts";
import { commitPair, type EngineContext, quietly, updatePair } from "../engine-context.ts";
import type { ConnectionState } from "../ledger/ledger-port.ts";
import { failureOf } from "../pair/failure.ts";
import type { Pair, Side } from "../pair/pair.ts";
import { failPair } from "../pair/problems.ts";
import type { Priority } from "../run/runner.ts";

/**
 * Reads one side of a pair and stores what was found. What came in meanwhile may be newer than the
 * answer: then the commit is refused, and the side is read once more.
 */
export function look(
  context: EngineContext,
  pair: Pair,
  side: Side,
  connection: ConnectionState,
  priority: Priority,
): Promise<Progress> {
  return side === "referral"
    ? lookAtReferral(context, pair, connection, priority)
    : lookAtDeal(context, pair, connection);
}

async function lookAtReferral(
  context: EngineContext,
  pair: Pair,
  connection: ConnectionState,
  priority: Priority,
): Promise<Progress> {
  const id = pair.referral?.id;
  if (id === undefined) return "rest";
  await context.budget.take(priority);
  // The permit may have taken a while.
  const asked = (await context.ledger.pair(pair.id)) ?? pair;
  const at = context.clock.now();
  const source = asked.look.referral === "proof" ? "proof" : "get";
  try {
    const { referral, eTag } = await context.referrals.get(id);
    const landed = landReferral(context, asked, referral, eTag, { source, at, connection });
    await commitPair(context, { ...landed, pair: looked(landed.pair, "referral") });
    return "again";
  } catch (error) {
    const failure = failureOf(error);
    if (failure.kind === "gone") await notSeen(context, pair.id, "referral");
    await failPair(context, pair.id, failure, "GET referral");
    return "rest";
  }
}

async function lookAtDeal(
  context: EngineContext,
  pair: Pair,
  connection: ConnectionState,
): Promise<Progress> {
  const id = pair.crm?.id;
  if (id === undefined) return "rest";
  const at = context.clock.now();
  const source = pair.look.crm === "proof" ? "proof" : "get";
  try {
    const record = await context.crm.read(id, {});
    if (!record) return await notThere(context, pair.id);
    const landed = landDeal(context, pair, record, { source, at, connection });
    const seen = { ...looked(landed.pair, "crm"), isToldDeleted: undefined };
    await commitPair(context, { ...landed, pair: seen });
    return "again";
  } catch (error) {
    await failPair(context, pair.id, failureOf(error), "read deal");
    return "rest";
  }
}

/** The pair with its question answered. */
function looked(pair: Pair, side: Side): Pair {
  const { attempt } = pair;
  const isPending = attempt?.side === side && attempt.writes.length > 0;
  return {
    ...pair,
    look: { ...pair.look, [side]: undefined },
    // Not landed so far; it still may, as long as nobody has changed the version that it demands.
    ...(isPending
      ? { attempt: { ...attempt, writes: [], earlier: [...attempt.earlier, ...attempt.writes] } }
      : {}),
  };
}

async function notSeen(context: EngineContext, pairId: string, side: Side): Promise<void> {
  await updatePair(context, pairId, (pair) => {
    const known = pair[side];
    if (!known) return undefined;
    const look = { ...pair.look, [side]: undefined };
    return quietly({ ...pair, look, [side]: { ...known, presence: "missing" } });
  });
}

/**
 * The CRM doesn't show the record: a deletion where it was told and the CRM tells deletions, else
 * only a riddle.
 */
async function notThere(context: EngineContext, pairId: string): Promise<Progress> {
  const { rules, crm, clock } = context;
  const pair = await context.ledger.pair(pairId);
  if (!pair?.crm) return "rest";
  // What was deleted and is still not there is no riddle, whatever made it be read again.
  const isExplicit = pair.isToldDeleted === true || pair.crm.presence === "deleted";
  const { deleteSignal } = crm.capabilities;
  if (rules.isDeletion({ isExplicit, deleteSignal })) {
    // Kept also where no referral was linked: one that belongs to it may come into sight later.
    const deleted: Pair = {
      ...pair,
      crm: { ...pair.crm, presence: "deleted" },
      isToldDeleted: undefined,
      attempt: undefined,
      look: { ...pair.look, crm: undefined },
    };
    const told = { pairId, at: clock.now(), kind: "deleted" as const, side: "crm" as const };
    const history = pair.crm.presence === "deleted" ? [] : [told];
    await commitPair(context, { pair: deleted, history, inbox: [] });
    return "again";
  }
  await notSeen(context, pairId, "crm");
  // Nothing hangs on a deal that nobody shares: it isn't missed, only remembered.
  const isShared = pair.crm.document && context.mapping.shareWhen(pair.crm.document);
  if (!pair.referral && !pair.creation && !isShared) return "again";
  const failure = {
    kind: "gone",
    code: "not-found",
    sentence: "The CRM no longer shows this deal, and doesn't say that it was deleted.",
    remedy: "Give the integration user sight of it again, or unlink the pair if it was deleted.",
    side: "crm",
    targets: [],
  } as const;
  await failPair(context, pairId, failure, "read deal");
  return "rest";
}
