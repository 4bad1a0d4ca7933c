const interruptedCode = 130;
/** Who started this process may pass on a Ctrl-C that the terminal has sent as well: it is one. */
const samePressMs = 1_000;

/** Calls `stop` when the process is asked to end; asked a second time, it ends at once. */
export function onStop(stop: (reason: Error) => void): void {
  let askedAt: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (askedAt === undefined) {
        askedAt = performance.now();
        stop(new Error(`stopped by ${signal}`));
      } else if (performance.now() - askedAt > samePressMs) {
        process.exit(interruptedCode);
      }
    });
  }
}

/**
 * Aborts when the process is asked to end, so that a command can finish the row it is at; asked a
 * second time, the process ends at once.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  onStop((reason) => controller.abort(reason));
  return controller.signal;
}
