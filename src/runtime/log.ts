import { pino } from "pino";

/**
 * Structured log lines: facts as fields, one sentence as message. Nothing personal and no secret
 * goes in.
 */
export interface Log {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** What is never written, wherever in the fields it stands. */
const redactedPaths = [
  "authorization",
  "*.authorization",
  "token",
  "*.token",
  "secret",
  "*.secret",
];

/** Lines of JSON on standard error, so that standard output stays for answers. */
export function createLog(level: string): Log {
  return pino(
    { level, redact: redactedPaths, base: null },
    pino.destination({ fd: 2, sync: false }),
  );
}

/** Writes nothing. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
