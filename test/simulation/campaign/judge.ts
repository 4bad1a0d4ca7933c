import type { Violation } from "../check/violation.ts";
import { type Outcome, play } from "../play.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { SubjectFactory } from "../subject.ts";

/** The same world without its crashes: what a crash must not change. */
function withoutCrashes(schedule: Schedule): Schedule {
  return { ...schedule, faults: schedule.faults.filter(({ kind }) => kind !== "crash") };
}

/**
 * Plays a schedule with every check that it is made for: a crash schedule also against its world
 * without crashes, deal by deal. A deal is compared where people did the same to it in both (a
 * crash may delay the record that somebody was about to edit, who then edits the other side), and
 * nobody edited it before the first match, of which a crash moves the moment.
 */
export async function judge(
  schedule: Schedule,
  subject: SubjectFactory,
  options: { readonly keepTrace?: boolean } = {},
): Promise<Outcome> {
  const outcome = await play(schedule, subject, options);
  if (schedule.family !== "crashes") return outcome;
  const uncrashed = await play(withoutCrashes(schedule), subject);
  const ends = new Map(uncrashed.ends.map((end) => [end.deal, end]));
  const alike = outcome.ends.filter(
    ({ deal, events, isEditedBeforeMatch }) =>
      events === ends.get(deal)?.events && !isEditedBeforeMatch,
  );
  const unequal = alike.filter(({ deal, state }) => state !== ends.get(deal)?.state);
  const violations = unequal.map(
    ({ deal, state }): Violation => ({
      invariant: "a crash at any point gives the same final state",
      at: schedule.endsAt,
      what: `deal ${deal} with crashes ${state}, without ${ends.get(deal)?.state}`,
    }),
  );
  return {
    ...outcome,
    isCompared: alike.length === outcome.ends.length,
    violations: [...outcome.violations, ...violations],
  };
}
