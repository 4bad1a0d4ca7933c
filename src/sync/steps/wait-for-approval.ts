import type { Progress } from "../core/act.ts";
import {
  commitPair,
  type EngineContext,
  mayWrite,
  type PairChange,
  quietly,
  updatePair,
} from "../engine-context.ts";
import { atRest } from "../pair/pair-state.ts";

/** Lets a pair wait until writes are allowed, and looks whether they just were. */
export async function waitForApproval(
  context: EngineContext,
  change: PairChange,
): Promise<Progress> {
  const { pair } = change;
  await commitPair(context, { ...change, pair: { ...atRest(pair), waits: true } });
  if (!mayWrite(context, await context.ledger.connection())) return "rest";
  const due = { at: context.clock.now(), priority: "read" } as const;
  await updatePair(context, pair.id, (one) =>
    one.waits ? quietly({ ...one, waits: undefined, due }) : undefined,
  );
  return "again";
}
