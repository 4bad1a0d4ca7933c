import type { StoredReferral } from "../../client/port.ts";
import type { PatchOperation, Referral } from "../../contract/index.ts";
import { planCrmWrite } from "../../crm/index.ts";
import {
  CrmError,
  type CrmFields,
  type CrmRecord,
  type CrmValue,
  type StepMemo,
} from "../../crm/port.ts";
import {
  commitSending,
  type EngineContext,
  type PairChange,
  quietly,
  updatePair,
} from "../engine-context.ts";
import { LedgerConflict } from "../ledger/ledger-port.ts";
import { failureOf } from "../pair/failure.ts";
import type { Attempt, FieldWrite, Pair, Side } from "../pair/pair.ts";
import { failPair, parkRefused, withoutAttempt } from "../pair/problems.ts";
import { stateOfText, statusPath, withValue } from "../pair/projection.ts";
import type { Priority } from "../run/runner.ts";
import { landDeal, landReferral, type Sighting, worthOfAnswer } from "./observe.ts";
import { settleWrite } from "./settle.ts";

/** Whether the pair may have more to do at once. */
export type Progress = "again" | "rest";

/**
 * What a settled write leads to in the same transaction: the rest of the plan, where no call is
 * left.
 */
export type Finish = (change: PairChange) => PairChange;

/**
 * The operations that carry out writes; status and substatus go last, in one patch with the rest.
 */
export function patchOf(
  context: EngineContext,
  writes: readonly FieldWrite[],
): readonly PatchOperation[] {
  const operations: PatchOperation[] = [];
  const last: PatchOperation[] = [];
  for (const { field, value } of writes) {
    const path = context.projection.byName.get(field)?.referralPath ?? "";
    if (path === statusPath) {
      const { status, substatus } = stateOfText(value);
      last.push({ op: "replace", path: "/status", value: status });
      last.push({ op: "replace", path: "/substatus", value: substatus });
    } else {
      operations.push({ op: "replace", path, value });
    }
  }
  return [...operations, ...last];
}

/**
 * The document that carries out writes by PUT: everything that was received, with the new values.
 */
export function putOf(
  context: EngineContext,
  document: Referral,
  writes: readonly FieldWrite[],
): Referral {
  let next: Readonly<Record<string, unknown>> = document;
  for (const { field, value } of writes) {
    const path = context.projection.byName.get(field)?.referralPath ?? "";
    next = withValue(next, path, value);
  }
  return next as Referral;
}

/**
 * A memo of what is about to be sent, with what earlier tries at the same version may yet bring.
 */
export function attemptOf(
  context: EngineContext,
  pair: Pair,
  side: Side,
  writes: readonly FieldWrite[],
): Attempt {
  const version = pair[side]?.version ?? "";
  const before = pair.attempt;
  const isSameVersion = before?.side === side && before.version === version;
  return {
    id: context.random.uuid(),
    side,
    at: context.clock.now(),
    version,
    writes,
    earlier: isSameVersion ? [...before.earlier, ...before.writes] : [],
    steps: {},
  };
}

/** One write to the referral: permit, memo, call, settle. */
export async function writeReferral(
  context: EngineContext,
  planned: PairChange,
  writes: readonly FieldWrite[],
  priority: Priority,
  finish: Finish,
): Promise<Progress> {
  const permit = await context.budget.take(priority);
  const attempt = attemptOf(context, planned.pair, "referral", writes);
  try {
    // The permit may have taken a while: if the pair has changed meanwhile, it is planned anew.
    await commitSending(context, { ...planned, pair: { ...planned.pair, attempt } });
  } catch (error) {
    await permit.giveBack();
    if (error instanceof LedgerConflict) return "again";
    throw error;
  }
  try {
    await permit.use();
    const answer = await sendReferral(context, planned.pair, attempt);
    await settleReferral(context, planned.pair, attempt, answer, finish);
    return "again";
  } catch (error) {
    return failedWrite(context, planned.pair.id, "referral", error);
  }
}

