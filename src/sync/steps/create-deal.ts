import type { Referral } from "../../contract/index.ts";
import { CrmError, type CrmFields, type CrmRecord, type CrmValue } from "../../crm/port.ts";
import { attemptOf, type Progress, sendDeal } from "../core/act.ts";
import { agree } from "../core/agree.ts";
import { landDeal, type Sighting } from "../core/observe.ts";
import type { Agreement } from "../core/plan.ts";
import {
  commit,
  commitPair,
  commitSending,
  type EngineContext,
  mostOvertakings,
  quietly,
  updatePair,
} from "../engine-context.ts";
import { type ConnectionState, LedgerConflict } from "../ledger/ledger-port.ts";
import { failureOf } from "../pair/failure.ts";
import { newPair } from "../pair/new-pair.ts";
import type { Attempt, FieldWrite, Pair, Refusal } from "../pair/pair.ts";
import { atRest, dueSooner } from "../pair/pair-state.ts";
import { failPair } from "../pair/problems.ts";
import { statusPath } from "../pair/projection.ts";
import { linkPairs, neverCompared, tiedTo } from "./link.ts";
import { ask, isWorthADeal, matchReferral } from "./match.ts";

/**
 * Creates the deal of a referral that no deal stands for; goes on where an earlier try was left.
 */
export async function createDeal(
  context: EngineContext,
  pair: Pair,
  connection: ConnectionState,
): Promise<Progress> {
  const referral = pair.referral?.document;
  if (!referral) return "rest";
  if (!pair.attempt && !isWorthADeal(referral)) {
    await commitPair(context, quietly({ ...atRest(pair), ended: "not-imported" }));
    return "rest";
  }
  const draft = draftDeal(context, referral);
  const isOurs = mayBeOurs(context, pair, connection, draft.constants);
  if (pair.attempt) {
    const found = await findEarlierDeal(context, pair, pair.attempt, isOurs);
    if (found === "later") return "rest";
    if (found === "nothing") {
      // Before it is repeated: a deal may have come into sight, or gone, meanwhile.
      const match = pair.isUnmatched ? "nothing" : await matchReferral(context, pair, connection);
      if (match !== "nothing") return match;
    } else if (found) {
      return meetDeal(context, pair.id, pair.attempt, draft.constants, found);
    }
  }
  const { isRefused = !pair.attempt, ...sent } =
    pair.attempt ?? attemptOf(context, pair, "crm", draft.writes);
  const attempt: Attempt = sent;
  const due = pair.due ?? { at: context.clock.now(), priority: "read" as const };
  const started: Pair = { ...pair, attempt, refusals: draft.refusals, due };
  await commitSending(context, quietly(started));
  const fields: Record<string, CrmValue> = { ...draft.constants };
  for (const { field, value } of attempt.writes) {
    fields[context.projection.byName.get(field)?.crmField ?? field] = value;
  }
  try {
    const { record } = await sendDeal(context, started, attempt, fields);
    const sighting: Sighting = { source: "get", at: context.clock.now(), connection };
    await settleCreated(context, pair.id, attempt, draft.constants, record, sighting);
    return "again";
  } catch (error) {
    if (error instanceof CrmError && error.recordId !== undefined) {
      const met = { recordId: error.recordId, isOurs };
      return meetDeal(context, pair.id, attempt, draft.constants, met);
    }
    const failure = failureOf(error);
    await failPair(context, pair.id, failure, "create deal");
    if (isRefused && failure.kind !== "unknown") await noteRefused(context, pair.id, attempt);
    return "rest";
  }
}

/** No try so far has made the deal: one that is met is somebody else's. */
async function noteRefused(context: EngineContext, pairId: string, { id }: Attempt): Promise<void> {
  await updatePair(context, pairId, (pair) =>
    pair.attempt?.id === id
      ? quietly({ ...pair, attempt: { ...pair.attempt, isRefused: true } })
      : undefined,
  );
}

/**
 * A deal stands where one was to be made. It is ours only where that can be known; else it is
 * linked as somebody's, and what differs is asked about.
 */
