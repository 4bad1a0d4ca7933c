import type { PairState } from "../../../src/sync/pair/pair.ts";
import { type Draw, minute, second } from "./draw.ts";
import type { Scale } from "./scale.ts";
import type { Action, Fault, FaultKind, Settings } from "./schedule.ts";
import { type Aim, aims as cells, thinnest } from "./thin-cells.ts";

/** How many faults of a storm wait for a state that chance alone would seldom strike. */
const aimsPerStorm = 3;

/** The aims of a storm. */
export function aimsOf(draw: Draw): readonly Aim[] {
  return Array.from({ length: aimsPerStorm }, () => draw.one(cells));
}

/** The share of storms with one aim more. */
const fourthAimShare = 0.16;

/** One aim more in some storms; drawn from a sequence of its own, it changes no other storm. */
export function furtherAimsOf(draw: Draw): readonly Aim[] {
  return draw.chance(fourthAimShare) ? [draw.one(thinnest)] : [];
}

/** What a world needs so that a pair can come into the state, and the fault can strike there. */
export function settingsFor(aims: readonly Aim[], settings: Settings): Settings {
  const has = (...states: readonly PairState[]): boolean =>
    aims.some(({ state }) => states.includes(state));
  const walks = aims.filter(isForWalks);
  return {
    ...settings,
    ...(aims.some(({ kind }) => kind.startsWith("webhook-")) ? { hasWebhooks: true } : {}),
    ...(aims.some(({ kind }) => kind === "page-shift") ? { pageSize: 1 } : {}),
    ...(walks.some(({ kind }) => kind === "page-shift") ? { pollReferralsMs: pollMs } : {}),
    ...(walks.some(({ kind }) => kind !== "page-shift") ? { pollCrmMs: pollMs } : {}),
    ...(has("inviting-microsoft", "sibling") ? { createsMicrosoftLeg: true } : {}),
    ...(has("held") ? { hasHoldingStage: true } : {}),
    ...(has("deleted", "unlinked") ? { crmDeleteSignal: "tombstone" as const } : {}),
    ...(has("deleted") ? { deletionPolicy: "close" as const, deletionsPerHour: 1 } : {}),
    ...(has("unlinked") ? { deletionPolicy: "unlink" as const } : {}),
  };
}

/** So often a state that lasts for a time-out is met by a walk. */
const pollMs = 30 * second;

/** Kinds that strike a state of one call only where a walk comes in between. */
const walkKinds: readonly FaultKind[] = [
  "page-shift",
  "crm-throttled",
  "crm-unavailable",
  "crm-permission-lost",
  "crm-resync",
];

/** What makes the call of a state hang until it is given up: then the state lasts. */
const hanging: Readonly<Partial<Record<PairState, FaultKind>>> = {
  "creating-referral": "timeout-before-commit",
  "inviting-microsoft": "timeout-before-commit",
  "writing-referral": "timeout-before-commit",
  "creating-deal": "crm-timeout-before-commit",
  "writing-crm": "crm-timeout-before-commit",
};

function isForWalks({ kind, state }: Aim): boolean {
  return walkKinds.includes(kind) && hanging[state] !== undefined;
}

/** States of a pair whose referral or whose deal is yet to be made. */
const firstStates: readonly PairState[] = [
  "unshared",
  "matching",
  "creating-referral",
  "probing",
  "inviting-microsoft",
  "creating-deal",
  "waiting",
];

/** How long after the start a fault that is aimed at a state is armed at the latest. */
export function armedBy({ state }: Aim, { lengthMs }: Scale): number {
  return firstStates.includes(state) ? 15 * second : lengthMs / 2;
}

/** Faults that bring a pair into the state, let it last, or make the call that is to be struck. */
export function leadingTo(aim: Aim, aimed: Fault): readonly Fault[] {
  const once = { ...aimed, at: Math.min(aimed.at, 15 * second), hits: 1 };
  const faults: Fault[] = [];
  const call = hanging[aim.state];
  if (call !== undefined && isForWalks(aim)) faults.push({ ...once, kind: call });
  // What has changed is listed, and what a walk lists can be struck there.
  if (aim.kind === "page-shift") faults.push({ ...aimed, kind: "tied-stamps", hits: 1 });
  if (aim.kind === "crm-permission-lost") {
    faults.push({ ...aimed, kind: "crm-version-churn", hits: 1 });
  }
  // A webhook makes the referral be read.
  if (aim.kind === "permission-lost") faults.push({ ...aimed, kind: "webhook-doubled" });
  if (aim.state === "probing") {
    faults.push({ ...once, kind: "timeout-before-commit", aim: "creating-referral" });
  }
  // 403: a role is missing, which no retry mends.
  const { aim: _aim, ...plain } = aimed;
  if (aim.state === "dead") {
    faults.push({ ...plain, kind: "permission-lost", at: 20 * second, hits: 20, amount: 1 });
  }
  return faults;
}

/**
 * What people must do so that a pair can come into the state; `index` tells a storm's aims apart.
 */
export function actionsFor(
  { state }: Aim,
  index: number,
  draw: Draw,
  { deals, lengthMs }: Scale,
): readonly Action[] {
  const deal = draw.whole(0, deals - 1);
  const at = draw.whole(45 * second, lengthMs - minute);
  switch (state) {
    case "paused":
      return [{ at, deal, kind: "pause", forMs: minute }];
    case "unlinked":
      return [{ at, deal, kind: "delete" }];
    case "deleted":
      // The second deletion of an hour waits for a person.
      return [
        { at, deal, kind: "delete" },
        { at: at + second, deal: (deal + 1) % deals, kind: "delete" },
      ];
    case "refusing": {
      // Two records with one name would be one deal: no name is typed twice.
      const late = { at: at + 15 * second, deal, kind: "edit", field: "name" } as const;
      return [
        { at, deal, kind: "edit", side: "referrals", field: "status", value: "Closed/Lost" },
        { ...late, side: "crm", value: `too late ${index + 1}` },
      ];
    }
    default:
      return [];
  }
}

const referralStates: readonly PairState[] = [
  "creating-referral",
  "probing",
  "inviting-microsoft",
  "sibling",
];
const dealStates: readonly PairState[] = ["matching", "creating-deal"];

/** Two referrals must be there from the start for a second page. */
function isAboutPages({ kind, state }: Aim): boolean {
  return kind === "page-shift" && firstStates.includes(state);
}

/** The first deals come into being where the aims need them. */
export function suitable(action: Action, aims: readonly Aim[]): Action {
  if (action.kind !== "create") return action;
  const isAimed = (...states: readonly PairState[]): boolean =>
    aims.some(({ state }) => states.includes(state));
  const shared = { ...action, shared: true, consent: true, incomplete: false } as const;
  if (action.deal === 0 && isAimed(...referralStates)) return { ...shared, side: "crm" };
  if (action.deal === 1 && isAimed(...dealStates)) return { ...shared, side: "referrals" };
  if (action.deal > 0 && aims.some(isAboutPages)) return { ...action, side: "referrals" };
  if (action.deal === 2 && isAimed("unshared")) return { ...action, side: "crm", shared: false };
  return action;
}
