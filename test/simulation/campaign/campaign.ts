import { seededBugs } from "../seeded-bugs.ts";
import type { Hunt, HuntOptions } from "./hunt.ts";
import { withPlayers } from "./pool.ts";
import type { Share } from "./run-share.ts";
import { emptyTally, merge, type Tally } from "./tally.ts";

/** What a campaign plays. */
export interface CampaignOptions extends Omit<Share, "seeds"> {
  /** Full schedules to play; those of the light families come on top. */
  readonly schedules: number;
  /** Threads. */
  readonly workers: number;
  /** Real milliseconds after which no new schedules are begun. */
  readonly budgetMs: number;
  /** Hears how far it is, every few seconds. */
  readonly onProgress?: (sofar: Campaign, elapsedMs: number) => void;
}

/** What a campaign came to. */
export interface Campaign {
  readonly tally: Tally;
  /** Every seed below this one was played: a campaign goes on from here. */
  readonly nextSeed: number;
}

/** Seeds that a thread takes at a time: a second's work. */
const seedsAtOnce = 40;
const progressMs = 5_000;

/**
 * Plays a campaign, spread over threads. Its seeds follow one another without a gap; how many are
 * played depends on the options, and on the time where it runs out.
 */
export async function runCampaign(options: CampaignOptions): Promise<Campaign> {
  const { workers, schedules, budgetMs, onProgress, ...share } = options;
  const start = performance.now();
  const tally = emptyTally();
  let nextSeed = options.firstSeed;
  let reportedAt = start;
  const isOver = (): boolean =>
    tally.schedules >= schedules || performance.now() - start > budgetMs;
  await withPlayers(workers, async (player) => {
    while (!isOver()) {
      const firstSeed = nextSeed;
      nextSeed += seedsAtOnce;
      const own = { ...share, firstSeed, seeds: seedsAtOnce };
      merge(tally, await player.play({ kind: "share", share: own }));
      if (performance.now() - reportedAt < progressMs) continue;
      reportedAt = performance.now();
      onProgress?.({ tally, nextSeed }, reportedAt - start);
    }
  });
  return { tally, nextSeed };
}

/** Hunts every seeded bug, spread over threads. */
export async function runHunts(workers: number, options: HuntOptions): Promise<readonly Hunt[]> {
  const hunts = new Map<number, Hunt>();
  let next = 0;
  await withPlayers(workers, async (player) => {
    while (next < seededBugs.length) {
      const bug = next;
      next += 1;
      hunts.set(bug, await player.play({ kind: "hunt", bug, options }));
    }
  });
  return seededBugs.flatMap((_, bug) => hunts.get(bug) ?? []);
}
