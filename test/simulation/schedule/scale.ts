import { type Draw, minute, second } from "./draw.ts";
import type { Family } from "./schedule.ts";

/** How much happens in a schedule, and in which time. */
export interface Scale {
  readonly deals: number;
  /** Edits besides the creations. */
  readonly edits: number;
  readonly lengthMs: number;
  /** Faults besides crashes and those that are aimed. */
  readonly faults: number;
  readonly crashes: number;
}

/** From one edit to the next where nothing may come in between. */
export const gapMs = 75 * second;

/**
 * What every schedule that counts must have. A few edits more are drawn: a closed referral refuses
 * one.
 */
export const least = { pairs: 3, edits: 20, faults: 5, faultKinds: 3, crashes: 1 } as const;

/** The share of storms in which much more happens than must. */
const largeShare = 0.1;

/**
 * Most storms are as small as may be: what goes wrong does so between few events, and small worlds
 * meet twice as many combinations in the same time. Some are large, for what needs company.
 */
function stormScale(draw: Draw): Scale {
  if (draw.chance(largeShare)) {
    return {
      deals: draw.whole(3, 6),
      edits: draw.whole(24, 36),
      lengthMs: draw.whole(8, 14) * 30 * second,
      faults: draw.whole(8, 11),
      crashes: draw.whole(1, 4),
    };
  }
  return {
    deals: draw.one([3, 3, 3, 3, 4]),
    edits: 20,
    lengthMs: draw.whole(8, 13) * 15 * second,
    faults: draw.whole(5, 6),
    crashes: 1,
  };
}

/** The scale of a schedule. */
export function scaleOf(draw: Draw, family: Family): Scale {
  const deals = draw.one([3, 3, 3, 4]);
  switch (family) {
    case "storm":
      return stormScale(draw);
    case "calm":
      return { deals, edits: draw.whole(14, 20), lengthMs: 9 * minute, faults: 0, crashes: 0 };
    case "crashes": {
      const edits = draw.whole(8, 10);
      return { deals, edits, lengthMs: (edits + 2) * gapMs, faults: 0, crashes: draw.whole(3, 5) };
    }
    case "lists":
      return { ...stormScale(draw), faults: draw.whole(7, 9) };
    default:
      return { ...stormScale(draw), crashes: draw.whole(3, 5) };
  }
}
