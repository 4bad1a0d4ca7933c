import { type Draw, day, minute, second } from "./draw.ts";
import type { Family, Settings } from "./schedule.ts";

/** The share of worlds whose CRM has a stamp and its content for a version. */
const stampAndContentShare = 0.15;

/**
 * The same habits, in some worlds with versions of stamp and content. They are drawn from a
 * sequence of their own: all other worlds stay as they were before this kind was known.
 */
export function withVersions(draw: Draw, settings: Settings): Settings {
  return draw.chance(stampAndContentShare)
    ? { ...settings, crmVersions: "stamp-and-content" }
    : settings;
}

/** The shares of worlds where names aren't matched, and of those whose CRM can't hold the link. */
const noNamesShare = 0.22;
const noLinkShare = 0.15;

/** The same habits, in some worlds without what most have; drawn from a sequence of their own. */
export function withGaps(draw: Draw, settings: Settings): Settings {
  return {
    ...settings,
    ...(draw.chance(noNamesShare) ? { matchesNoNames: true } : {}),
    ...(draw.chance(noLinkShare) ? { crmLacksLink: true } : {}),
  };
}

/** The share of worlds whose mapping shows the deal's own id in its referral. */
const dealIdShare = 0.18;

/** The same habits, in some worlds with such a mapping; drawn from a sequence of their own. */
export function withDealIds(draw: Draw, settings: Settings): Settings {
  return draw.chance(dealIdShare) ? { ...settings, showsDealId: true } : settings;
}

/** The habits of a schedule's world. */
export function settingsOf(draw: Draw, family: Family, ledger: Settings["ledger"]): Settings {
  const skew = (): number =>
    draw.chance(0.5) ? draw.whole(-2 * second, 2 * second) : draw.whole(-3 * day, 3 * day);
  const isStorm = family === "storm";
  const isTight = family === "tight";
  const hasWebhooks = family !== "lists" && draw.chance(0.7);
  return {
    ledger,
    honoursRequestId: draw.chance(0.5),
    crmVersions: draw.one(["etag", "etag", "stamp", "none"]),
    crmDeleteSignal: draw.one(["tombstone", "tombstone", "not-found", "none"]),
    crmReportsChildChanges: family === "lists" || draw.chance(0.8),
    referralsSkewMs: skew(),
    crmSkewMs: skew(),
    ownSkewMs: skew(),
    secondStamps: draw.chance(0.5),
    // An answer lost to a crash leaves open whose a rounded amount is: there a person may be asked.
    normalises: family === "calm" || (family !== "crashes" && draw.chance(0.6)),
    pageSize: family === "lists" ? 2 : draw.one([2, 3, 5, 100]),
    pagesByPosition: draw.chance(0.5),
    refusesTimeFilter: draw.chance(0.3),
    hasWebhooks,
    pollReferralsMs: isTight ? 10 * second : hasWebhooks ? 2 * minute : minute,
    pollCrmMs: isTight ? 10 * second : minute,
    cursorOverlapMs: family === "lists" ? 35 * second : 90 * second,
    callsPerMinute: isTight ? 12 : isStorm ? draw.one([30, 50, 100]) : 100,
    organisations: draw.chance(isTight ? 0.6 : 0.25) ? 2 : 1,
    sharesQuota: draw.chance(isTight ? 0.8 : 0.5),
    deletionPolicy: draw.one(["ignore", "close", "unlink"]),
    deletionsPerHour: draw.one([1, 5]),
    createsMicrosoftLeg: draw.chance(0.25),
    hasHoldingStage: isStorm && draw.chance(0.3),
    policy: draw.one(["referral", "crm", "newest", "ask"]),
  };
}
