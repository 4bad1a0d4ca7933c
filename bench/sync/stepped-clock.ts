import type { Clock } from "../../src/runtime/index.ts";

/** A clock that jumps to the next moment that somebody waits for, once nothing is under way. */
export interface SteppedClock extends Clock {
  /** Counts work that must end before time may pass. */
  during<T>(work: Promise<T>): Promise<T>;
  /** Lets time pass, as fast as the work in it allows. */
  pass(forMs: number): Promise<void>;
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Turns of the platform's loop in which what was just woken begins its next work. */
const settlingTurns = 3;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A clock for work on a real database, whose commits take turns of the platform's own loop. */
export function createSteppedClock(startsAt: number): SteppedClock {
  const sleepers = new Set<Sleeper>();
  let now = startsAt;
  let underWay = 0;
  const settle = async (): Promise<void> => {
    for (let quiet = 0; quiet < settlingTurns; quiet += 1) {
      await turn();
      if (underWay > 0) quiet = -1;
    }
  };
  return {
    now: () => now,
    sleep: (delayMs, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const sleeper: Sleeper = {
          at: now + Math.max(0, delayMs),
          wake: () => {
            signal?.removeEventListener("abort", onAbort);
            resolve();
          },
        };
        const onAbort = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        sleepers.add(sleeper);
      }),
    during: async (work) => {
      underWay += 1;
      try {
        return await work;
      } finally {
        underWay -= 1;
      }
    },
    async pass(forMs) {
      const end = now + forMs;
      for (;;) {
        await settle();
        let next: Sleeper | undefined;
        for (const sleeper of sleepers) if (!next || sleeper.at < next.at) next = sleeper;
        if (!next || next.at > end) break;
        sleepers.delete(next);
        now = Math.max(now, next.at);
        next.wake();
      }
      now = end;
    },
  };
}
