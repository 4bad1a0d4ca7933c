import type { Fault } from "../schedule/schedule.ts";

/** Faults that wait for a pair to come into the state that they are aimed at. */
export interface Aims {
  /** Carries out `work` once, on the first deal that is in the state while the fault is armed. */
  wait(fault: Fault, work: (deal: number) => void): void;
  /** A pair of this deal has come into this state. */
  entered(deal: number, state: string): void;
}

interface Waiting {
  readonly fault: Fault;
  readonly work: (deal: number) => void;
}

/** No fault waits yet. */
export function createAims(sinceStart: () => number): Aims {
  let waiting: readonly Waiting[] = [];
  return {
    wait(fault, work) {
      waiting = [...waiting, { fault, work }];
    },
    entered(deal, state) {
      if (waiting.length === 0) return;
      const now = sinceStart();
      const isMet = ({ fault: { aim, at, forMs } }: Waiting): boolean =>
        aim === state && at <= now && now < at + forMs;
      const met = waiting.filter(isMet);
      if (met.length === 0) return;
      waiting = waiting.filter((own) => !met.includes(own));
      for (const { work } of met) work(deal);
    },
  };
}
