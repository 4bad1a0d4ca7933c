import { type Referral, ReferralsError } from "../../contract/index.ts";
import type { Permit } from "../budget/call-budget.ts";
import type { Progress } from "../core/act.ts";
import type { Sighting } from "../core/observe.ts";
import { targetsOf } from "../core/rules.ts";
import {
  commitPair,
  commitSending,
  type EngineContext,
  quietly,
  updatePair,
} from "../engine-context.ts";
import { type ConnectionState, LedgerConflict } from "../ledger/ledger-port.ts";
import { type Failure, failureOf } from "../pair/failure.ts";
import type { Creation, Fingerprint, Pair } from "../pair/pair.ts";
import { failPair } from "../pair/problems.ts";
import { compareStamps, stampBefore } from "../pair/stamps.ts";
import type { Priority } from "../run/runner.ts";
import type { ReferralDraft } from "./referral-draft.ts";

/** A referral that answered a create or was found by a probe. */
export interface Found {
  readonly referral: Referral;
  readonly eTag: string;
}

/** Which of a pair's referrals is being created, and what becomes of it. */
export interface Leg {
  readonly intentOf: (pair: Pair) => Creation | undefined;
  readonly withIntent: (pair: Pair, creation: Creation | undefined) => Pair;
  /** Whether what was sent may leave once more: the other side can't take back what it has. */
  readonly isStillMeant: (
    context: EngineContext,
    pair: Pair,
    creation: Creation,
  ) => Promise<boolean>;
  readonly settle: (
    context: EngineContext,
    pairId: string,
    creation: Creation,
    found: Found,
    sighting: Sighting,
  ) => Promise<void>;
}

/** Tries before a create whose results never show is left to a person. */
const mostTries = 5;
/**
 * How long the result of a create may stay unseen: the request may land late, and lists show what
 * it made later still.
 */
const unseenMs = ({ settings }: EngineContext): number =>
  settings.probeSettleMs + settings.cursorOverlapMs;

/** Pages that a probe reads at most. */
const mostProbePages = 1_000;

/** The intent to create a document, fit to recognise it later by the server's own clock. */
export function intentOf(
  context: EngineContext,
  connection: ConnectionState,
  { document, writes, stage }: Pick<ReferralDraft, "document" | "writes" | "stage">,
): Creation {
  const { externalReferenceId, engagementId, type } = document;
  const newest = connection.referralCursor.stamp;
  const fingerprint: Fingerprint = {
    externalReferenceId: externalReferenceId ?? "",
    type: type ?? "",
    target: targetsOf(document),
    notBefore: stampBefore(newest, context.settings.cursorOverlapMs),
    ...(engagementId ? { engagementId } : {}),
  };
  const at = context.clock.now();
  const requestId = context.random.uuid();
  return { requestId, fingerprint, at, document, writes, stage, tries: 1 };
}

/**
 * Stores the intent, sends the create, and settles its answer. A create is never sent without a
 * stored intent.
 */
export async function create(
  context: EngineContext,
  pair: Pair,
  leg: Leg,
  creation: Creation,
  permit: Permit,
): Promise<Progress> {
  try {
    const due = pair.due ?? { at: context.clock.now(), priority: "outbound" as const };
    await commitSending(context, quietly({ ...leg.withIntent(pair, creation), due }));
  } catch (error) {
    await permit.giveBack();
    if (error instanceof LedgerConflict) return "again";
    throw error;
  }
  const { requestId, document } = creation;
  let found: Found;
  try {
    await permit.use();
    found = await context.referrals.create(document, { requestId, correlationId: requestId });
  } catch (error) {
    return failedCreate(context, pair.id, leg, creation, failureOf(error));
  }
  const connection = await context.ledger.connection();
  const sighting: Sighting = { source: "get", at: context.clock.now(), connection };
  await leg.settle(context, pair.id, creation, found, sighting);
  return "again";
}

