/** A bound that a figure is held against. */
export type Target = { readonly atMost: number } | { readonly atLeast: number };

/** One measured figure with its target beside it, where it has one. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: Target;
  /** How it was measured, or what it is made of. */
  readonly note?: string;
  readonly isMet?: boolean;
}

/** A figure, rounded to what is worth reading and compared with its target. */
export function figure(
  what: string,
  value: number,
  unit: string,
  details: { readonly target?: Target; readonly note?: string } = {},
): Figure {
  const rounded = Number(value.toPrecision(Math.abs(value) >= 1000 ? 6 : 4));
  const { target } = details;
  return {
    what,
    value: rounded,
    unit,
    ...details,
    ...(target ? { isMet: meets(value, target) } : {}),
  };
}

function meets(value: number, target: Target): boolean {
  return "atMost" in target ? value <= target.atMost : value >= target.atLeast;
}

/** A target as text: `≤ 1.02`. */
export function targetText(target: Target | undefined): string {
  if (!target) return "";
  return "atMost" in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
}

/** Figures as lines for a person, one each. */
export function figureLines(figures: readonly Figure[]): string {
  return figures
    .map(({ what, value, unit, target, isMet, note }) => {
      const verdict =
        isMet === undefined ? "" : `  ${isMet ? "met" : "MISSED"} (${targetText(target)})`;
      return `  ${what}: ${value}${unit ? ` ${unit}` : ""}${verdict}${note ? `  – ${note}` : ""}`;
    })
    .join("\n");
}

/** The value below which a share of all values lies; of the given values, never in between. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
