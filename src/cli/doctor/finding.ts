/** One thing that the doctor looked at, and what is to be done about it. */
export interface Finding {
  readonly area: string;
  readonly verdict: "good" | "warn" | "bad";
  readonly sentence: string;
  /** Why it matters, or what exactly is there. */
  readonly detail?: string;
  /** What to type or do; always there unless the verdict is good. */
  readonly remedy?: string;
}

/** Makes findings of one area. */
export function findingsOf(area: string) {
  return {
    good: (sentence: string, detail?: string): Finding => ({
      area,
      verdict: "good",
      sentence,
      ...(detail === undefined ? {} : { detail }),
    }),
    warn: (sentence: string, remedy: string, detail?: string): Finding => ({
      area,
      verdict: "warn",
      sentence,
      remedy,
      ...(detail === undefined ? {} : { detail }),
    }),
    bad: (sentence: string, remedy: string, detail?: string): Finding => ({
      area,
      verdict: "bad",
      sentence,
      remedy,
      ...(detail === undefined ? {} : { detail }),
    }),
  };
}

/** The sentence of whatever was thrown. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
