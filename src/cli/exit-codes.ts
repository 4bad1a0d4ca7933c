/** What the process returns; documented in docs/reference/cli.md. */
export const exitCodes = {
  /** Done, nothing to report. */
  done: 0,
  /** It could not be done; the message names cause, place and remedy. */
  failed: 1,
  /** Done, and something needs a person: doctor found a problem, plan refuses a deal. */
  attention: 2,
  /** The command line was wrong; nothing was done. */
  usage: 64,
  /** Stopped by Ctrl+C; what was done stays done, and running it again goes on. */
  interrupted: 130,
} as const;
