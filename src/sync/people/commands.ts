import type { CrmValue } from "../../crm/port.ts";
import {
  commit,
  type EngineContext,
  quietly,
  updateConnection,
  updatePair,
} from "../engine-context.ts";
import { EngineRefusal, type PauseScope } from "../engine-port.ts";
import type { ConnectionState, HistoryEntry, InboxItem } from "../ledger/ledger-port.ts";
import type { Decision, Pair, Park, Side } from "../pair/pair.ts";
import { stateOfReferral, stateOfText, statusPath } from "../pair/projection.ts";
import { overPair } from "../steps/ending.ts";
import { tiedTo } from "../steps/link.ts";
import { release, replayed } from "./answers.ts";
import { inboxId } from "./inbox-items.ts";

const someone = (by: string | undefined): { readonly by?: string } => (by ? { by } : {});

async function existing(context: EngineContext, pairId: string): Promise<Pair> {
  const pair = await context.ledger.pair(pairId);
  if (pair) return pair;
  throw new EngineRefusal(`There is no pair ${pairId}.`, "List the deals to find its id.");
}

/** Clears a pair's problem and tries again. */
export async function replayPair(
  context: EngineContext,
  pairId: string,
  by: string | undefined,
): Promise<void> {
  await existing(context, pairId);
  const at = context.clock.now();
  await updatePair(context, pairId, (pair) => ({
    pair: replayed(context, pair),
    history: [{ pairId, at, kind: "resumed", note: "replayed", ...someone(by) }],
    inbox: [],
  }));
}

/** Ends a pair for a person who knows that its two sides no longer belong together. */
export async function unlinkPair(
  context: EngineContext,
  pairId: string,
  by: string | undefined,
): Promise<void> {
  const pair = await existing(context, pairId);
  const over = await overPair(context, pair, { ended: "unlinked", by });
  const { history, inbox } = over;
  await commit(context, {
    pairs: [over.pair, ...(await tiedTo(context, over.pair))],
    history,
    inbox,
  });
}

/** Stops writes: of everything, of a pair, or of one of its fields. */
export async function pauseScope(
  context: EngineContext,
  { pairId, field }: PauseScope,
  by: string | undefined,
): Promise<void> {
  const at = context.clock.now();
  if (pairId === undefined) {
    return updateConnection(context, (connection) => ({
      connection: { ...connection, paused: true },
    }));
  }
  await existing(context, pairId);
  await updatePair(context, pairId, (pair) => {
    const parked: Record<string, Park> = { ...pair.parked };
    if (field !== undefined) parked[field] = { reason: "operator", at };
    return {
      pair: field === undefined ? { ...pair, paused: true } : { ...pair, parked },
      history: [{ pairId, at, kind: "paused", ...someone(by), ...fieldOf(field) }],
      inbox: [],
    };
  });
}

const fieldOf = (field: string | undefined): Pick<HistoryEntry, "fields"> =>
  field === undefined ? {} : { fields: [{ field }] };

/** Lets writes go on. */
export async function resumeScope(
  context: EngineContext,
  { pairId, field }: PauseScope,
  by: string | undefined,
): Promise<void> {
  const at = context.clock.now();
  if (pairId === undefined) {
    await updateConnection(context, (connection) => ({
      connection: { ...connection, paused: undefined },
    }));
    return release(context, ["waiting"]);
  }
  await existing(context, pairId);
  await updatePair(context, pairId, (pair) => {
    const parked: Record<string, Park> = { ...pair.parked };
    if (field !== undefined) delete parked[field];
    return {
      pair: {
        ...pair,
        ...(field === undefined ? { paused: undefined } : { parked }),
        due: { at, priority: "interactive" },
      },
      history: [{ pairId, at, kind: "resumed", ...someone(by), ...fieldOf(field) }],
      inbox: [],
    };
  });
}

/**
 * Writes the values that a write of ours replaced, on the side that it was made on, and parks the
 * fields.
 */