async function sendReferral(
  context: EngineContext,
  { referral }: Pair,
  { id, version, writes }: Attempt,
): Promise<StoredReferral> {
  if (!referral?.document) throw new Error("a referral is written that was never read");
  const ifMatch = context.rules.precondition(version);
  const options = { ifMatch, correlationId: id };
  const needsPut = writes.some(
    ({ field }) => context.projection.byName.get(field)?.referralWrite === "put",
  );
  return needsPut
    ? context.referrals.update(putOf(context, referral.document, writes), options)
    : context.referrals.patch(referral.id, patchOf(context, writes), options);
}

async function settleReferral(
  context: EngineContext,
  sent: Pair,
  attempt: Attempt,
  answer: StoredReferral,
  finish: Finish,
): Promise<void> {
  const connection = await context.ledger.connection();
  const values = context.projection.referralValues(answer.referral);
  await updatePair(context, sent.id, (pair) => {
    const settled = settleWrite(context, pair, attempt, ({ field }) => values[field] ?? null);
    const source = worthOfAnswer(sent, pair, "referral");
    const sighting: Sighting = { source, at: context.clock.now(), connection };
    const { referral, eTag } = answer;
    const landed = landReferral(context, settled.pair, referral, eTag, sighting);
    const history = [...settled.history, ...echoless(landed.history, attempt)];
    return finish({ pair: landed.pair, history, inbox: [] });
  });
}

/** Our own values coming back aren't somebody's edit. */
function echoless(history: PairChange["history"], attempt: Attempt): PairChange["history"] {
  const own = new Set(attempt.writes.map(({ field }) => field));
  return history.flatMap((entry) => {
    if (entry.kind !== "seen") return [entry];
    const fields = (entry.fields ?? []).filter(({ field }) => !own.has(field));
    return fields.length > 0 ? [{ ...entry, fields }] : [];
  });
}

/** One write to the CRM: memo, keyed steps, settle. */
export async function writeDeal(
  context: EngineContext,
  planned: PairChange,
  writes: readonly FieldWrite[],
  stateFields: CrmFields,
  finish: Finish,
): Promise<Progress> {
  const { pair } = planned;
  const attempt = attemptOf(context, pair, "crm", writes);
  try {
    await commitSending(context, { ...planned, pair: { ...pair, attempt } });
  } catch (error) {
    if (error instanceof LedgerConflict) return "again";
    throw error;
  }
  const fields: Record<string, CrmValue> = { ...stateFields };
  for (const { field, value } of writes) {
    fields[context.projection.byName.get(field)?.crmField ?? field] = value;
  }
  try {
    const record = await sendDeal(context, pair, attempt, fields);
    await settleDeal(context, pair, attempt, record, stateFields, finish);
    return "again";
  } catch (error) {
    if (await dropStateFields(context, pair.id, stateFields, error)) return "again";
    return failedWrite(context, pair.id, "crm", error);
  }
}

/** Performs a CRM write and reads what it left where the CRM doesn't say. */
export async function sendDeal(
  context: EngineContext,
  pair: Pair,
  attempt: Attempt,
  fields: CrmFields,
): Promise<{ readonly record: CrmRecord; readonly isExact: boolean }> {
  const { crm, rules } = context;
  const version = attempt.version === "" ? "" : rules.precondition(attempt.version);
  const options = { correlationId: attempt.id, memo: memoOf(context, pair.id, attempt) };
  const order = planCrmWrite(
    {
      key: pair.referral?.id ?? pair.id,
      attempt: attempt.id,
      ...(pair.crm ? { recordId: pair.crm.id } : {}),
      ...(version === "" ? {} : { expectedVersion: version }),
      fields,
    },
    crm.capabilities,
  );
  const { steps } = order;
  const written = await crm.upsert(order, options);
  if (written.record) return { record: written.record, isExact: steps.length === 1 };
  const record = await crm.read(written.id, { correlationId: attempt.id });
  if (!record) {
    const sentence = `the CRM doesn't show the deal ${written.id}, which it has just written`;
    throw new CrmError("unavailable", sentence, { outcomeUnknown: true });
  }
  const isExact =
    steps.length === 1 &&
    crm.capabilities.versions === "etag" &&
    record.version === written.version;
  return { record, isExact };
}

