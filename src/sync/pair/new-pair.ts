import type { EngineContext } from "../engine-context.ts";
import type { Pair, Side } from "./pair.ts";

/** A pair before anything is known of either side. */
export function newPair({ clock, random }: EngineContext, origin: Side, epoch: number): Pair {
  return {
    id: random.uuid(),
    revision: 0,
    state: origin === "referral" ? "matching" : "unshared",
    role: "deal",
    origin,
    look: {},
    parked: {},
    decisions: {},
    refusals: [],
    recentWrites: {},
    epoch,
    createdAt: clock.now(),
  };
}