export async function undoWrite(
  context: EngineContext,
  sequence: number,
  by: string | undefined,
): Promise<void> {
  const entry = await context.ledger.historyEntry(sequence);
  if (entry?.kind !== "wrote" || !entry.side) {
    throw new EngineRefusal(
      "Only a write of ours can be undone.",
      "Choose a line that says wrote.",
    );
  }
  const { side, pairId } = entry;
  const pair = await existing(context, pairId);
  if (pair.ended) {
    throw new EngineRefusal(
      "The pair is over: nothing is written to either side any more.",
      "Change the value in the system where it stands.",
    );
  }
  const later = await context.ledger.history(pairId, { after: sequence });
  const decisions: Record<string, Decision> = {};
  for (const { field, from, to } of entry.fields ?? []) {
    refuseIrreversible(context, pair, entry, field, from);
    const instead = leftBehind(later, side, field) ?? to ?? null;
    decisions[field] = { take: "undo", side, value: from ?? null, instead };
  }
  const at = context.clock.now();
  const fields = (entry.fields ?? []).map(({ field, from, to }) => ({
    field,
    ...(to === undefined ? {} : { from: to }),
    ...(from === undefined ? {} : { to: from }),
  }));
  await updatePair(context, pairId, (current) => ({
    pair: {
      ...current,
      decisions: { ...current.decisions, ...decisions },
      due: { at, priority: "interactive" },
    },
    history: [{ pairId, at, kind: "undone", side, fields, ...someone(by) }],
    inbox: [],
  }));
}

/** What a write left on its side; refuses where another value was agreed later. */
function leftBehind(
  later: readonly HistoryEntry[],
  side: Side,
  name: string,
): CrmValue | undefined {
  const agreed = later
    .filter(({ kind }) => kind === "agreed")
    .flatMap(({ fields = [] }) => fields.filter(({ field }) => field === name))
    .map((field) => field[side]);
  const [first] = agreed;
  if (agreed.every((value) => JSON.stringify(value) === JSON.stringify(first))) return first;
  throw new EngineRefusal(`${name} has changed again since.`, "Undo the later change instead.");
}

function refuseIrreversible(
  { projection, rules }: EngineContext,
  pair: Pair,
  { side }: HistoryEntry,
  name: string,
  old: unknown,
): void {
  const field = projection.byName.get(name);
  const document = pair.referral?.document;
  if (!field || !document || pair.crm?.presence !== "present") {
    throw new EngineRefusal(`${name} can't be undone.`, "The field or its deal no longer exists.");
  }
  if (side === "crm") return;
  const state = stateOfReferral(document);
  const verdict =
    field.referralPath === statusPath
      ? rules.mayMove(state, stateOfText(String(old)))
      : rules.mayMove(state, state);
  if (!verdict.ok) throw new EngineRefusal(verdict.sentence, "Partner Center allows no way back.");
  if (field.referralWrite === "create" || field.referralPath.startsWith("/consent/")) {
    throw new EngineRefusal(
      `${field.label} can't be changed back in Partner Center.`,
      "What was shared with Microsoft can't be withdrawn.",
    );
  }
}

/** The question that stands while writes wait for a person. */
export function approvalItem(
  { clock }: EngineContext,
  reason: NonNullable<ConnectionState["awaitsApproval"]>,
): InboxItem {
  return {
    id: inboxId("approval", reason),
    kind: "approval",
    openedAt: clock.now(),
    sentence:
      reason === "first-run"
        ? "Nothing was written yet: look at the plan, then allow the first writes."
        : "The database was restored from a backup: look at the plan, then allow writes again.",
    proposal: "Approve.",
  };
}

/**
 * Begins a new epoch: what the ledger remembers is older than the world. The call window and the
 * brake's hour count as spent, both sides are read anew, what differs is asked, and writes wait for
 * approval.
 */
export async function beginEpoch(context: EngineContext): Promise<void> {
  const { settings, budget, log, clock } = context;
  log.warn({}, "the ledger is older than the world: a new epoch begins");
  await budget.spendWindow();
  const approval = settings.isApproved ? {} : { awaitsApproval: "restored" as const };
  const epochAt = clock.now();
  const deletions = new Array<number>(settings.deletion.atMost).fill(epochAt);
  await updateConnection(context, (connection) => ({
    connection: {
      ...connection,
      epoch: connection.epoch + 1,
      epochAt,
      deletions,
      referralCursor: { ...connection.referralCursor, isClosed: false },
      auditedAt: 0,
      ...approval,
    },
    inbox: settings.isApproved ? [] : [approvalItem(context, "restored")],
  }));
}

/** Marks a pair to be read, as a hint asks; true where that was news. */
export async function markHinted(
  context: EngineContext,
  pair: Pair,
  side: "referral" | "crm",
  changedAt: string | undefined,
): Promise<boolean> {
  const known = pair[side];
  if (!known || pair.look[side] || !context.rules.isHintNews(changedAt, known)) return false;
  const at = context.clock.now();
  await updatePair(context, pair.id, (current) =>
    quietly({
      ...current,
      look: { ...current.look, [side]: current.look[side] ?? "hint" },
      due: { at, priority: current.due?.priority ?? "read" },
    }),
  );
  return true;
}
