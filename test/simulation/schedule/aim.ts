import type { PairState } from "../../../src/sync/pair/pair.ts";
import { type Draw, minute, second } from "./draw.ts";
import type { Scale } from "./scale.ts";
import type { Action, FaultKind, Settings } from "./schedule.ts";

/** A fault of a kind that waits for a state. */
export interface Aim {
  readonly kind: FaultKind;
  readonly state: PairState;
}

const webhookKinds = [
  "webhook-lost",
  "webhook-doubled",
  "webhook-late",
  "webhook-reordered",
] as const;
const callKinds = [
  "timeout-before-commit",
  "throttled",
  "throttled-silently",
  "server-error",
] as const;
const crmCallKinds = ["crm-throttled", "crm-unavailable"] as const;
const momentKinds = ["tied-stamps", "token-expired", "backup-restored"] as const;
const walkKinds = ["list-lag", "page-shift", "crm-list-lag", "crm-resync"] as const;
const versionKinds = ["etag-churn", "crm-version-churn"] as const;
const everyKind: readonly FaultKind[] = [
  ...webhookKinds,
  ...callKinds,
  ...crmCallKinds,
  ...momentKinds,
  ...walkKinds,
  ...versionKinds,
];

/** What chance alone seldom strikes in a state, because few worlds know it or it soon is over. */
export const thinCells: Readonly<Partial<Record<PairState, readonly FaultKind[]>>> = {
  unshared: [...webhookKinds, "etag-churn", "peer-rewrites"],
  matching: [...webhookKinds, ...callKinds, ...versionKinds, "crm-permission-lost"],
  "creating-referral": [...everyKind, "permission-lost", "peer-rewrites", "timeout-after-commit"],
  probing: [
    ...webhookKinds,
    ...versionKinds,
    ...momentKinds,
    "page-shift",
    "permission-lost",
    "crm-permission-lost",
    "peer-rewrites",
  ],
  "inviting-microsoft": [
    ...everyKind,
    "permission-lost",
    "crm-permission-lost",
    "peer-rewrites",
    "timeout-after-commit",
    "late-landing",
    "crash",
  ],
  "creating-deal": [...everyKind, "permission-lost", "crm-permission-lost", "peer-rewrites"],
  looking: [...webhookKinds, ...versionKinds, "page-shift", "peer-rewrites"],
  planning: [...webhookKinds, ...versionKinds, "permission-lost", "crm-timeout-after-commit"],
  "writing-referral": [
    ...crmCallKinds,
    ...walkKinds,
    ...versionKinds,
    ...momentKinds,
    "crm-permission-lost",
  ],
  "writing-crm": [...webhookKinds, ...callKinds, ...versionKinds, "permission-lost"],
  waiting: [...everyKind, "permission-lost", "crm-permission-lost", "crash"],
  held: ["crm-permission-lost"],
  refusing: ["crm-permission-lost", "etag-churn"],
  asking: ["crm-permission-lost", "crm-version-churn"],
  dead: [...versionKinds, "peer-rewrites", "crm-timeout-before-commit", "crm-timeout-after-commit"],
  paused: [
    ...webhookKinds,
    ...versionKinds,
    "page-shift",
    "backup-restored",
    "permission-lost",
    "crm-permission-lost",
  ],
  deleted: [...everyKind, "permission-lost", "peer-rewrites", "timeout-after-commit", "crash"],
  unlinked: [...webhookKinds, ...versionKinds, "crm-permission-lost", "peer-rewrites"],
};

const cells: readonly Aim[] = Object.entries(thinCells).flatMap(([state, kinds]) =>
  kinds.map((kind) => ({ kind, state: state as PairState })),
);

/** How many faults of a storm wait for a state that chance alone would seldom strike. */
const aimsPerStorm = 3;

/** The aims of a storm. */
export function aimsOf(draw: Draw): readonly Aim[] {
  return Array.from({ length: aimsPerStorm }, () => draw.one(cells));
}

/** What a world needs so that a pair can come into the state, and the fault can strike there. */
export function settingsFor(aims: readonly Aim[], settings: Settings): Settings {
  const has = (...states: readonly PairState[]): boolean =>
    aims.some(({ state }) => states.includes(state));
  return {
    ...settings,
    ...(aims.some(({ kind }) => kind.startsWith("webhook-")) ? { hasWebhooks: true } : {}),
    ...(aims.some(({ kind }) => kind === "page-shift") ? { pageSize: 2 } : {}),
    ...(has("inviting-microsoft") ? { createsMicrosoftLeg: true } : {}),
    ...(has("held") ? { hasHoldingStage: true } : {}),
    ...(has("deleted") ? { crmDeleteSignal: "tombstone" as const } : {}),
    ...(has("unlinked") ? { deletionPolicy: "unlink" as const } : {}),
  };
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

/** What people must do so that a pair can come into the state. */
export function actionsFor(
  { state }: Aim,
  draw: Draw,
  { deals, lengthMs }: Scale,
): readonly Action[] {
  const deal = draw.whole(0, deals - 1);
  const at = draw.whole(45 * second, lengthMs - minute);
  if (state === "paused") return [{ at, deal, kind: "pause", forMs: minute }];
  return state === "deleted" || state === "unlinked" ? [{ at, deal, kind: "delete" }] : [];
}

const referralStates: readonly PairState[] = ["creating-referral", "probing", "inviting-microsoft"];
const dealStates: readonly PairState[] = ["matching", "creating-deal"];

/** The first two deals come into being where the aims need them. */
export function suitable(action: Action, aims: readonly Aim[]): Action {
  if (action.kind !== "create") return action;
  const isAimed = (states: readonly PairState[]): boolean =>
    aims.some(({ state }) => states.includes(state));
  const shared = { ...action, shared: true, consent: true, incomplete: false } as const;
  if (action.deal === 0 && isAimed(referralStates)) return { ...shared, side: "crm" };
  return action.deal === 1 && isAimed(dealStates) ? { ...shared, side: "referrals" } : action;
}
