import { expiresAt } from "../../contract/index.ts";
import {
  commitPair,
  type EngineContext,
  isWalked,
  mayWrite,
  quietly,
  updatePair,
} from "../engine-context.ts";
import { type ConnectionState, LedgerConflict } from "../ledger/ledger-port.ts";
import { backoffMs, failureOf } from "../pair/failure.ts";
import type { CrmSide, Pair } from "../pair/pair.ts";
import { atRest } from "../pair/pair-state.ts";
import { askAboutStale, failPair } from "../pair/problems.ts";
import type { Priority } from "../run/runner.ts";
import { hasChangedUnseen, nextPart } from "../steps/compare-read.ts";
import { createDeal } from "../steps/create-deal.ts";
import { createReferral, inviteMicrosoft } from "../steps/create-referral.ts";
import { applyDeletion, closeDouble } from "../steps/deletion.ts";
import { hasLinkedTwin, twinDeal } from "../steps/doubles.ts";
import { microsoftMsxIdOf } from "../steps/legs.ts";
import { look } from "../steps/look.ts";
import { matchReferral, nudgeOwner, reconsider, walkBoth } from "../steps/match.ts";
import { stateFieldsToWrite } from "../steps/state-fields.ts";
import { tellSeller } from "../steps/tell-seller.ts";
import { waitForApproval } from "../steps/wait-for-approval.ts";
import { type Finish, type Progress, writeDeal, writeReferral } from "./act.ts";
import { type PairPlan, planPair } from "./plan-pair.ts";

/** Rounds of look, plan, act and settle before a pair that never rests is put off. */
const mostRounds = 16;

/** What a pair needs next; at most one call each. */
export const steps = [
  "nothing",
  "wait",
  "look-at-referral",
  "look-at-deal",
  "nudge-owner",
  "ask-about-stale",
  "tell-seller",
  "apply-deletion",
  "close-double",
  "match",
  "match-deal",
  "create-deal",
  "create-referral",
  "invite-microsoft",
  "update",
] as const;

/** The name of a step. */
export type Step = (typeof steps)[number];

/** Decides a pair's next step from its row alone. Pure. */
export function nextStep(context: EngineContext, pair: Pair, connection: ConnectionState): Step {
  const { attempt } = pair;
  if (pair.ended) return "nothing";
  if (pair.look.referral) return "look-at-referral";
  if (pair.look.crm) return "look-at-deal";
  if (pair.role === "sibling") return "nudge-owner";
  if (pair.paused || pair.asks) return "nothing";
  if (pair.problem && pair.problem.retryAt === undefined) return "tell-seller";
  if ((pair.staleTries ?? 0) > context.settings.staleRetries) return "ask-about-stale";
  if (attempt && attempt.writes.length > 0 && pair[attempt.side]) {
    // A memo from an earlier life: what became of that write?
    return attempt.side === "referral" ? "look-at-referral" : "look-at-deal";
  }
  if (pair.isToldDeleted) return "look-at-deal";
  const step = restStep(context, pair, connection);
  return needsApproval.has(step) && !mayWrite(context, connection) ? "wait" : step;
}

/**
 * Steps that create or close something; an update asks for itself, because it may turn out to need
 * no write.
 */
const needsApproval: ReadonlySet<Step> = new Set([
  "apply-deletion",
  "close-double",
  "create-deal",
  "create-referral",
  "invite-microsoft",
]);

function restStep(context: EngineContext, pair: Pair, connection: ConnectionState): Step {
  const { referral, crm } = pair;
  if (pair.role === "double") return pair.isToClose ? "close-double" : "nothing";
  if (crm?.presence === "deleted") return referral ? "apply-deletion" : "nothing";
  if (!crm && !referral) return "nothing";
  const { attempt, isUnmatched } = pair;
  if (!crm && (isUnmatched || (attempt && !attempt.isRefused))) return "create-deal";
  // A hint named it, but it couldn't be seen: there is nothing to match yet.
  if (!crm) return referral?.document ? "match" : "look-at-referral";
  if (!referral) return unlinkedDealStep(context, pair, crm);
  // What couldn't be seen may be there again: news of the other side is a reason to look.
  if (referral.presence === "missing") return "look-at-referral";
  if (crm.presence === "missing") return "look-at-deal";
  const isOfEpoch = referral.epoch === connection.epoch && crm.epoch === connection.epoch;
  if (!isOfEpoch) return referral.epoch === connection.epoch ? "look-at-deal" : "look-at-referral";
  return pair.invitation && pair.invitation !== "done" ? "invite-microsoft" : "update";
}

