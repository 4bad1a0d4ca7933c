import type { Clock } from "../../../src/runtime/index.ts";
import type { Scheduler } from "./scheduler.ts";

/**
 * One life of the process under test, from a start to a crash. What it awaits after its end never
 * settles.
 */
export interface Generation {
  readonly number: number;
  isAlive(): boolean;
  /**
   * Ends this life: from now on nothing it asked for resolves or rejects, and nothing it asks has
   * an effect.
   */
  end(): void;
  /** Passes a boundary between the process and the outside; true where the process died on it. */
  boundary(name: string): boolean;
  /** A promise that settles as `start` says while this life lasts; after that, never. */
  call<T>(
    start: (resolve: (value: T) => void, reject: (reason: unknown) => void) => void,
  ): Promise<T>;
}

/** Decides at each boundary whether the process dies there. */
export type CrashJudge = (boundary: string, generation: number) => boolean;

/** A new life. `judge` is asked at each boundary; `onEnd` hears of the death once. */
export function createGeneration(number: number, judge: CrashJudge, onEnd: () => void): Generation {
  let alive = true;
  const end = (): void => {
    if (!alive) return;
    alive = false;
    onEnd();
  };
  return {
    number,
    isAlive: () => alive,
    end,
    boundary(name) {
      if (alive && judge(name, number)) end();
      return !alive;
    },
    call: (start) =>
      new Promise((resolve, reject) => {
        if (!alive) return;
        start(
          (value) => {
            if (alive) resolve(value);
          },
          (reason) => {
            if (alive) reject(reason);
          },
        );
      }),
  };
}

/** The clock of one life. `skewMs` is what this machine's clock is wrong by. */
export function generationClock(
  scheduler: Scheduler,
  generation: Generation,
  skewMs: number,
): Clock {
  return {
    now: () => scheduler.now() + skewMs,
    sleep: (delayMs, signal) =>
      generation.call<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const cancel = scheduler.after(Math.max(0, delayMs), () => {
          if (signal) signal.removeEventListener("abort", onAbort);
          resolve();
        });
        const onAbort = (): void => {
          cancel();
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", onAbort, { once: true });
      }),
  };
}