async function meetDeal(
  context: EngineContext,
  pairId: string,
  attempt: Attempt,
  constants: CrmFields,
  { recordId, isOurs }: MetDeal,
): Promise<Progress> {
  const { clock, crm, ledger } = context;
  const at = clock.now();
  const record = await crm.read(recordId, {});
  const connection = await ledger.connection();
  const sighting: Sighting = { source: "get", at, connection };
  if (record && isOurs(record)) {
    await settleCreated(context, pairId, attempt, constants, record, sighting);
    return "again";
  }
  const pair = await updatePair(context, pairId, (one) =>
    quietly({ ...one, attempt: undefined, epoch: neverCompared }),
  );
  if (!pair) return "rest";
  if (!record) return ask(context, pair, [], goneOrHidden);
  const row = (await ledger.pairsByRecord([recordId])).get(recordId);
  const blank = row ?? newPair(context, "crm", connection.epoch);
  const deal = await commitPair(context, landDeal(context, blank, record, sighting));
  if (deal.referral || deal.creation || deal.ended) return ask(context, pair, [deal]);
  await linkPairs(context, pair, deal, "the CRM has a deal under the referral's id");
  return "again";
}

/** A deal that was met, and how it is known for our own. */
interface MetDeal {
  readonly recordId: string;
  readonly isOurs: (record: CrmRecord) => boolean;
}

/**
 * Whether a deal is what an earlier try has made: one at least had no known outcome, no other life
 * is forgotten that may have made it, and it carries the link to the referral. A person may have
 * typed the referral's id; the link comes with what we make alone.
 */
function mayBeOurs(
  { crm }: EngineContext,
  { attempt }: Pair,
  { epoch }: ConnectionState,
  constants: CrmFields,
): MetDeal["isOurs"] {
  const link = crm.capabilities.stateFields?.referralLink;
  const isTried = attempt !== undefined && attempt.isRefused !== true && epoch === 1;
  return ({ fields }) => isTried && link !== undefined && fields[link] === constants[link];
}

/** The key under which an attempt notes the deal itself. */
function dealStep({ crm }: EngineContext, attemptId: string): string {
  const part = crm.capabilities.parts.find(({ prefix }) => prefix === "");
  return `${attemptId}/${part?.name}`;
}

interface DealDraft {
  /** What no mapped field says: constants, the holding stage, the referral's id and link. */
  readonly constants: CrmFields;
  readonly writes: readonly FieldWrite[];
  readonly refusals: readonly Refusal[];
}

/**
 * Translates a referral into a new deal. What a lens refuses stays behind, with its reason. Pure.
 */
function draftDeal(context: EngineContext, referral: Referral): DealDraft {
  const { mapping, projection, settings } = context;
  // Only what waits for an answer waits in the holding stage.
  const holding = referral.status === "New" ? mapping.holding : undefined;
  const names = context.crm.capabilities.stateFields ?? {};
  const constants: Record<string, CrmValue> = { ...mapping.newDeal };
  if (holding) constants[holding.crmField] = holding.value;
  if (names.referralId) constants[names.referralId] = referral.id ?? "";
  if (names.referralLink) {
    constants[names.referralLink] = settings.referralLink.replace("{id}", referral.id ?? "");
  }
  const writes: FieldWrite[] = [];
  const refusals: Refusal[] = [];
  const values = projection.referralValues(referral);
  const lensContext = projection.context(referral, undefined);
  for (const field of projection.fields) {
    if (field.direction === "to-referral") continue;
    const source = values[field.name] ?? null;
    const translated =
      holding && field.referralPath === statusPath && field.crmField === holding.crmField
        ? { ok: true as const, value: holding.value }
        : field.lens.toCrm(source, null, lensContext);
    if (!translated.ok) {
      const { reason, remedy } = translated;
      refusals.push({ field: field.name, side: "crm", reason, remedy });
    } else if (translated.value !== null) {
      writes.push({ field: field.name, value: translated.value, old: null, source });
    }
  }
  return { constants, writes, refusals };
}

/**
 * Stores the deal that was created; a row that a walk has made for it meanwhile becomes part of the
 * pair.
 */
