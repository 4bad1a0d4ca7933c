import { onStop } from "./stop-signal.ts";

/** Resolves when the process is asked to end; asked a second time, it ends at once. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    onStop(() => resolve());
  });
}