function memoOf(context: EngineContext, pairId: string, attempt: Attempt): StepMemo {
  const steps: Record<string, string> = { ...attempt.steps };
  return {
    finished: (key) => steps[key],
    finish: async (key, recordId) => {
      steps[key] = recordId;
      await updatePair(context, pairId, (pair) =>
        pair.attempt?.id === attempt.id
          ? quietly({ ...pair, attempt: { ...pair.attempt, steps: { ...steps } } })
          : undefined,
      );
    },
  };
}

async function settleDeal(
  context: EngineContext,
  sent: Pair,
  attempt: Attempt,
  { record, isExact }: { readonly record: CrmRecord; readonly isExact: boolean },
  stateFields: CrmFields,
  finish: Finish,
): Promise<void> {
  const connection = await context.ledger.connection();
  const values = context.projection.crmValues(record.fields);
  await updatePair(context, sent.id, (pair) => {
    // Read after somebody else may have written again: then only what was sent is known to be
    // agreed.
    const stored = ({ field, value }: FieldWrite): CrmValue =>
      isExact ? (values[field] ?? null) : value;
    const settled = settleWrite(context, pair, attempt, stored);
    const source = worthOfAnswer(sent, pair, "crm");
    const sighting: Sighting = { source, at: context.clock.now(), connection };
    const landed = landDeal(context, settled.pair, record, sighting);
    const shown = { ...landed.pair.shown, ...stateFields };
    const history = [...settled.history, ...echoless(landed.history, attempt)];
    return finish({ pair: { ...landed.pair, shown }, history, inbox: [] });
  });
}

/** A CRM that refuses a state field does without it: what matters is the deal. */
async function dropStateFields(
  context: EngineContext,
  pairId: string,
  stateFields: CrmFields,
  error: unknown,
): Promise<boolean> {
  if (!(error instanceof CrmError) || error.code !== "invalid") return false;
  const isAboutThem = error.field !== undefined && error.field in stateFields;
  const pair = await context.ledger.pair(pairId);
  if (!isAboutThem && (pair?.attempt?.writes.length ?? 0) > 0) return false;
  if (Object.keys(stateFields).length === 0) return false;
  context.log.warn({ pairId, field: error.field }, "the CRM refuses the sync's state fields");
  await updatePair(context, pairId, (one) =>
    quietly({ ...one, attempt: withoutAttempt(one), shown: { ...one.shown, ...stateFields } }),
  );
  return true;
}

/**
 * What a failed write leads to. A stale one is news: the side is read and the pair planned anew.
 */
async function failedWrite(
  context: EngineContext,
  pairId: string,
  side: Side,
  error: unknown,
): Promise<Progress> {
  const failure = failureOf(error);
  if (failure.kind === "stale" || failure.kind === "gone") {
    await updatePair(context, pairId, (pair) =>
      quietly({
        ...pair,
        attempt: withoutAttempt(pair),
        look: { ...pair.look, [side]: "proof" },
        staleTries: (pair.staleTries ?? 0) + 1,
      }),
    );
    return "again";
  }
  if (failure.kind === "refused" && (await parkRefused(context, pairId, failure))) return "again";
  const nextCall = side === "referral" ? "PATCH referral" : "write deal";
  const attempt = failure.kind === "unknown" ? "keep" : "drop";
  await failPair(context, pairId, failure, nextCall, attempt);
  return "rest";
}