async function settleCreated(
  context: EngineContext,
  pairId: string,
  attempt: Attempt,
  constants: CrmFields,
  record: CrmRecord,
  sighting: Sighting,
): Promise<void> {
  const values = context.projection.crmValues(record.fields);
  const { ledger, clock } = context;
  for (let overtaken = 0; overtaken < mostOvertakings; overtaken += 1) {
    const pair = await ledger.pair(pairId);
    if (!pair || pair.crm) return;
    const row = (await ledger.pairsByRecord([record.id])).get(record.id);
    const landed = landDeal(context, { ...pair, attempt: undefined }, record, sighting).pair;
    const agreements = attempt.writes.flatMap(({ field, value, source }): Agreement[] => {
      const stored = context.rules.agreedValue(value, values[field] ?? null);
      const isOurs = context.projection.byName.get(field)?.lens.sameInCrm(value, stored);
      if (isOurs) return [{ field, referral: source, crm: stored }];
      // Made in steps, perhaps over a while: nothing is still to be written, and another value may
      // be somebody's edit.
      return stored === null ? [] : [{ field, referral: source }];
    });
    const agreed = agree(context, landed, agreements);
    const { look } = agreed.pair;
    // A list has brought the deal already, perhaps in a newer version than the answer's.
    const whole: Pair = row ? { ...agreed.pair, look: { ...look, crm: "hint" } } : agreed.pair;
    const linked = linkedDeal(context, whole, constants);
    const created = {
      pairId,
      at: clock.now(),
      kind: "created" as const,
      side: "crm" as const,
      fields: attempt.writes.map(({ field, value }) => ({ field, to: value })),
      correlationId: attempt.id,
    };
    try {
      const tied = await tiedTo(context, linked);
      return await commit(context, {
        pairs: [linked, ...tied.filter(({ id }) => id !== row?.id)],
        removed: row ? [row] : [],
        history: [created, ...agreed.history],
      });
    } catch (error) {
      if (!(error instanceof LedgerConflict)) throw error;
    }
  }
  throw new LedgerConflict();
}

function linkedDeal(context: EngineContext, pair: Pair, constants: CrmFields): Pair {
  const names = Object.values(context.crm.capabilities.stateFields ?? {});
  const shown = Object.entries(constants).filter(([name]) => names.includes(name));
  return {
    ...pair,
    shown: { ...pair.shown, ...Object.fromEntries(shown) },
    claim: pair.claim === pair.crm?.id ? undefined : pair.claim,
    problem: undefined,
    due: dueSooner(pair.due, context.clock.now(), "read"),
  };
}

const goneOrHidden = "The deal of this referral was deleted or is hidden.";

/**
 * An earlier try may have made the deal, whole or in part, and a person may have edited it since:
 * to repeat it would undo that edit. So the deal is looked for, by what the memo says or by the
 * referral's id. `later`: it can't be seen yet; `nothing`: it would be.
 */
async function findEarlierDeal(
  context: EngineContext,
  pair: Pair,
  attempt: Attempt,
  isOurs: MetDeal["isOurs"],
): Promise<MetDeal | "later" | "nothing" | undefined> {
  const { crm, clock, ledger } = context;
  const { stateFields, visibilityDelayMs } = crm.capabilities;
  const noted = attempt.steps[dealStep(context, attempt.id)];
  if (noted !== undefined) return { recordId: noted, isOurs: () => true };
  if (stateFields?.referralId === undefined) return undefined;
  const visibleAt = attempt.at + visibilityDelayMs + 1_000;
  if (clock.now() < visibleAt) {
    const due = { at: visibleAt, priority: pair.due?.priority ?? ("read" as const) };
    await commitPair(context, quietly({ ...pair, due }));
    return "later";
  }
  await context.walkCrm();
  const claimed = await ledger.pairsByClaim(pair.referral?.id ?? "");
  const recordId = claimed.find((one) => one.crm && !one.referral)?.crm?.id;
  return recordId === undefined ? "nothing" : { recordId, isOurs };
}
