import type { Fault } from "../schedule/schedule.ts";

/** Faults that wait for a pair to come into the state that they are aimed at. */
export interface Aims {
  /**
   * Carries out `work` on the first deal that is in the state while the fault is armed. Where it
   * returns false there was nothing to strike yet, and the fault waits on.
   */
  wait(fault: Fault, work: (deal: number) => boolean): void;
  isWaiting(): boolean;
  /** Something has changed: looks whether a fault can strike now. */
  look(): void;
}

interface Waiting {
  readonly fault: Fault;
  readonly work: (deal: number) => boolean;
}

/** No fault waits yet; none strikes once the schedule has ended. */
export function createAims(
  endsAt: number,
  sinceStart: () => number,
  deals: ReadonlyMap<number, unknown>,
  statesOf: (deal: number) => readonly string[],
): Aims {
  let waiting: readonly Waiting[] = [];
  const isCarriedOut = ({ fault: { aim, at, forMs }, work }: Waiting, now: number): boolean => {
    if (aim === undefined || now < at || now >= Math.min(at + forMs, endsAt)) return false;
    for (const deal of deals.keys()) {
      if (statesOf(deal).includes(aim) && work(deal)) return true;
    }
    return false;
  };
  return {
    wait(fault, work) {
      waiting = [...waiting, { fault, work }];
    },
    isWaiting: () => waiting.length > 0,
    look() {
      if (waiting.length === 0) return;
      const now = sinceStart();
      waiting = waiting.filter((one) => !isCarriedOut(one, now));
    },
  };
}