async function failedCreate(
  context: EngineContext,
  pairId: string,
  leg: Leg,
  creation: Creation,
  failure: Failure,
): Promise<Progress> {
  const mayExist = failure.kind === "unknown" || creation.tries > 1;
  const probeAt = context.clock.now() + unseenMs(context);
  await failPair(context, pairId, failure, "POST referral");
  await updatePair(context, pairId, (pair) => {
    if (leg.intentOf(pair)?.requestId !== creation.requestId) return undefined;
    const next = leg.withIntent(pair, mayExist ? { ...creation, probeAt } : undefined);
    if (!mayExist) return quietly(next);
    return quietly({ ...next, problem: undefined, due: { at: probeAt, priority: "outbound" } });
  });
  return "rest";
}

/**
 * A create whose outcome isn't known: waits until a late one must have landed and be listed, looks
 * for it, and only then repeats it, unless it was withdrawn meanwhile.
 */
export async function resumeCreate(
  context: EngineContext,
  pair: Pair,
  leg: Leg,
  creation: Creation,
  priority: Priority,
): Promise<Progress> {
  const { clock } = context;
  const probeAt = creation.probeAt ?? creation.at + unseenMs(context);
  if (clock.now() < probeAt) {
    const waiting = leg.withIntent(pair, { ...creation, probeAt });
    await commitPair(context, quietly({ ...waiting, due: { at: probeAt, priority: "outbound" } }));
    return "rest";
  }
  const found = await probe(context, pair, creation, priority);
  if (found) {
    const connection = await context.ledger.connection();
    const sighting: Sighting = { source: "list", at: clock.now(), connection };
    await leg.settle(context, pair.id, creation, found, sighting);
    return "again";
  }
  if (creation.tries >= mostTries) {
    await failPair(context, pair.id, neverShown, "POST referral");
    return "rest";
  }
  const permit = await context.budget.take(priority);
  if (!(await leg.isStillMeant(context, pair, creation))) {
    await permit.giveBack();
    const over = leg.withIntent(pair, undefined);
    await commitPair(context, quietly({ ...over, look: { ...pair.look, crm: "hint" } }));
    return "again";
  }
  const again: Creation = {
    ...creation,
    at: clock.now(),
    tries: creation.tries + 1,
    probeAt: undefined,
  };
  return create(context, pair, leg, again, permit);
}

const neverShown: Failure = {
  kind: "refused",
  code: "outcomeUnknown",
  sentence: `The referral was sent ${mostTries} times, and never was there an answer or a result.`,
  remedy: "Check in Partner Center whether it exists, then replay the pair.",
  side: "referral",
  targets: [],
};

/**
 * Looks for the referral that an earlier try may have created: the oldest one that fits and belongs
 * to no other pair.
 */
async function probe(
  context: EngineContext,
  pair: Pair,
  { fingerprint }: Creation,
  priority: Priority,
): Promise<Found | undefined> {
  const candidates: Referral[] = [];
  await context.budget.take(priority);
  let page = await context.referrals.listPage({ orderby: "createdDateTime desc" });
  for (let pages = 1; ; pages += 1) {
    // One of them may be what an earlier try made: to go on would make a second one.
    if (page.unreadable) throw new ReferralsError("invalidAnswer", { retryable: false });
    for (const referral of page.referrals) {
      if (context.rules.isSameCreation(fingerprint, referral)) candidates.push(referral);
    }
    const oldest = page.referrals.at(-1)?.createdDateTime ?? "";
    const isPast = page.referrals.length > 0 && compareStamps(oldest, fingerprint.notBefore) < 0;
    if (page.nextLink === undefined || isPast || pages >= mostProbePages) break;
    await context.budget.take(priority);
    page = await context.referrals.listPage({ nextLink: page.nextLink });
  }
  const ids = candidates.flatMap(({ id }) => (id ? [id] : []));
  const known = await context.ledger.pairsByReferral(ids);
  const free = candidates.filter(({ id }) => {
    const holder = known.get(id ?? "");
    return !holder || holder.id === pair.id || (!holder.crm && holder.role !== "sibling");
  });
  free.sort((left, right) =>
    compareStamps(left.createdDateTime ?? "", right.createdDateTime ?? ""),
  );
  const [first] = free;
  return first && { referral: first, eTag: first.eTag ?? "" };
}
