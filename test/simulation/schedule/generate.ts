import { seededRandom } from "../../../src/runtime/index.ts";
import { actionsFor, aimsOf, furtherAimsOf, settingsFor, suitable } from "./aim.ts";
import { drawFrom } from "./draw.ts";
import { settingsOf, withDealIds, withGaps, withVersions } from "./habits.ts";
import { aimedFaults, faultsOf } from "./mishaps.ts";
import { actionsOf } from "./people.ts";
import { scaleOf } from "./scale.ts";
import type { Family, Schedule, Settings } from "./schedule.ts";

const families: ReadonlyMap<number, Family> = new Map([
  [7, "calm"],
  [11, "lists"],
  [13, "crashes"],
  [17, "tight"],
  [31, "lists"],
]);

/** The family that a schedule number belongs to by itself: most are storms. */
export function familyOf(seed: number): Family {
  return families.get(seed % 40) ?? "storm";
}

/**
 * The schedule of a seed: the same whatever the machine. A hunt may ask for another family than
 * the seed's own.
 */
export function generateSchedule(
  seed: number,
  ledger: Settings["ledger"],
  family: Family = familyOf(seed),
): Schedule {
  const draw = drawFrom(seededRandom(Math.imul(seed, 0x2545f491) ^ 0x5eed));
  const drawAim = drawFrom(seededRandom(Math.imul(seed, 0x6c62272e) ^ 0xa1));
  const drawVersions = drawFrom(seededRandom(Math.imul(seed, 0x3c6ef372) ^ 0x57a3));
  const drawGaps = drawFrom(seededRandom(Math.imul(seed, 0x1b873593) ^ 0x6a9));
  const drawFurther = drawFrom(seededRandom(Math.imul(seed, 0x165667b1) ^ 0xa14));
  const drawIds = drawFrom(seededRandom(Math.imul(seed, 0x27d4eb2f) ^ 0xd1d));
  const habits = withVersions(drawVersions, settingsOf(draw, family, ledger));
  const plain = withDealIds(drawIds, withGaps(drawGaps, habits));
  const scale = scaleOf(draw, family);
  const isStorm = family === "storm";
  const drawn = [
    ...(isStorm ? aimsOf(drawAim) : []).map((aim) => ({ aim, draw: drawAim })),
    ...(isStorm ? furtherAimsOf(drawFurther) : []).map((aim) => ({ aim, draw: drawFurther })),
  ];
  const aims = drawn.map(({ aim }) => aim);
  const settings = settingsFor(aims, plain);
  const actions = [
    ...actionsOf(draw, family, scale).map((action) => suitable(action, aims)),
    ...drawn.flatMap(({ aim, draw: own }, index) => actionsFor(aim, index, own, scale)),
  ].sort((left, right) => left.at - right.at);
  const faults = [
    ...faultsOf(draw, family, settings, scale),
    ...drawn.flatMap(({ aim, draw: own }) => aimedFaults(own, aim, settings, scale)),
  ].sort((left, right) => left.at - right.at);
  return { seed, family, settings, actions, faults, endsAt: scale.lengthMs };
}
