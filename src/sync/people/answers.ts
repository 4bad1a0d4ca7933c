import {
  commit,
  commitPair,
  type EngineContext,
  quietly,
  updateConnection,
  updatePair,
} from "../engine-context.ts";
import { type Answer, EngineRefusal } from "../engine-port.ts";
import type { InboxItem } from "../ledger/ledger-port.ts";
import type { Decision, Pair, PairState, SeenValues } from "../pair/pair.ts";
import { brakeItemId } from "../steps/deletion.ts";
import { isTiedToAnother } from "../steps/doubles.ts";
import { linkPairs, tiedTo } from "../steps/link.ts";

/** Carries out a person's answer to a question of the inbox. */
export async function resolveItem(
  context: EngineContext,
  itemId: string,
  answer: Answer,
  by: string | undefined,
): Promise<void> {
  const item = await context.ledger.inboxItem(itemId);
  if (!item) throw new EngineRefusal(`There is no question ${itemId}.`, "List the open questions.");
  if (item.resolvedAt !== undefined) {
    throw new EngineRefusal("The question was answered already.", "Look at the pair's history.");
  }
  switch (item.kind) {
    case "conflict":
    case "breaker":
      return answerField(context, item, answer, by);
    case "match":
      return answerMatch(context, item, answer, by);
    case "double":
      return answerDouble(context, item, answer, by);
    case "stale":
      return answerStale(context, item, by);
    case "brake":
      return releaseBrake(context, answer.choose !== "dismiss", by);
    case "approval":
      return approveWrites(context, by);
  }
}

function resolved(
  { clock }: EngineContext,
  item: InboxItem,
  resolution: string,
  by: string | undefined,
): InboxItem {
  const resolvedAt = clock.now();
  return { ...item, resolvedAt, resolution, ...(by ? { resolvedBy: by } : {}) };
}

const unfitting = (item: InboxItem, answer: Answer): EngineRefusal =>
  new EngineRefusal(
    `"${answer.choose}" is no answer to this kind of question (${item.kind}).`,
    "Choose one of the answers offered with the question.",
  );

async function pairOf(context: EngineContext, item: InboxItem): Promise<Pair> {
  const pair = item.pairId === undefined ? undefined : await context.ledger.pair(item.pairId);
  if (pair) return pair;
  throw new EngineRefusal("The pair of this question no longer exists.", "Dismiss the question.");
}

async function answerField(
  context: EngineContext,
  item: InboxItem,
  answer: Answer,
  by: string | undefined,
): Promise<void> {
  const { choose } = answer;
  const isKnown = ["referral", "crm", "value", "dismiss"].includes(choose);
  const { field } = item;
  if (!isKnown || field === undefined) throw unfitting(item, answer);
  if (choose !== "dismiss") refuseAgainstDirection(context, field, choose);
  const { id } = await pairOf(context, item);
  // First: who dies in between leaves the question open.
  if ("always" in answer && answer.always) await prefer(context, field, answer.choose);
  const at = context.clock.now();
  await updatePair(context, id, (pair) => {
    const over = seenValues(context, pair, field);
    const decision = decisionOf(answer, over);
    const resolution = { kind: "resolved", fields: [{ field, ...over }], note: choose } as const;
    return {
      pair: {
        ...pair,
        decisions: decision ? { ...pair.decisions, [field]: decision } : pair.decisions,
        parked: decision ? pair.parked : { ...pair.parked, [field]: { reason: "operator", at } },
        due: { at, priority: "interactive" },
      },
      history: [{ pairId: id, at, ...resolution, ...(by ? { by } : {}) }],
      inbox: [resolved(context, item, choose, by)],
    };
  });
}

/** A field that goes one way takes the value of where it comes from, or is left alone. */
function refuseAgainstDirection(
  { projection }: EngineContext,
  name: string,
  choose: Answer["choose"],
): void {
  const { direction = "both", label = name } = projection.byName.get(name) ?? {};
  const isToCrm = direction === "to-crm";
  if (direction === "both" || choose === (isToCrm ? "referral" : "crm")) return;
  const way = isToCrm ? "from Partner Center to the CRM" : "from the CRM to Partner Center";
  throw new EngineRefusal(
    `${label} only goes ${way}.`,
    "Choose the value of where it comes from, or dismiss the question to leave both as they are.",
  );
}

function decisionOf(answer: Answer, over: SeenValues): Decision | undefined {
  switch (answer.choose) {
    case "referral":
    case "crm":
      return { take: answer.choose, over };
    case "value":
      return { take: "value", value: answer.value, over };
    default:
      return undefined;
  }
}

function seenValues({ projection }: EngineContext, pair: Pair, field: string): SeenValues {
  const referral = pair.referral?.document;
  const crm = pair.crm?.document;
  return {
    referral: referral ? (projection.referralValues(referral)[field] ?? null) : null,
    crm: crm ? (projection.crmValues(crm)[field] ?? null) : null,
  };
}

/** Which side always wins a field; undefined: the mapping says. */
export async function prefer(
  context: EngineContext,
  field: string,
  policy: "referral" | "crm" | undefined,
): Promise<void> {
  await updateConnection(context, (connection) => {
    const { [field]: _before, ...others } = connection.policies;
    const policies = policy === undefined ? others : { ...others, [field]: policy };
    return { connection: { ...connection, policies } };
  });
}

