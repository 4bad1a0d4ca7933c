import { armedBy, leadingTo } from "./aim.ts";
import { type Draw, minute, second } from "./draw.ts";
import type { Scale } from "./scale.ts";
import { type Family, type Fault, type FaultKind, faultKinds, type Settings } from "./schedule.ts";
import type { Aim } from "./thin-cells.ts";

/** All but those that end a life of the engine: these have their own place in a schedule. */
const commonFaults = faultKinds.filter((kind) => kind !== "backup-restored" && kind !== "crash");

/** What makes lists untrue for a while, and what interrupts a walk. */
const listFaults: readonly FaultKind[] = [
  "list-lag",
  "list-lag",
  "etag-churn",
  "tied-stamps",
  "page-shift",
  "timeout-before-commit",
  "server-error",
  "throttled",
  "crm-list-lag",
  "crm-resync",
];

function amountOf(draw: Draw, kind: FaultKind, overlapMs: number): number {
  switch (kind) {
    case "list-lag":
    case "crm-list-lag":
      return draw.whole(second, Math.min(60 * second, overlapMs - 5 * second));
    case "late-landing":
      return draw.chance(0.8)
        ? draw.whole(35 * second, 110 * second)
        : draw.whole(3 * minute, 9 * minute);
    case "throttled":
    case "crm-throttled":
      return draw.one([0, 1, 2, 5, 10, 30]) * second;
    case "webhook-late":
      return draw.whole(2 * second, 3 * minute);
    case "backup-restored":
      return draw.whole(10 * second, 4 * minute);
    default:
      return draw.whole(0, 30);
  }
}

function faultOf(draw: Draw, kind: FaultKind, settings: Settings, scale: Scale): Fault {
  const isLasting = kind === "permission-lost" || kind === "crm-permission-lost";
  return {
    kind,
    at: draw.whole(0, scale.lengthMs - 40 * second),
    forMs: isLasting ? draw.whole(20 * second, 3 * minute) : 5 * minute,
    hits: kind === "peer-rewrites" ? draw.whole(3, 24) : draw.whole(1, 3) + (isLasting ? 20 : 0),
    deal: draw.whole(0, scale.deals - 1),
    amount: amountOf(draw, kind, settings.cursorOverlapMs),
  };
}

/** A fault that waits for a state, with those that lead to it. */
export function aimedFaults(
  draw: Draw,
  aim: Aim,
  settings: Settings,
  scale: Scale,
): readonly Fault[] {
  const fault = faultOf(draw, aim.kind, settings, scale);
  const at = draw.whole(0, armedBy(aim, scale));
  const aimed = { ...fault, at, forMs: scale.lengthMs, aim: aim.state };
  return [aimed, ...leadingTo(aim, aimed)];
}

/** The kinds of faults that can strike in a world. */
function kindsFor(family: Family, { hasWebhooks, pageSize }: Settings): readonly FaultKind[] {
  const kinds = family === "lists" ? listFaults : commonFaults;
  return kinds.filter(
    (kind) =>
      (hasWebhooks || !kind.startsWith("webhook-")) && (pageSize < 100 || kind !== "page-shift"),
  );
}

/** So many draws, none twice before all have been drawn. */
function severalOf<T>(draw: Draw, items: readonly T[], count: number): readonly T[] {
  const drawn: T[] = [];
  let left = [...items];
  while (drawn.length < count) {
    if (left.length === 0) left = [...items];
    drawn.push(...left.splice(draw.whole(0, left.length - 1), 1));
  }
  return drawn;
}

/** Kinds that need no particular call or change to strike, and how many faults are of them. */
const certainKinds: readonly FaultKind[] = [
  "list-lag",
  "tied-stamps",
  "timeout-before-commit",
  "throttled",
  "throttled-silently",
  "server-error",
  "token-expired",
  "crm-throttled",
  "crm-unavailable",
  "crm-list-lag",
  "crm-resync",
];
const certainFaults = 3;

const restoredShare: Readonly<Partial<Record<Family, number>>> = { storm: 0.08, tight: 0.4 };

/** What goes wrong in a schedule, in no order. */
export function faultsOf(
  draw: Draw,
  family: Family,
  settings: Settings,
  scale: Scale,
): readonly Fault[] {
  const kinds = kindsFor(family, settings);
  const crashes = Array.from({ length: scale.crashes }, () => ({
    ...faultOf(draw, "crash", settings, scale),
    forMs: scale.lengthMs,
    hits: 1,
  }));
  const certain = kinds.filter((kind) => certainKinds.includes(kind));
  const others = (
    scale.faults === 0
      ? []
      : [
          ...severalOf(draw, certain, certainFaults),
          ...severalOf(draw, kinds, scale.faults - certainFaults),
        ]
  ).map((kind) => faultOf(draw, kind, settings, scale));
  const isRestored = draw.chance(restoredShare[family] ?? 0);
  const restores = isRestored ? [faultOf(draw, "backup-restored", settings, scale)] : [];
  return [...crashes, ...others, ...restores];
}
