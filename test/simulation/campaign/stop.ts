import { constants } from "node:os";

const signals = ["SIGINT", "SIGTERM"] as const;

/** What may end a campaign before it has played what it was asked for. */
export type Stop = "budget" | (typeof signals)[number];

/** npm passes on a Ctrl-C that the terminal has sent already: within this span they are one. */
const samePressMs = 2_000;

/** The exit code by which a shell knows that a signal ended a process. */
export function codeOf(signal: (typeof signals)[number]): number {
  return 128 + constants.signals[signal];
}

/**
 * Aborts, with the signal's name for its reason, when the process is asked to end; asked again, the
 * process ends at once.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let askedAt: number | undefined;
  for (const signal of signals) {
    process.on(signal, () => {
      askedAt ??= performance.now();
      if (performance.now() - askedAt > samePressMs) process.exit(codeOf(signal));
      controller.abort(signal);
    });
  }
  return controller.signal;
}