async function answerMatch(
  context: EngineContext,
  item: InboxItem,
  answer: Answer,
  by: string | undefined,
): Promise<void> {
  const { ledger, clock } = context;
  const pair = await pairOf(context, item);
  const now = { at: clock.now(), priority: "interactive" } as const;
  const answered = [resolved(context, item, answer.choose, by)];
  // Deals that waited for this answer go on.
  const waiting = () => tiedTo(context, pair, "interactive");
  if (answer.choose === "link") {
    if (!pair.referral || pair.crm) throw unfitting(item, answer);
    const deal = (await ledger.pairsByRecord([answer.recordId])).get(answer.recordId);
    if (!deal || deal.referral || deal.creation) {
      throw new EngineRefusal(
        `The deal ${answer.recordId} is unknown or belongs to another referral.`,
        "Choose one of the candidates, or let a new deal be created.",
      );
    }
    await linkPairs(context, { ...pair, due: now }, deal, "a person chose the deal");
    await commit(context, { inbox: answered });
  } else if (answer.choose === "create") {
    if (await isTiedToAnother(context, pair)) {
      throw new EngineRefusal(
        "This deal and another one stand for the same referral, so it can't have a second one.",
        "Merge the two deals in the CRM, or clear the referral's id in this one and answer again.",
      );
    }
    const unmatched: Pair = { ...pair, asks: undefined, isUnmatched: true, due: now };
    await commit(context, { pairs: [unmatched, ...(await waiting())], inbox: answered });
  } else if (answer.choose === "dismiss") {
    const over: Pair = { ...pair, asks: undefined, ended: "not-imported" };
    await commit(context, { pairs: [over, ...(await waiting())], inbox: answered });
  } else {
    throw unfitting(item, answer);
  }
}

async function answerDouble(
  context: EngineContext,
  item: InboxItem,
  answer: Answer,
  by: string | undefined,
): Promise<void> {
  if (answer.choose !== "close" && answer.choose !== "dismiss") throw unfitting(item, answer);
  const pair = await pairOf(context, item);
  const due = { at: context.clock.now(), priority: "interactive" } as const;
  const isToClose = answer.choose === "close" ? { isToClose: true as const, due } : {};
  await commitPair(context, {
    pair: { ...pair, asks: undefined, ...isToClose },
    history: [],
    inbox: [resolved(context, item, answer.choose, by)],
  });
}

async function answerStale(
  context: EngineContext,
  item: InboxItem,
  by: string | undefined,
): Promise<void> {
  const { id } = await pairOf(context, item);
  await updatePair(context, id, (pair) => ({
    pair: replayed(context, pair),
    history: [],
    inbox: [resolved(context, item, "tried again", by)],
  }));
}

/** A pair whose obstacles are cleared: both sides are read, and it goes first. */
export function replayed({ clock }: EngineContext, pair: Pair): Pair {
  return {
    ...pair,
    problem: undefined,
    asks: undefined,
    staleTries: undefined,
    look: {
      ...(pair.referral ? { referral: "proof" as const } : {}),
      ...(pair.crm ? { crm: "proof" as const } : {}),
    },
    ...(pair.creation
      ? { creation: { ...pair.creation, tries: Math.min(pair.creation.tries, 1) } }
      : {}),
    due: { at: clock.now(), priority: "interactive" },
  };
}

/** Allows the writes that wait for a person, and makes what waited due. */
export async function approveWrites(context: EngineContext, by: string | undefined): Promise<void> {
  const items = await context.ledger.inbox({ kinds: ["approval"], isOpen: true, limit: 10 });
  await updateConnection(context, (connection) => ({
    connection: { ...connection, awaitsApproval: undefined },
    inbox: items.map((item) => resolved(context, item, "approved", by)),
  }));
  const { brakeSince } = await context.ledger.connection();
  if (brakeSince !== undefined) await releaseBrake(context, true, by);
  await release(context, ["waiting"]);
}

async function releaseBrake(
  context: EngineContext,
  isMeant: boolean,
  by: string | undefined,
): Promise<void> {
  const { ledger } = context;
  const item = await ledger.inboxItem(brakeItemId);
  const resolution = isMeant ? "the deletions were meant" : "the deletions are ignored";
  const decided = (pair: Pair): Pair => ({
    ...pair,
    ...(isMeant ? { isDeletionCounted: true as const } : { isDeletionIgnored: true as const }),
  });
  // First what was decided, then the brake: who dies in between leaves the question open. What was
  // deleted meanwhile stopped at the brake as well.
  await release(context, ["deleted"], decided);
  await updateConnection(context, (connection) => ({
    connection: { ...connection, brakeSince: undefined, deletions: [] },
    inbox: item ? [resolved(context, item, resolution, by)] : [],
  }));
  await release(context, ["deleted"], decided);
}

const releasePage = 200;

/** States in which a pair may be waiting as well: with its deletion, or with word to the seller. */
const statesThatMayWait: readonly PairState[] = ["deleted", "dead"];

/** Makes all pairs of some states due. */
export async function release(
  context: EngineContext,
  states: readonly PairState[],
  change: (pair: Pair) => Pair = (pair) => pair,
): Promise<void> {
  const due = { at: context.clock.now(), priority: "backfill" } as const;
  const isWaitingMeant = states.includes("waiting");
  const isMeant = ({ state, waits }: Pair): boolean =>
    states.includes(state) || (isWaitingMeant && waits === true);
  const among = isWaitingMeant ? [...states, ...statesThatMayWait] : states;
  let after = "";
  for (;;) {
    const pairs = await context.ledger.pairs({ states: among, after, limit: releasePage });
    for (const { id } of pairs) {
      await updatePair(context, id, (pair) =>
        isMeant(pair) ? quietly({ ...change(pair), waits: undefined, due }) : undefined,
      );
    }
    const last = pairs.at(-1);
    if (!last || pairs.length < releasePage) return;
    after = last.id;
  }
}
