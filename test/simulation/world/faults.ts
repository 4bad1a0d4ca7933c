import type { Fault, FaultKind } from "../schedule/schedule.ts";

/** The faults of a schedule as the models meet them. */
export interface Faults {
  /**
   * Spends one hit of an armed fault of this kind, if there is one. `struck` is the deal that the
   * call is about, where it is about one, for the coverage table.
   */
  take(kind: FaultKind, struck?: number): Fault | undefined;
  /** The same for faults that were made for one deal only. */
  takeFor(kind: FaultKind, deal: number): Fault | undefined;
  /** An armed fault of this kind without spending it: for conditions that hold for a while. */
  during(kind: FaultKind, deal?: number): Fault | undefined;
  /** Counts a hit of a fault that the world itself carries out. */
  hit(fault: Fault, struck?: number): void;
  /** Does something that no fault interferes with. */
  without(work: () => void): void;
  /** No fault is armed any more, whatever the schedule says. */
  disarm(): void;
  /** Hits by kind so far. */
  readonly hits: ReadonlyMap<FaultKind, number>;
}

interface Armed {
  readonly fault: Fault;
  left: number;
}

/**
 * The faults of one schedule. `onHit` hears of each hit, for the coverage table; `statesOf` tells
 * the states of a deal's pairs, or of all, for faults that are aimed.
 */
export function createFaults(
  faults: readonly Fault[],
  sinceStart: () => number,
  statesOf: (deal: number | undefined) => readonly string[],
  onHit: (fault: Fault, struck: number | undefined) => void,
): Faults {
  const byKind = new Map<FaultKind, Armed[]>();
  for (const fault of faults) {
    const list = byKind.get(fault.kind) ?? [];
    list.push({ fault, left: fault.hits });
    byKind.set(fault.kind, list);
  }
  const hits = new Map<FaultKind, number>();
  let isArmed = true;
  const count = (fault: Fault, struck?: number): void => {
    hits.set(fault.kind, (hits.get(fault.kind) ?? 0) + 1);
    onHit(fault, struck);
  };
  const spend = (found: Armed | undefined, struck?: number): Fault | undefined => {
    if (!found) return undefined;
    found.left -= 1;
    count(found.fault, struck);
    return found.fault;
  };
  const armed = (
    kind: FaultKind,
    deal: number | undefined,
    struck: number | undefined,
  ): Armed | undefined => {
    if (!isArmed) return undefined;
    const now = sinceStart();
    return byKind
      .get(kind)
      ?.find(
        ({ fault, left }) =>
          left > 0 &&
          fault.at <= now &&
          now < fault.at + fault.forMs &&
          (fault.aim === undefined
            ? deal === undefined || fault.deal === deal
            : statesOf(struck ?? deal).includes(fault.aim)),
      );
  };
  return {
    take: (kind, struck) => spend(armed(kind, undefined, struck), struck),
    takeFor: (kind, deal) => spend(armed(kind, deal, deal), deal),
    during: (kind, deal) => armed(kind, deal, deal)?.fault,
    hit: (fault, struck) => count(fault, struck),
    without(work) {
      const before = isArmed;
      isArmed = false;
      work();
      isArmed = before;
    },
    disarm: () => {
      isArmed = false;
    },
    hits,
  };
}
