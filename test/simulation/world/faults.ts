import type { Fault, FaultKind } from "../schedule/schedule.ts";

/** The faults of a schedule as the models meet them. */
export interface Faults {
  /**
   * Spends one hit of an armed fault of this kind, if there is one. `record` is the id of what is
   * struck, on either side, where it is one: without it every pair is.
   */
  take(kind: FaultKind, record?: string): Fault | undefined;
  /** The same for faults that were made for one deal only. */
  takeFor(kind: FaultKind, deal: number, record: string): Fault | undefined;
  /** An armed fault of this kind without spending it: for conditions that hold for a while. */
  during(kind: FaultKind, deal: number, record: string): Fault | undefined;
  /** Counts a hit of a fault that the world itself carries out. */
  hit(fault: Fault, record?: string): void;
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
 * the states of the pairs that have a record, or of all, for faults that are aimed.
 */
export function createFaults(
  faults: readonly Fault[],
  sinceStart: () => number,
  statesOf: (record: string | undefined) => readonly string[],
  onHit: (fault: Fault, record: string | undefined) => void,
): Faults {
  const byKind = new Map<FaultKind, Armed[]>();
  for (const fault of faults) {
    const list = byKind.get(fault.kind) ?? [];
    list.push({ fault, left: fault.hits });
    byKind.set(fault.kind, list);
  }
  const hits = new Map<FaultKind, number>();
  let isArmed = true;
  const count = (fault: Fault, record?: string): void => {
    hits.set(fault.kind, (hits.get(fault.kind) ?? 0) + 1);
    onHit(fault, record);
  };
  const spend = (found: Armed | undefined, record?: string): Fault | undefined => {
    if (!found) return undefined;
    found.left -= 1;
    count(found.fault, record);
    return found.fault;
  };
  const armed = (
    kind: FaultKind,
    deal: number | undefined,
    record: string | undefined,
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
            : statesOf(record).includes(fault.aim)),
      );
  };
  return {
    take: (kind, record) => spend(armed(kind, undefined, record), record),
    takeFor: (kind, deal, record) => spend(armed(kind, deal, record), record),
    during: (kind, deal, record) => armed(kind, deal, record)?.fault,
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
