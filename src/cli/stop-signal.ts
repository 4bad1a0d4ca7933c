const interruptedCode = 130;

/**
 * Aborts when the process is asked to end, so that a command can finish the row it is at; asked a
 * second time, the process ends at once.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(interruptedCode));
      controller.abort(new Error(`stopped by ${signal}`));
    });
  }
  return controller.signal;
}
