import { closeStores } from "../ledger-stores.ts";
import { play } from "../play.ts";
import { familyOf, generateSchedule } from "../schedule/generate.ts";
import type { Schedule, Settings } from "../schedule/schedule.ts";
import { subjectNamed } from "./subjects.ts";
import { count, emptyTally, type Tally } from "./tally.ts";

/** Which schedules one worker plays. */
export interface Share {
  /** `engine`, `naive`, or the name of a seeded bug. */
  readonly subject: string;
  readonly firstSeed: number;
  /** Seeds are `firstSeed`, `firstSeed + stride`, …, so that workers don't meet. */
  readonly stride: number;
  /** Full schedules to play; those of the other families come on top. */
  readonly schedules: number;
  readonly ledger: "memory" | "sqlite" | "mixed";
  /** Real milliseconds after which no new schedule is begun. */
  readonly budgetMs: number;
  /** Stop at the first violation. */
  readonly stopsAtFirst: boolean;
}

/** The ledger of a schedule: in a mixed campaign every tenth runs on SQLite. */
export function ledgerOf(seed: number, ledger: Share["ledger"]): Settings["ledger"] {
  if (ledger !== "mixed") return ledger;
  return seed % 10 === 3 ? "sqlite" : "memory";
}

/** The same world without its crashes: what a crash must not change. */
function withoutCrashes(schedule: Schedule): Schedule {
  return { ...schedule, faults: schedule.faults.filter(({ kind }) => kind !== "crash") };
}

/** Plays a share of a campaign in this thread. */
export async function runShare(share: Share): Promise<Tally> {
  const subject = subjectNamed(share.subject);
  const tally = emptyTally();
  const endsAt = performance.now() + share.budgetMs;
  for (let seed = share.firstSeed; tally.schedules < share.schedules; seed += share.stride) {
    if (performance.now() > endsAt) break;
    const ledger = ledgerOf(seed, share.ledger);
    const family = familyOf(seed);
    const schedule = generateSchedule(seed, ledger);
    const outcome = await play(schedule, subject);
    const violations = [...outcome.violations];
    if (family === "crashes") {
      const uncrashed = await play(withoutCrashes(schedule), subject);
      if (uncrashed.finalState !== outcome.finalState) {
        violations.push({
          invariant: "a crash at any point gives the same final state",
          at: schedule.endsAt,
          what: `with crashes ${outcome.finalState}, without ${uncrashed.finalState}`,
        });
      }
    }
    count(tally, seed, ledger, family, { ...outcome, violations });
    if (share.stopsAtFirst && violations.length > 0) break;
  }
  await closeStores();
  return tally;
}
