import type { Fault, FaultKind } from "../schedule/schedule.ts";

/** The faults of a schedule as the models meet them. */
export interface Faults {
  /**
   * Spends one hit of an armed fault of this kind, if there is one (about this deal, where `deal`
   * is given).
   */
  take(kind: FaultKind, deal?: number): Fault | undefined;
  /** An armed fault of this kind without spending it: for conditions that hold for a while. */
  during(kind: FaultKind, deal?: number): Fault | undefined;
  /** Counts a hit of a fault that the world itself carries out. */
  hit(fault: Fault): void;
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

/** The faults of one schedule. `onHit` hears of each hit, for the coverage table. */
export function createFaults(
  faults: readonly Fault[],
  sinceStart: () => number,
  onHit: (fault: Fault) => void,
): Faults {
  const byKind = new Map<FaultKind, Armed[]>();
  for (const fault of faults) {
    const list = byKind.get(fault.kind) ?? [];
    list.push({ fault, left: fault.hits });
    byKind.set(fault.kind, list);
  }
  const hits = new Map<FaultKind, number>();
  let isArmed = true;
  const count = (fault: Fault): void => {
    hits.set(fault.kind, (hits.get(fault.kind) ?? 0) + 1);
    onHit(fault);
  };
  const armed = (kind: FaultKind, deal: number | undefined): Armed | undefined => {
    if (!isArmed) return undefined;
    const now = sinceStart();
    return byKind
      .get(kind)
      ?.find(
        ({ fault, left }) =>
          left > 0 &&
          fault.at <= now &&
          now < fault.at + fault.forMs &&
          (deal === undefined || fault.deal === deal),
      );
  };
  return {
    take(kind, deal) {
      const found = armed(kind, deal);
      if (!found) return undefined;
      found.left -= 1;
      count(found.fault);
      return found.fault;
    },
    during: (kind, deal) => armed(kind, deal)?.fault,
    hit: count,
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
