import type { Arrival } from "./lineage.ts";
import type { Witness, WriteCall } from "./witness.ts";

/**
 * One value that a rehearsal says would be written, by making a record or into one that is there.
 */
export type PlannedEffect = Pick<Arrival, "deal" | "side" | "field" | "value" | "isCreation">;

function named({ deal, side, field, value, isCreation }: PlannedEffect): string {
  const how = isCreation ? "made with" : "given";
  return `deal ${deal} in ${side} ${how} ${field} "${value}"`;
}

/**
 * Whether the service decides instead: the state in which a new referral begins, and an empty value
 * says nothing.
 */
const isTold = ({ side, field, value, isCreation }: PlannedEffect): boolean =>
  value !== "" && !(isCreation && side === "referrals" && field === "status");

/** Compares the calls that a plan says its writes cost with those that were made. */
export function compareCalls(witness: Witness, planned: number, made: readonly WriteCall[]): void {
  if (made.length === planned) return;
  const listed = made.map(({ what }) => what).join("; ");
  const told = `${planned} calls were planned, ${made.length} made: ${listed}`;
  witness.report("dry run equals run", told);
}

/** Compares a plan with what was written since `before`, the length of the lineage then. */
export function compareWithRun(
  witness: Witness,
  planned: readonly PlannedEffect[],
  before: number,
  isOwn: (effect: PlannedEffect) => boolean,
): void {
  const expected = new Set(planned.filter(isTold).map(named));
  const arrived = witness.lineage.written.slice(before).filter(isOwn).filter(isTold);
  const written = new Set(arrived.map(named));
  const missing = [...expected].filter((name) => !written.has(name));
  const surplus = [...written].filter((name) => !expected.has(name));
  if (missing.length > 0) witness.report("dry run equals run", `not done: ${missing.join(", ")}`);
  if (surplus.length > 0) {
    witness.report("dry run equals run", `not planned: ${surplus.join(", ")}`);
  }
}
