import { type EngineContext, quietly, updateConnection, updatePair } from "../engine-context.ts";
import type { Pair } from "../pair/pair.ts";
import { dueSooner } from "../pair/pair-state.ts";
import { type WalkMemory, walkCrm, walkReferrals } from "./walk.ts";

const pageSize = 500;

/**
 * Walks over the whole of both sides, whatever the cursors say, and makes due what differs: drift
 * that polls have missed is repaired and counted, and after a restore every pair is compared anew.
 */
export async function auditSides(context: EngineContext, memory: WalkMemory): Promise<number> {
  const startedAt = context.clock.now();
  // What is merely new isn't drift: the polls go first.
  await context.walkReferrals();
  await context.walkCrm();
  const referrals = await walkReferrals(context, memory, { priority: "audit", isAudit: true });
  const deals = await walkCrm(context, { isAudit: true });
  await comparePairsOfOldEpochs(context);
  const drift = referrals.drift + deals.drift;
  await updateConnection(context, (connection) => ({
    connection: { ...connection, auditedAt: startedAt, drift: connection.drift + drift },
  }));
  return drift;
}

/** A new epoch compares every linked pair once; one that neither walk has shown is read. */
async function comparePairsOfOldEpochs(context: EngineContext): Promise<void> {
  const { ledger, clock } = context;
  const { epoch } = await ledger.connection();
  if (epoch === 1) return;
  for (let after = ""; ; ) {
    const pairs = await ledger.pairs({ after, limit: pageSize });
    const isOld = (pair: Pair): boolean => pair.epoch !== epoch && !pair.ended;
    for (const { id } of pairs.filter((pair) => isOld(pair) && pair.referral && pair.crm)) {
      await updatePair(context, id, (pair) =>
        quietly({ ...pair, due: dueSooner(pair.due, clock.now(), "backfill") }),
      );
    }
    const last = pairs.at(-1);
    if (!last || pairs.length < pageSize) return;
    after = last.id;
  }
}

/**
 * One sweep at a time: who asks while one is under way shares the next with all others, as the
 * present one may have passed by what is to be compared. Under a low ceiling many at once would
 * never end.
 */
export function oneAtATime(sweep: () => Promise<number>): () => Promise<number> {
  let present: Promise<unknown> = Promise.resolve();
  let next: Promise<number> | undefined;
  return () => {
    next ??= present
      .catch(() => {})
      .then(() => {
        next = undefined;
        const begun = sweep();
        present = begun;
        return begun;
      });
    return next;
  };
}
