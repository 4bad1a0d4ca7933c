import type { EngineContext, NewHistory, PairChange } from "../engine-context.ts";
import type { Pair, Park } from "../pair/pair.ts";
import { atRest } from "../pair/pair-state.ts";

/** Why a pair is over, and who said so. */
export interface Ending {
  readonly ended: NonNullable<Pair["ended"]>;
  readonly note?: string;
  readonly by?: string | undefined;
}

/** More questions about one pair than it has fields. */
const mostQuestions = 1_000;

const isAPersons = ({ reason }: Park): boolean => reason === "operator" || reason === "undo";

/**
 * A pair that is over. What was still asked about it, or stood in its way, concerns nobody any
 * more; what a person has decided about its fields stays.
 */
export async function overPair(
  { clock, ledger }: EngineContext,
  pair: Pair,
  { ended, note, by }: Ending,
): Promise<PairChange> {
  const at = clock.now();
  const who = by === undefined ? {} : { by };
  const open = await ledger.inbox({ pairId: pair.id, isOpen: true, limit: mostQuestions });
  const closing = {
    resolvedAt: at,
    resolution: "the pair is over",
    ...(by === undefined ? {} : { resolvedBy: by }),
  };
  const entry = { pairId: pair.id, at, ...who };
  const history: NewHistory[] = [
    { ...entry, kind: "unlinked", ...(note === undefined ? {} : { note }) },
  ];
  if (open.length > 0) {
    const fields = open.flatMap(({ field }) => (field === undefined ? [] : [{ field }]));
    history.push({ ...entry, kind: "resolved", fields, note: closing.resolution });
  }
  const over: Pair = {
    ...atRest(pair),
    ended,
    problem: undefined,
    asks: undefined,
    waits: undefined,
    look: {},
    decisions: {},
    refusals: [],
    parked: Object.fromEntries(Object.entries(pair.parked).filter(([, park]) => isAPersons(park))),
  };
  return { pair: over, history, inbox: open.map((item) => ({ ...item, ...closing })) };
}
