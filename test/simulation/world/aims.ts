import type { Fault } from "../schedule/schedule.ts";

/** Faults that wait for a pair to come into the state that they are aimed at. */
export interface Aims {
  /** Carries it out once, as soon as it can strike the state while the fault is armed. */
  wait(fault: Fault, mishap: Mishap): void;
  isWaiting(): boolean;
  /** Something has changed: looks whether a fault can strike now. */
  look(): void;
}

/** What a fault does by itself. */
export interface Mishap {
  /** What it strikes of a deal, on either side; without this it strikes everything. */
  readonly recordOf?: (deal: number) => string | undefined;
  /** Where it returns false there was nothing to strike yet. */
  readonly strike: (deal: number) => boolean;
}

interface Waiting {
  readonly fault: Fault;
  readonly mishap: Mishap;
}

/** No fault waits yet; none strikes once the schedule has ended. */
export function createAims(
  endsAt: number,
  sinceStart: () => number,
  deals: ReadonlyMap<number, unknown>,
  statesOf: (record: string | undefined) => readonly string[],
): Aims {
  let waiting: readonly Waiting[] = [];
  const isCarriedOut = ({ fault, mishap }: Waiting, now: number): boolean => {
    const { aim, at, forMs } = fault;
    const { recordOf, strike } = mishap;
    if (aim === undefined || now < at || now >= Math.min(at + forMs, endsAt)) return false;
    if (!recordOf) return statesOf(undefined).includes(aim) && strike(fault.deal);
    for (const deal of deals.keys()) {
      const record = recordOf(deal);
      if (record !== undefined && statesOf(record).includes(aim) && strike(deal)) return true;
    }
    return false;
  };
  return {
    wait(fault, mishap) {
      waiting = [...waiting, { fault, mishap }];
    },
    isWaiting: () => waiting.length > 0,
    look() {
      if (waiting.length === 0) return;
      const now = sinceStart();
      waiting = waiting.filter((one) => !isCarriedOut(one, now));
    },
  };
}
