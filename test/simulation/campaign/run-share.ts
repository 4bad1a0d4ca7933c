import { generateSchedule } from "../schedule/generate.ts";
import type { Settings } from "../schedule/schedule.ts";
import { judge } from "./judge.ts";
import { subjectNamed } from "./subjects.ts";
import { count, emptyTally, type Tally } from "./tally.ts";

/** Schedules that one thread plays in one go. */
export interface Share {
  /** `engine`, `naive`, or the name of a seeded bug. */
  readonly subject: string;
  readonly firstSeed: number;
  /** Seeds to play, one after the other. */
  readonly seeds: number;
  readonly ledger: "memory" | "sqlite" | "mixed";
}

/** The ledger of a schedule: in a mixed campaign every tenth runs on SQLite. */
export function ledgerOf(seed: number, ledger: Share["ledger"]): Settings["ledger"] {
  if (ledger !== "mixed") return ledger;
  // Every digit has its turn, so that each family has its share.
  return seed % 10 === Math.floor(seed / 10) % 10 ? "sqlite" : "memory";
}

/** Plays a share of a campaign in this thread. */
export async function runShare(share: Share): Promise<Tally> {
  const subject = subjectNamed(share.subject);
  const tally = emptyTally();
  for (let seed = share.firstSeed; seed < share.firstSeed + share.seeds; seed += 1) {
    const ledger = ledgerOf(seed, share.ledger);
    const schedule = generateSchedule(seed, ledger);
    const outcome = await judge(schedule, subject).catch((cause: unknown) => {
      throw new Error(`seed ${seed} on ${ledger} could not be played to its end`, { cause });
    });
    count(tally, schedule, outcome);
  }
  return tally;
}
