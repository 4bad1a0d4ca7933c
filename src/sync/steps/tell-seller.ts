import { attemptOf, type Progress, sendDeal } from "../core/act.ts";
import { landDeal, type Sighting, worthOfAnswer } from "../core/observe.ts";
import {
  commitSending,
  type EngineContext,
  mayWrite,
  quietly,
  updatePair,
} from "../engine-context.ts";
import type { ConnectionState } from "../ledger/ledger-port.ts";
import { backoffMs, type Failure, failureOf } from "../pair/failure.ts";
import type { Pair } from "../pair/pair.ts";
import { atRest } from "../pair/pair-state.ts";
import { stateFieldsToWrite } from "./state-fields.ts";
import { waitForApproval } from "./wait-for-approval.ts";

/**
 * Shows in the deal's own state fields why its pair has stopped, so that a seller sees it without
 * another tool. Nothing else is written; the pair stays as it is.
 */
export async function tellSeller(
  context: EngineContext,
  pair: Pair,
  connection: ConnectionState,
): Promise<Progress> {
  const fields = stateFieldsToWrite(context, pair, undefined);
  const isVisible = pair.crm?.presence === "present" && pair.problem?.side !== "crm";
  const isToTell = isVisible && Object.keys(fields).length > 0;
  if (isToTell && !mayWrite(context, connection)) return waitForApproval(context, quietly(pair));
  // What came in between isn't rested over: it is why the pair is due again.
  const rested = (one: Pair, { revision }: Pair): Pair =>
    one.revision === revision ? atRest(one) : one;
  if (!isToTell) {
    await updatePair(context, pair.id, (one) => (one.due ? quietly(rested(one, pair)) : undefined));
    return "rest";
  }
  const sent = await commitSending(context, quietly(pair));
  try {
    const { record } = await sendDeal(context, sent, attemptOf(context, sent, "crm", []), fields);
    const at = context.clock.now();
    await updatePair(context, pair.id, (one) => {
      const source = worthOfAnswer(sent, one, "crm");
      const sighting: Sighting = { source, at, connection, due: "outbound" };
      const landed = landDeal(context, rested(one, sent), record, sighting);
      return { ...landed, pair: { ...landed.pair, shown: { ...landed.pair.shown, ...fields } } };
    });
  } catch (error) {
    await notTold(context, sent, fields, failureOf(error));
  }
  return "rest";
}

const passing: ReadonlySet<Failure["kind"]> = new Set(["throttled", "unavailable", "unknown"]);
const laterTry = 4;

/**
 * Tried again where that may help; a CRM that refuses its state fields, or says each time that they
 * are outdated, does without.
 */
async function notTold(
  context: EngineContext,
  { id, revision }: Pair,
  fields: Pair["shown"],
  failure: Failure,
): Promise<void> {
  const { clock, log, random, settings } = context;
  log.warn({ pairId: id, code: failure.code }, "the seller couldn't be told in the CRM");
  const waitMs = failure.retryAfterMs ?? backoffMs(laterTry, settings.retry, random.fraction());
  const now = { at: clock.now(), priority: "read" } as const;
  await updatePair(context, id, (pair) => {
    const staleTries = (pair.staleTries ?? 0) + 1;
    if (failure.kind === "stale" && staleTries < settings.staleRetries) {
      return quietly({ ...pair, staleTries, due: now, look: { ...pair.look, crm: "proof" } });
    }
    if (!passing.has(failure.kind)) {
      return quietly({ ...pair, staleTries: undefined, shown: { ...pair.shown, ...fields } });
    }
    return pair.revision === revision
      ? quietly({ ...pair, due: { ...now, at: now.at + waitMs } })
      : undefined;
  });
}
