import type { StoredReferral } from "../../client/port.ts";
import type { Referral, State } from "../../contract/index.ts";
import { attemptOf, type Progress } from "../core/act.ts";
import { landReferral, type Sighting, worthOfAnswer } from "../core/observe.ts";
import {
  commit,
  commitPair,
  commitSending,
  type EngineContext,
  quietly,
  updatePair,
} from "../engine-context.ts";
import type { ConnectionState, InboxItem } from "../ledger/ledger-port.ts";
import { failureOf } from "../pair/failure.ts";
import type { Pair } from "../pair/pair.ts";
import { atRest } from "../pair/pair-state.ts";
import { failPair, withoutAttempt } from "../pair/problems.ts";
import { stateOfReferral, statusPath } from "../pair/projection.ts";
import { overPair } from "./ending.ts";

const hourMs = 3_600_000;

/** The id of the one question that the brake asks. */
export const brakeItemId = "brake:deletions";

/**
 * What the operator's policy says about a deal that was deleted in the CRM. Many at once stop at
 * the brake.
 */
export async function applyDeletion(
  context: EngineContext,
  pair: Pair,
  connection: ConnectionState,
): Promise<Progress> {
  if (pair.isDeletionIgnored) return end(context, pair, "deletion-ignored");
  if (!pair.isDeletionCounted) return count(context, pair, connection);
  const { policy, statusReason } = context.settings.deletion;
  const wanted = policy === "close" ? closedState(context, pair) : undefined;
  if (wanted) return close(context, pair, wanted, statusReason);
  return end(context, pair, policy === "ignore" ? "deletion-ignored" : "unlinked");
}

/** Closes a referral that a person said is one too many. */
export async function closeDouble(context: EngineContext, pair: Pair): Promise<Progress> {
  const wanted = closedState(context, pair);
  if (wanted) return close(context, pair, wanted, "The referral was created twice.");
  await commitPair(context, quietly({ ...atRest(pair), isToClose: undefined }));
  return "rest";
}

/** The state in which a referral is over without being won; undefined where it is over already. */
function closedState({ rules }: EngineContext, pair: Pair): State | undefined {
  if (!pair.referral?.document) return undefined;
  const state = stateOfReferral(pair.referral.document);
  const substatus = state.status === "New" ? "Declined" : "Lost";
  const wanted = { status: "Closed", substatus };
  return rules.mayMove(state, wanted).ok ? wanted : undefined;
}

async function end(
  context: EngineContext,
  pair: Pair,
  ended: NonNullable<Pair["ended"]>,
): Promise<Progress> {
  const note = ended === "unlinked" ? "the deal was deleted" : "the deletion is ignored";
  await commitPair(context, await overPair(context, pair, { ended, note }));
  return "rest";
}

/** Counts a confirmed deletion, or stops at the brake until a person has looked. */
async function count(
  context: EngineContext,
  pair: Pair,
  connection: ConnectionState,
): Promise<Progress> {
  const { clock, rules, settings, ledger } = context;
  const now = clock.now();
  const recent = connection.deletions.filter((at) => at > now - hourMs);
  const isBraked =
    connection.brakeSince !== undefined ||
    recent.length >= rules.deletionsPerHour(await linkedPairs(ledger), settings.deletion);
  if (!isBraked) {
    const counted: Pair = { ...pair, isDeletionCounted: true };
    const deletions = [...recent, now];
    await commit(context, { pairs: [counted], connection: { ...connection, deletions } });
    return "again";
  }
  const stopped = atRest(pair);
  if (connection.brakeSince !== undefined) {
    await commitPair(context, quietly(stopped));
    return "rest";
  }
  const item: InboxItem = {
    id: brakeItemId,
    kind: "brake",
    openedAt: now,
    sentence: recent.includes(connection.epochAt ?? 0)
      ? "A deal was deleted in the CRM, and how many before it is forgotten since the restore. " +
        "Its referral is left alone."
      : `${recent.length + 1} deals were deleted in the CRM within an hour. ` +
        "Their referrals are left alone.",
    proposal: "If that was meant, go on; if it wasn't, restore the deals in the CRM first.",
  };
  const braked = { ...connection, brakeSince: now, deletions: recent };
  await commit(context, { pairs: [stopped], connection: braked, inbox: [item] });
  return "rest";
}

const pageSize = 500;

/** A deal that lacks what a referral needs has none yet; a linked one may be refused a value. */
async function linkedPairs(ledger: EngineContext["ledger"]): Promise<number> {
  const { unshared = 0, sibling = 0, refusing = 0, ...others } = await ledger.countByState();
  let linked = Object.values(others).reduce((sum, number) => sum + number, 0);
  for (let after = "", seen = 0; seen < refusing; seen += pageSize) {
    const page = await ledger.pairs({ states: ["refusing"], after, limit: pageSize });
    linked += page.filter(({ referral }) => referral !== undefined).length;
    after = page.at(-1)?.id ?? after;
  }
  return linked;
}

async function close(
  context: EngineContext,
  pair: Pair,
  wanted: State,
  statusReason: string,
): Promise<Progress> {
  const { projection, rules } = context;
  const permit = await context.budget.take("outbound");
  const name = projection.fields.find(({ referralPath }) => referralPath === statusPath)?.name;
  const value = `${wanted.status}/${wanted.substatus}`;
  const { status, substatus } = stateOfReferral(pair.referral?.document ?? ({} as Referral));
  const write = { field: name ?? "status", value, old: `${status}/${substatus}`, source: null };
  const attempt = attemptOf(context, pair, "referral", [write]);
  const due = pair.due ?? { at: context.clock.now(), priority: "outbound" as const };
  await commitSending(context, quietly({ ...pair, attempt, due })).catch(async (error: unknown) => {
    await permit.giveBack();
    throw error;
  });
  try {
    const answer = await context.referrals.patch(
      pair.referral?.id ?? "",
      [
        { op: "replace", path: "/status", value: wanted.status },
        { op: "replace", path: "/substatus", value: wanted.substatus },
        { op: "replace", path: "/statusReason", value: statusReason },
      ],
      { ifMatch: rules.precondition(attempt.version), correlationId: attempt.id },
    );
    await settleClosed(context, pair, answer, { field: write.field, value, statusReason });
    return "again";
  } catch (error) {
    const failure = failureOf(error);
    if (failure.kind === "stale") {
      await updatePair(context, pair.id, (one) =>
        quietly({
          ...one,
          attempt: withoutAttempt(one),
          look: { ...one.look, referral: "proof" },
          staleTries: (one.staleTries ?? 0) + 1,
        }),
      );
      return "again";
    }
    const memo = failure.kind === "unknown" ? "keep" : "drop";
    await failPair(context, pair.id, failure, "PATCH referral", memo);
    return "rest";
  }
}

async function settleClosed(
  context: EngineContext,
  sent: Pair,
  { referral, eTag }: StoredReferral,
  { field, value, statusReason }: { field: string; value: string; statusReason: string },
): Promise<void> {
  const connection = await context.ledger.connection();
  const at = context.clock.now();
  await updatePair(context, sent.id, (pair) => {
    const source = worthOfAnswer(sent, pair, "referral");
    const sighting: Sighting = { source, at, connection };
    const closed = landReferral(context, { ...pair, attempt: undefined }, referral, eTag, sighting);
    const fields = [{ field, to: value }];
    const wrote = {
      pairId: sent.id,
      at,
      kind: "wrote",
      side: "referral",
      fields,
      note: statusReason,
    } as const;
    return { pair: closed.pair, history: [wrote], inbox: [] };
  });
}
