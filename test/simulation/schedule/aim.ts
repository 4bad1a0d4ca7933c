import type { PairState } from "../../../src/sync/pair/pair.ts";
import type { Action, FaultKind, Settings } from "./schedule.ts";

/** States that last for a moment, or that few worlds know: chance alone seldom strikes them. */
export const rareStates: readonly PairState[] = [
  "matching",
  "creating-referral",
  "probing",
  "inviting-microsoft",
  "creating-deal",
  "looking",
  "planning",
  "writing-referral",
  "writing-crm",
  "waiting",
  "held",
  "refusing",
  "dead",
  "paused",
  "deleted",
  "unlinked",
];

/** A fault of a kind that waits for a state. */
export interface Aim {
  readonly kind: FaultKind;
  readonly state: PairState;
}

/** What a world needs so that a pair can come into the state that is aimed at. */
export function settingsFor(aims: readonly Aim[], settings: Settings): Settings {
  const has = (...states: readonly PairState[]): boolean =>
    aims.some(({ state }) => states.includes(state));
  return {
    ...settings,
    ...(has("inviting-microsoft") ? { createsMicrosoftLeg: true } : {}),
    ...(has("held") ? { hasHoldingStage: true } : {}),
    ...(has("deleted") ? { crmDeleteSignal: "tombstone" as const } : {}),
    ...(has("unlinked") ? { deletionPolicy: "unlink" as const } : {}),
  };
}

/** What people must do so that a pair can come into the state. */
export function actionsFor(aims: readonly Aim[], deal: number, at: number): readonly Action[] {
  return aims.flatMap(({ state }): readonly Action[] => {
    if (state === "paused") return [{ at, deal, kind: "pause", forMs: 60_000 }];
    return state === "deleted" || state === "unlinked" ? [{ at, deal, kind: "delete" }] : [];
  });
}