function unlinkedDealStep(context: EngineContext, pair: Pair, crm: CrmSide): Step {
  if (pair.creation) return "create-referral";
  if (crm.presence !== "present") return "nothing";
  const isShared = crm.document !== undefined && context.mapping.shareWhen(crm.document);
  return isShared ? "create-referral" : "match-deal";
}

/** Looks, plans, acts and settles until the pair rests, waits for a person, or is put off. */
export async function reconcilePair(context: EngineContext, pairId: string): Promise<void> {
  for (let round = 0; round < mostRounds; round += 1) {
    const pair = await context.ledger.pair(pairId);
    if (!pair || (round > 0 && !pair.due)) return;
    const connection = await context.ledger.connection();
    const step = nextStep(context, pair, connection);
    if ((await take(context, step, pair, connection)) === "rest") return;
  }
  await putOff(context, pairId);
}

async function take(
  context: EngineContext,
  step: Step,
  pair: Pair,
  connection: ConnectionState,
): Promise<Progress> {
  try {
    return await stepTakers[step](context, pair, connection);
  } catch (error) {
    // Another worker or a walk was faster: the row is read again.
    if (error instanceof LedgerConflict) return "again";
    await failPair(context, pair.id, failureOf(error), step);
    return "rest";
  }
}

type StepTaker = (
  context: EngineContext,
  pair: Pair,
  connection: ConnectionState,
) => Promise<Progress>;

const stepTakers: Readonly<Record<Step, StepTaker>> = {
  nothing: rest,
  wait: async (context, pair) => {
    // To answer what was asked for want of this deal needs no approval.
    if (pair.crm && !pair.referral) await reconsider(context, pair);
    return waitForApproval(context, quietly(pair));
  },
  "look-at-referral": (context, pair, connection) =>
    look(context, pair, "referral", connection, readPriority(context, pair)),
  "look-at-deal": (context, pair, connection) =>
    look(context, pair, "crm", connection, readPriority(context, pair)),
  "nudge-owner": async (context, pair) => {
    await nudgeOwner(context, pair);
    return rest(context, pair);
  },
  "ask-about-stale": async (context, pair) => {
    await askAboutStale(context, pair);
    return "rest";
  },
  "tell-seller": tellSeller,
  "apply-deletion": applyDeletion,
  "close-double": closeDouble,
  match: async (context, pair, connection) => {
    // After a try that made nothing: a deal may have come into sight, or gone, meanwhile.
    const match = await matchReferral(context, { ...pair, attempt: undefined }, connection);
    if (match !== "nothing") return match;
    if (!mayWrite(context, connection)) return stepTakers.wait(context, pair, connection);
    return createDeal(context, pair, connection);
  },
  "match-deal": async (context, pair, connection) => {
    await reconsider(context, pair);
    if (!(await hasLinkedTwin(context, pair))) {
      // What was told while it was marked may not hold any more.
      return pair.shown ? tellSeller(context, pair, connection) : rest(context, pair);
    }
    await commitPair(context, twinDeal(context, pair));
    return "rest";
  },
  "create-deal": createDeal,
  "create-referral": async (context, pair, connection) => {
    if (!isWalked(connection)) return walkBoth(context);
    return createReferral(context, pair, connection, writePriority(context, pair));
  },
  "invite-microsoft": (context, pair, connection) =>
    inviteMicrosoft(context, pair, connection, writePriority(context, pair)),
  update,
};

async function rest(context: EngineContext, pair: Pair): Promise<Progress> {
  const rested = atRest(pair);
  const isStored = rested.due === pair.due && rested.problem === pair.problem;
  if (!isStored) await commitPair(context, quietly(rested));
  return "rest";
}

