import { marks, remedyLine } from "./terminal/paint.ts";
import { systemTerminal } from "./terminal/terminal.ts";

/** An expected failure of a command: what happened, where, and what to do about it. */
export class CliFailure extends Error {
  readonly place: string | undefined;
  readonly remedy: string | undefined;

  constructor(
    message: string,
    details: { readonly place?: string; readonly remedy?: string; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.name = "CliFailure";
    this.place = details.place;
    this.remedy = details.remedy;
  }
}

/** A command line that leaves out what is needed, or contradicts itself; nothing was done. */
export class UsageFailure extends CliFailure {}

interface Explained {
  readonly message: string;
  readonly code?: string;
  readonly place?: string;
  readonly remedy?: string;
}

function textAt(error: object, name: string): string | undefined {
  const value: unknown = Reflect.get(error, name);
  return typeof value === "string" ? value : undefined;
}

const pathRemedy = "Check the path and its rights.";

/** What the operating system refuses, in words. */
const systemRefusals: Readonly<Record<string, readonly [message: string, remedy: string]>> = {
  EACCES: ["The system doesn't allow it.", pathRemedy],
  EADDRINUSE: ["The port is already in use.", "Choose another with --port; 0 takes a free one."],
  EISDIR: ["That is a folder, not a file.", pathRemedy],
  ENOENT: ["There is no such file or folder.", pathRemedy],
  ENOSPC: ["The disk is full.", "Free some space; what was done stays done."],
  ENOTDIR: ["A part of the path is a file, not a folder.", pathRemedy],
  EPERM: ["The system doesn't allow it.", pathRemedy],
  EROFS: ["Nothing can be written there.", pathRemedy],
};

/** An error of the operating system as cause, place and remedy; undefined for any other. */
function explainSystem(error: Error): Explained | undefined {
  const { code, syscall, path, port } = error as NodeJS.ErrnoException & { port?: number };
  const [message, remedy] = systemRefusals[(syscall && code) || ""] ?? [];
  if (message === undefined || remedy === undefined) return undefined;
  const place = path ?? (port === undefined ? undefined : `port ${port}`);
  return { message, remedy, ...(place === undefined ? {} : { place }) };
}

function explain(error: unknown): Explained {
  if (!(error instanceof Error)) return { message: String(error) };
  const refused = explainSystem(error);
  if (refused) return refused;
  const [code, place, remedy] = ["code", "place", "remedy"].map((name) => textAt(error, name));
  return {
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(place === undefined ? {} : { place }),
    ...(remedy === undefined ? {} : { remedy }),
  };
}

/** Writes a failure to standard error: three short lines for a person, or one JSON object. */
export function printFailure(error: unknown, asJson: boolean): void {
  const explained = explain(error);
  if (asJson) {
    process.stderr.write(`${JSON.stringify({ error: explained })}\n`);
    return;
  }
  const lines = [`${marks.bad} ${explained.message}`];
  if (explained.place) lines.push(`  where: ${explained.place}`);
  if (explained.remedy) lines.push(`  ${remedyLine(explained.remedy)}`);
  // An error without a remedy is a bug of ours: show where it comes from.
  const isExpected =
    error instanceof CliFailure || explained.remedy !== undefined || explained.code !== undefined;
  if (!isExpected && error instanceof Error && error.stack) lines.push(error.stack);
  systemTerminal().tell(lines.join("\n"));
}
