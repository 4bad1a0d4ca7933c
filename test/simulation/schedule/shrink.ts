import type { Schedule } from "./schedule.ts";

/** Tries that a shrinking may cost. */
const maxTries = 400;

/** Drops runs of items, long runs first, as long as `fails` still holds. */
async function dropped<T>(
  items: readonly T[],
  fails: (candidate: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = items;
  for (let length = Math.ceil(kept.length / 2); length >= 1; length = Math.floor(length / 2)) {
    for (let start = 0; start < kept.length; ) {
      const candidate = [...kept.slice(0, start), ...kept.slice(start + length)];
      if (await fails(candidate)) kept = candidate;
      else start += length;
    }
    if (length === 1) break;
  }
  return kept;
}

/**
 * The smallest schedule found for which `fails` still holds: fewer faults, fewer actions, plainer
 * settings.
 */
export async function shrink(
  schedule: Schedule,
  fails: (candidate: Schedule) => Promise<boolean>,
): Promise<Schedule> {
  let tries = 0;
  const check = async (candidate: Schedule): Promise<boolean> => {
    tries += 1;
    return tries <= maxTries && (await fails(candidate));
  };
  let best = schedule;
  for (let size = -1; size !== best.actions.length + best.faults.length; ) {
    size = best.actions.length + best.faults.length;
    const faults = await dropped(best.faults, (kept) => check({ ...best, faults: kept }));
    best = { ...best, faults };
    const actions = await dropped(best.actions, (kept) => check({ ...best, actions: kept }));
    best = { ...best, actions };
  }
  for (const [name, value] of Object.entries(plainSettings)) {
    const candidate = { ...best, settings: { ...best.settings, [name]: value } };
    if (await check(candidate)) best = candidate;
  }
  return best;
}

const plainSettings = {
  organisations: 1,
  sharesQuota: false,
  deletionPolicy: "ignore",
  deletionsPerHour: 5,
  referralsSkewMs: 0,
  crmSkewMs: 0,
  ownSkewMs: 0,
  secondStamps: false,
  normalises: false,
  pageSize: 100,
  pagesByPosition: false,
  refusesTimeFilter: false,
  callsPerMinute: 100,
  crmVersions: "etag",
  crmDeleteSignal: "tombstone",
  crmReportsChildChanges: true,
  createsMicrosoftLeg: false,
  hasHoldingStage: false,
} as const;