/** Plans both sides' fields; makes at most one write, or stores that the pair is in step. */
async function update(
  context: EngineContext,
  pair: Pair,
  connection: ConnectionState,
): Promise<Progress> {
  const msxId = await microsoftMsxIdOf(context, pair);
  const plan = planPair(context, pair, connection);
  const { change, toReferral, toCrm } = plan;
  const stateFields = stateFieldsToWrite(context, afterWriting(change.pair, plan), msxId);
  const hasStateFields = Object.keys(stateFields).length > 0;
  if (!isToWrite(plan) && !hasStateFields) {
    await commitPair(context, { ...change, pair: inStep(context, change.pair, connection) });
    return "rest";
  }
  if (!mayWrite(context, connection)) {
    return waitForApproval(context, change);
  }
  const due = pair.due ?? { at: context.clock.now(), priority: "outbound" as const };
  const planned = { ...change, pair: { ...change.pair, due } };
  const finish = finishing(context, connection, msxId);
  if (toReferral.length > 0) {
    return writeReferral(context, planned, toReferral, writePriority(context, pair), finish);
  }
  if (await hasChangedUnseen(context, pair, connection)) return "again";
  const part = nextPart(context, { writes: toCrm, stateFields });
  return writeDeal(context, planned, part.writes, part.stateFields, finish);
}

/** The pair as it will be told of once its writes have landed: an answered question is over. */
function afterWriting(pair: Pair, { toCrm }: PairPlan): Pair {
  const parked = { ...pair.parked };
  for (const { field } of toCrm) if (pair.decisions[field]) delete parked[field];
  return { ...pair, parked };
}

const isToWrite = ({ toReferral, toCrm }: PairPlan): boolean =>
  toReferral.length > 0 || toCrm.length > 0;

function inStep(context: EngineContext, pair: Pair, { epoch }: ConnectionState): Pair {
  return {
    ...atRest(pair),
    epoch,
    waits: undefined,
    staleTries: undefined,
    attempt: pair.attempt?.earlier.length === 0 ? undefined : pair.attempt,
    settledAt: context.clock.now(),
  };
}

/**
 * Where a write leaves nothing more to call, the pair comes to rest in the write's own transaction.
 */
function finishing(
  context: EngineContext,
  connection: ConnectionState,
  msxId: string | undefined,
): Finish {
  return (settled) => {
    if (nextStep(context, settled.pair, connection) !== "update") return settled;
    const plan = planPair(context, settled.pair, connection);
    const { change } = plan;
    const stateFields = stateFieldsToWrite(context, change.pair, msxId);
    if (isToWrite(plan) || Object.keys(stateFields).length > 0) return settled;
    return {
      pair: inStep(context, change.pair, connection),
      history: [...settled.history, ...change.history],
      inbox: [...settled.inbox, ...change.inbox],
    };
  };
}

const dayMs = 86_400_000;

function isExpiring({ clock, settings }: EngineContext, { referral }: Pair): boolean {
  const at = referral?.document && expiresAt(referral.document);
  return at !== undefined && at - clock.now() < settings.expiringDays * dayMs;
}

function writePriority(context: EngineContext, pair: Pair): Priority {
  const priority = pair.due?.priority;
  if (priority === "interactive") return "interactive";
  if (isExpiring(context, pair)) return "expiring";
  return priority === "backfill" ? "backfill" : "outbound";
}

function readPriority(context: EngineContext, pair: Pair): Priority {
  const priority = pair.due?.priority ?? "read";
  if (priority === "interactive" || priority === "backfill" || priority === "audit")
    return priority;
  return isExpiring(context, pair) ? "expiring" : "read";
}

/** A pair that never comes to rest doesn't keep others waiting. */
async function putOff(context: EngineContext, pairId: string): Promise<void> {
  const { clock, random, settings, log } = context;
  log.warn({ pairId, rounds: mostRounds }, "a pair keeps changing while it is brought in step");
  await updatePair(context, pairId, (pair) => {
    const at = clock.now() + backoffMs(1, settings.retry, random.fraction());
    return quietly({ ...pair, due: { at, priority: pair.due?.priority ?? "read" } });
  });
}
