import { expect, test } from "vitest";
import { busyStates, statesOnTheWay } from "../../contract/index.ts";
import { type PairState, pairStates } from "../../sync/index.ts";

/** States in which a deal rests: until a person acts, until a side changes, or for good. */
const resting = [
  "unshared",
  "held",
  "asking",
  "refusing",
  "in-step",
  "dead",
  "paused",
  "deleted",
  "unlinked",
  "sibling",
] as const satisfies readonly PairState[];

test("each state of the engine rests or is on its way, under the engine's own name", () => {
  expect([...statesOnTheWay, ...resting].toSorted()).toEqual([...pairStates].toSorted());
});

test("a busy state is one of the engine's", () => {
  const known: readonly PairState[] = busyStates;
  expect(known.filter((state) => !pairStates.includes(state))).toEqual([]);
});
