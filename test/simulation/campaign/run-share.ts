import { closeStores } from "../ledger-stores.ts";
import { familyOf, generateSchedule } from "../schedule/generate.ts";
import type { Settings } from "../schedule/schedule.ts";
import { judge } from "./judge.ts";
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
  // Every digit has its turn, so that each family has its share.
  return seed % 10 === Math.floor(seed / 10) % 10 ? "sqlite" : "memory";
}

/** Plays a share of a campaign in this thread. */
export async function runShare(share: Share): Promise<Tally> {
  const subject = subjectNamed(share.subject);
  const tally = emptyTally();
  const endsAt = performance.now() + share.budgetMs;
  for (let seed = share.firstSeed; tally.schedules < share.schedules; seed += share.stride) {
    if (performance.now() > endsAt) break;
    const ledger = ledgerOf(seed, share.ledger);
    const outcome = await judge(generateSchedule(seed, ledger), subject);
    count(tally, seed, ledger, familyOf(seed), outcome);
    if (share.stopsAtFirst && outcome.violations.length > 0) break;
  }
  await closeStores();
  return tally;
}
