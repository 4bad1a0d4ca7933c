/** What happened, as lines: always hashed, kept as text only where someone will read it. */
export interface Trace {
  readonly lines: readonly string[];
  /** True where the lines are remembered. */
  readonly isKept: boolean;
  note(time: number, what: string): void;
  /** Sixteen hexadecimal digits over everything noted so far, in order. */
  digest(): string;
}

const prime = 0x01000193;

/**
 * A trace that costs a few nanoseconds a character. `keep` also remembers the lines; times are
 * counted from `startsAt`.
 */
export function createTrace(keep: boolean, startsAt = 0): Trace {
  const lines: string[] = [];
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  const mix = (text: string): void => {
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      low = Math.imul(low ^ code, prime);
      high = Math.imul(high ^ (code + index), 0x85ebca6b) ^ (low >>> 15);
    }
  };
  return {
    lines,
    isKept: keep,
    note: (time, what) => {
      const line = `${time - startsAt} ${what}`;
      mix(line);
      if (keep) lines.push(line);
    },
    digest: () => hexadecimal(low) + hexadecimal(high),
  };
}

function hexadecimal(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
