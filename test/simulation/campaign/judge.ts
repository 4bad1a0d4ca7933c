import type { Violation } from "../check/violation.ts";
import { type Outcome, play } from "../play.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { SubjectFactory } from "../subject.ts";

/** The same world without its crashes: what a crash must not change. */
function withoutCrashes(schedule: Schedule): Schedule {
  return { ...schedule, faults: schedule.faults.filter(({ kind }) => kind !== "crash") };
}

/** Whether people edited what they had made on both sides before the engine had matched it. */
function dependsOnTiming({ outsideEvents }: Outcome): boolean {
  return outsideEvents.includes('"isBeforeMatch":true');
}

/**
 * Plays a schedule with every check that it is made for: a crash schedule also against its world
 * without crashes. The two are compared where people did the same in both (a crash may delay the
 * record that somebody was about to edit, who then edits the other side), and nobody edited before
 * the first match, of which a crash moves the moment.
 */
export async function judge(
  schedule: Schedule,
  subject: SubjectFactory,
  options: { readonly keepTrace?: boolean } = {},
): Promise<Outcome> {
  const outcome = await play(schedule, subject, options);
  if (schedule.family !== "crashes") return outcome;
  const uncrashed = await play(withoutCrashes(schedule), subject);
  const isCompared = uncrashed.outsideEvents === outcome.outsideEvents && !dependsOnTiming(outcome);
  const judged: Outcome = { ...outcome, isCompared };
  if (!isCompared || uncrashed.finalState === outcome.finalState) return judged;
  const violation: Violation = {
    invariant: "a crash at any point gives the same final state",
    at: schedule.endsAt,
    what: `with crashes ${outcome.finalState}, without ${uncrashed.finalState}`,
  };
  return { ...judged, violations: [...outcome.violations, violation] };
}
