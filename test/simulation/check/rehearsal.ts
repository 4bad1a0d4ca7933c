import type { EditedField, Side } from "../schedule/schedule.ts";
import type { Arrival } from "./lineage.ts";
import type { Witness } from "./witness.ts";

/** One thing that a rehearsal says would be written: a new record, or a field of one. */
export interface PlannedEffect {
  readonly deal: number;
  readonly side: Side;
  readonly what: "create" | EditedField;
}

function named({ deal, side, what }: PlannedEffect): string {
  return `${what} of deal ${deal} in ${side}`;
}

function effectOf({ deal, side, field, isCreation }: Arrival): PlannedEffect {
  return { deal, side, what: isCreation ? "create" : field };
}

/** Compares a plan with what was written since `before`, the length of the lineage then. */
export function compareWithRun(
  witness: Witness,
  planned: readonly PlannedEffect[],
  before: number,
  isOwn: (effect: PlannedEffect) => boolean,
): void {
  const expected = new Set(planned.map(named));
  const written = new Set(
    witness.lineage.written.slice(before).map(effectOf).filter(isOwn).map(named),
  );
  const missing = [...expected].filter((name) => !written.has(name));
  const surplus = [...written].filter((name) => !expected.has(name));
  if (missing.length > 0) witness.report("dry run equals run", `not done: ${missing.join(", ")}`);
  if (surplus.length > 0) {
    witness.report("dry run equals run", `not planned: ${surplus.join(", ")}`);
  }
}
