import type { PairState } from "../../../src/sync/pair/pair.ts";
import type { FaultKind } from "./schedule.ts";

/** A fault of a kind that waits for a state. */
export interface Aim {
  readonly kind: FaultKind;
  readonly state: PairState;
}

const webhookKinds: readonly FaultKind[] = [
  "webhook-lost",
  "webhook-doubled",
  "webhook-late",
  "webhook-reordered",
];
const callKinds: readonly FaultKind[] = [
  "timeout-before-commit",
  "throttled",
  "throttled-silently",
  "server-error",
];
const crmCallKinds: readonly FaultKind[] = ["crm-throttled", "crm-unavailable"];
const momentKinds: readonly FaultKind[] = ["tied-stamps", "token-expired", "backup-restored"];
const versionKinds: readonly FaultKind[] = ["etag-churn", "crm-version-churn"];

/** Kinds that are aimed at a state as often as their place says: once, twice and so on. */
type Shares = readonly [
  once: readonly FaultKind[],
  twice?: readonly FaultKind[],
  thrice?: readonly FaultKind[],
  fourTimes?: readonly FaultKind[],
];

/**
 * What chance alone seldom strikes in a state, because few worlds know it or it soon is over: a
 * campaign of 20,000 schedules must meet each a hundred times.
 */
const thinCells: Readonly<Partial<Record<PairState, Shares>>> = {
  unshared: [["page-shift"], ["peer-rewrites", "crm-permission-lost", "crm-version-churn"]],
  matching: [[...webhookKinds, ...callKinds, "etag-churn", "page-shift", "peer-rewrites"]],
  "creating-referral": [
    [...callKinds, "tied-stamps", "token-expired"],
    [...crmCallKinds, "crm-version-churn", "crm-resync", "backup-restored"],
    ["crm-permission-lost", "peer-rewrites"],
    ["page-shift", "page-shift"],
  ],
  probing: [
    [...callKinds, ...crmCallKinds, ...momentKinds, "crm-version-churn"],
    ["page-shift", "peer-rewrites", "crm-permission-lost"],
  ],
  "inviting-microsoft": [
    [
      ...webhookKinds,
      ...callKinds,
      ...crmCallKinds,
      ...momentKinds,
      "peer-rewrites",
      "crm-list-lag",
      "crm-resync",
    ],
    ["late-landing", "timeout-after-commit", "etag-churn", "crm-version-churn"],
    ["page-shift"],
    ["crm-permission-lost"],
  ],
  "creating-deal": [
    [...webhookKinds, ...callKinds, ...crmCallKinds, ...momentKinds, "crm-resync"],
    ["etag-churn", "peer-rewrites", "page-shift"],
  ],
  looking: [[...webhookKinds, ...versionKinds, "peer-rewrites"], [], ["page-shift"]],
  planning: [
    [...webhookKinds, ...versionKinds],
    ["peer-rewrites", "crm-timeout-before-commit", "crm-timeout-after-commit"],
    ["permission-lost"],
  ],
  "writing-referral": [
    [
      ...webhookKinds,
      ...crmCallKinds,
      "tied-stamps",
      "token-expired",
      "permission-lost",
      "crm-list-lag",
    ],
    [...versionKinds, "webhook-late", "page-shift", "crm-resync", "backup-restored"],
    ["peer-rewrites"],
    ["crm-permission-lost"],
  ],
  "writing-crm": [
    [...momentKinds, "page-shift"],
    [...webhookKinds, ...callKinds, ...versionKinds, "peer-rewrites"],
  ],
  waiting: [
    [...webhookKinds, ...versionKinds, "permission-lost"],
    ["backup-restored", "crm-permission-lost", "peer-rewrites", "page-shift"],
  ],
  held: [
    [...webhookKinds, "page-shift", "backup-restored"],
    [...versionKinds],
    ["crm-permission-lost"],
  ],
  asking: [
    ["throttled-silently"],
    [...webhookKinds, "etag-churn"],
    ["crm-version-churn", "crm-permission-lost"],
  ],
  refusing: [
    [...callKinds, "peer-rewrites"],
    ["etag-churn", "page-shift"],
    [...webhookKinds, "crm-version-churn", "crm-permission-lost"],
  ],
  "in-step": [["crm-permission-lost"]],
  retrying: [["etag-churn", "page-shift"], ["crm-version-churn"], ["peer-rewrites"]],
  dead: [
    ["throttled-silently"],
    [...webhookKinds, "etag-churn", "page-shift", "peer-rewrites"],
    ["crm-version-churn", "crm-timeout-before-commit", "crm-timeout-after-commit"],
  ],
  paused: [
    [...webhookKinds, "page-shift", "permission-lost", "backup-restored"],
    [...versionKinds, "crm-permission-lost", "peer-rewrites"],
  ],
  deleted: [
    [...webhookKinds, ...callKinds, ...momentKinds, "list-lag", "crm-resync"],
    ["peer-rewrites", "etag-churn", "permission-lost", "crm-throttled", "crm-list-lag"],
    ["page-shift", "timeout-after-commit", "crm-unavailable"],
  ],
  unlinked: [["page-shift"], [...webhookKinds, "etag-churn", "peer-rewrites"]],
  sibling: [[], [...webhookKinds, "etag-churn"], ["permission-lost"]],
};

const thinWhileInviting: readonly FaultKind[] = [
  "peer-rewrites",
  "server-error",
  "page-shift",
  "webhook-doubled",
  "webhook-reordered",
];

/** What would come short of a hundred by a hair still: one of these is drawn beside at times. */
export const thinnest: readonly Aim[] = [
  ...webhookKinds.map((kind) => ({ kind, state: "refusing" }) as const),
  { kind: "webhook-doubled", state: "refusing" },
  ...thinWhileInviting.map((kind) => ({ kind, state: "inviting-microsoft" }) as const),
];

/** The aims to draw from, each as often as its share says. */
export const aims: readonly Aim[] = Object.entries(thinCells).flatMap(([state, shares]) =>
  shares.flatMap((kinds, place) =>
    (kinds ?? []).flatMap((kind) =>
      Array.from({ length: place + 1 }, () => ({ kind, state: state as PairState })),
    ),
  ),
);
