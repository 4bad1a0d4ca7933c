import { styleText } from "node:util";

type Format = Parameters<typeof styleText>[0];

// The stream decides later whether colours are shown (terminal.ts), so they are always set here.
const style =
  (format: Format) =>
  (text: string): string =>
    styleText(format, text, { validateStream: false });

/** Colours by what they mean. Green is quiet; colour is spent on what needs a person. */
export const paint = {
  good: style("green"),
  bad: style("red"),
  warn: style("yellow"),
  /** What a person may do next. */
  accent: style("cyan"),
  faint: style("dim"),
  strong: style("bold"),
};

/** The three verdicts of a check, one column wide. */
export const marks = {
  good: paint.good("✓"),
  warn: paint.warn("!"),
  bad: paint.bad("✗"),
  none: " ",
} as const;

/** A remedy: an arrow, and what to type or do. */
export const remedyLine = (text: string): string => `${paint.accent("→")} ${text}`;
