import { commitPair, type EngineContext, type NewHistory, updatePair } from "../engine-context.ts";
import { pairQuestion } from "../people/inbox-items.ts";
import { backoffMs, type Failure } from "./failure.ts";
import type { Pair, PairProblem, Park, Refusal } from "./pair.ts";
import { atRest } from "./pair-state.ts";

/**
 * An attempt that certainly didn't happen goes; one that was carried out in part, or whose like may
 * still land, stays to be recognised.
 */
export function withoutAttempt({ attempt }: Pair): Pair["attempt"] {
  if (!attempt) return undefined;
  const isDoneInPart = Object.keys(attempt.steps).length > 0;
  const earlier = isDoneInPart ? [...attempt.earlier, ...attempt.writes] : attempt.earlier;
  return earlier.length > 0 ? { ...attempt, writes: [], earlier } : undefined;
}

/** Tells the budget what a failed call says about the other side. */
export async function noteFailure(context: EngineContext, failure: Failure): Promise<void> {
  if (failure.side !== "referral") return;
  if (failure.kind === "throttled") await context.budget.throttled(failure.retryAfterMs);
  if (failure.retryAfterMs !== undefined && failure.kind !== "throttled") {
    await context.budget.hold(failure.retryAfterMs);
  }
}

/**
 * Stores that a call failed: when it is tried again, or that the pair waits for a person.
 * `attempt`: what becomes of the memo.
 */
export async function failPair(
  context: EngineContext,
  pairId: string,
  failure: Failure,
  nextCall: string,
  attempt: "keep" | "drop" = "keep",
): Promise<void> {
  await noteFailure(context, failure);
  await updatePair(context, pairId, (pair) => {
    const problem = problemAfter(context, pair, failure, nextCall);
    const isNew = pair.problem?.code !== problem.code;
    const isToTell = pair.crm !== undefined && problem.side === "referral";
    const at = problem.retryAt ?? (isToTell ? context.clock.now() : undefined);
    const priority = pair.due?.priority ?? ("read" as const);
    const due = at === undefined ? undefined : { at, priority };
    const failed: Pair = {
      ...pair,
      attempt: attempt === "keep" ? pair.attempt : withoutAttempt(pair),
      problem,
      due,
    };
    return { pair: failed, history: isNew ? [problemHistory(pair, problem)] : [], inbox: [] };
  });
}

function problemHistory(pair: Pair, problem: PairProblem): NewHistory {
  const { sentence, side } = problem;
  return { pairId: pair.id, at: problem.since, kind: "problem", side, note: sentence };
}

function problemAfter(
  { clock, random, settings }: EngineContext,
  pair: Pair,
  failure: Failure,
  nextCall: string,
): PairProblem {
  const now = clock.now();
  const tries = (pair.problem?.tries ?? 0) + 1;
  const isFinal = failure.kind === "refused" || failure.kind === "gone";
  const wait = failure.retryAfterMs ?? backoffMs(tries, settings.retry, random.fraction());
  const { code, sentence, remedy, side, targets } = failure;
  return {
    code,
    sentence,
    remedy,
    side,
    tries,
    since: pair.problem?.since ?? now,
    nextCall,
    ...(targets[0] ? { field: targets[0] } : {}),
    ...(isFinal ? {} : { retryAt: now + wait }),
  };
}

/**
 * A refusal that names fields of the write parks those and lets the rest flow. Resolves to false
 * where it names none, or where they aren't in the write.
 */
export async function parkRefused(
  context: EngineContext,
  pairId: string,
  failure: Failure,
): Promise<boolean> {
  let isParked = false;
  await updatePair(context, pairId, (pair) => {
    const { attempt } = pair;
    const writes = (attempt?.writes ?? []).filter(({ field }) => isNamed(context, failure, field));
    isParked = writes.length > 0;
    if (!attempt || !isParked) return undefined;
    const at = context.clock.now();
    const parked: Record<string, Park> = { ...pair.parked };
    const decisions = { ...pair.decisions };
    const refusals: Refusal[] = [...pair.refusals];
    for (const { field, source } of writes) {
      parked[field] = { reason: "refused", at, side: attempt.side, source };
      delete decisions[field];
      const { sentence: reason, remedy } = failure;
      refusals.push({ field, side: attempt.side, reason, remedy });
    }
    const refused: NewHistory = {
      pairId,
      at,
      kind: "refused",
      side: attempt.side,
      fields: writes.map(({ field, value }) => ({ field, to: value })),
      note: failure.sentence,
    };
    const changed = { ...pair, attempt: withoutAttempt(pair), parked, decisions, refusals };
    return { pair: changed, history: [refused], inbox: [] };
  });
  return isParked;
}

function isNamed({ projection }: EngineContext, failure: Failure, name: string): boolean {
  const field = projection.byName.get(name);
  if (!field) return false;
  const own = failure.side === "referral" ? field.referralPath : field.crmField;
  const paths = [own, own.replace(/^\//, "").replaceAll("/", ".")];
  return failure.targets.some((target) => paths.includes(target) || target.startsWith(`${own}/`));
}

/**
 * A write that keeps being refused as stale although its side was read again each time: a person
 * looks at it.
 */
export async function askAboutStale(context: EngineContext, pair: Pair): Promise<void> {
  const sentence =
    "Partner Center or the CRM keeps refusing our write as outdated, " +
    "although it was read again each time.";
  const item = pairQuestion(context, pair, "stale", sentence, {
    proposal: "Try again later, or change the field by hand on both sides.",
  });
  const asking: Pair = { ...atRest(pair), asks: item.id, staleTries: undefined };
  await commitPair(context, { pair: asking, history: [], inbox: [item] });
}
