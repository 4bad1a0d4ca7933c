import {
  actions,
  type DealDetail,
  type DealSummary,
  expiresAt,
  isFinal,
  type LifecycleMove,
  movesFrom,
  type Question,
  registrationRisk,
} from "../../contract/index.ts";
import type { InboxItem, Ledger, Pair, Projection } from "../../sync/index.ts";
import { dealSummary, fieldViews, stateSentence } from "./deal-view.ts";
import { historyWithWords } from "./history-words.ts";

const mostQuestions = 200;

function lifecycleOf(pair: Pair, now: number): DealDetail["lifecycle"] {
  const referral = pair.referral?.document;
  const state = { status: referral?.status ?? "", substatus: referral?.substatus ?? "" };
  if (!referral) return { ...state, moves: [] };
  const next = movesFrom(state);
  const choices = (["accept", "decline", "win", "lose"] as const).filter((action) => {
    const { status, substatus } = actions[action];
    // Who hasn't answered yet is asked for an answer; that it is over can be said after that.
    if (state.status === "New" && (action === "win" || action === "lose")) return false;
    const isNews = status !== state.status;
    return isNews && next.some((one) => one.status === status && one.substatus === substatus);
  });
  const expires = expiresAt(referral);
  const { acceptedDateTime, closedDateTime } = referral;
  return {
    ...state,
    moves: choices.map((action) => moveOf(action, pair, now)),
    ...(expires === undefined ? {} : { expiresAt: expires }),
    ...(acceptedDateTime ? { acceptedDateTime } : {}),
    ...(closedDateTime ? { closedDateTime } : {}),
  };
}

function moveOf(action: LifecycleMove["action"], pair: Pair, now: number): LifecycleMove {
  const { status, substatus } = actions[action];
  const document = pair.referral?.document;
  const isEarly = action === "win" && document && registrationRisk(document, now) !== undefined;
  const caution =
    "Less than 72 hours since it was created: its registration may be rejected if it is won now.";
  const move = { action, to: `${status}/${substatus}`, isFinal: isFinal({ status }) };
  return isEarly ? { ...move, caution } : move;
}

/** What the engine does next with a deal, in words. */
function nextStep(pair: Pair): DealDetail["next"] {
  const { problem } = pair;
  if (problem) {
    return problem.retryAt === undefined
      ? { sentence: `${problem.remedy} Then replay it.` }
      : { sentence: "It is tried again.", at: problem.retryAt };
  }
  if (pair.paused) return { sentence: "Nothing, until somebody resumes it." };
  if (pair.state === "in-step") return { sentence: "Nothing to do until a side changes." };
  if (pair.due) return { sentence: stateSentence(pair.state), at: pair.due.at };
  return { sentence: stateSentence(pair.state) };
}

const opaqueId = /^[0-9a-f]{8}-[0-9a-f-]{27}$|^005[0-9A-Za-z]{12,15}$/;

/** True for an id that says nothing to a person. */
const isOpaque = (name: string): boolean => opaqueId.test(name);

/** A question with what a person needs to see beside it. */
export function questionView(
  item: InboxItem,
  pair: Pair | undefined,
  projection: Projection,
): Question {
  if (!pair) return item;
  const { crm, referral } = pair;
  const { label, direction } = projection.byName.get(item.field ?? "") ?? {};
  const crmChange = item.field === undefined ? undefined : crm?.changes[item.field];
  const referralChange = item.field === undefined ? undefined : referral?.changes[item.field];
  const currency = referral?.document?.details?.currency;
  return {
    ...item,
    deal: {
      title: dealSummary(pair, projection).title,
      isReferral: referral !== undefined,
      ...(label === undefined ? {} : { label }),
      ...(direction === "to-crm" ? { comesFrom: "referral" } : {}),
      ...(direction === "to-referral" ? { comesFrom: "crm" } : {}),
      ...(crm?.changedBy && !isOpaque(crm.changedBy) ? { crmBy: crm.changedBy } : {}),
      ...(crmChange ? { crmAt: crmChange.by } : {}),
      ...(referralChange ? { referralAt: referralChange.by } : {}),
      ...(currency ? { currency } : {}),
    },
  };
}

/** Everything that is known of a deal. */
export async function dealDetail(
  pair: Pair,
  parts: { readonly ledger: Ledger; readonly projection: Projection; readonly now: number },
): Promise<DealDetail> {
  const { ledger, projection, now } = parts;
  const related = pair.engagementId ? await ledger.pairsOfEngagement(pair.engagementId) : [];
  const others = related.filter(({ id }) => id !== pair.id);
  const questions = await ledger.inbox({ pairId: pair.id, isOpen: true, limit: mostQuestions });
  return {
    ...dealSummary(pair, projection),
    fields: fieldViews(pair, projection),
    refusals: pair.refusals,
    questions: questions.map((item) => questionView(item, pair, projection)),
    history: historyWithWords(await ledger.history(pair.id), projection),
    related: others.map((other): DealSummary => dealSummary(other, projection)),
    lifecycle: lifecycleOf(pair, now),
    next: nextStep(pair),
    isPaused: pair.paused === true,
    ...(pair.engagementId ? { engagementId: pair.engagementId } : {}),
  };
}
