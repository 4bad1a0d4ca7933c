import { seededBugs } from "../seeded-bugs.ts";
import type { Hunt, HuntOptions } from "./hunt.ts";
import { withPlayers } from "./pool.ts";
import type { Share } from "./run-share.ts";
import type { Stop } from "./stop.ts";
import { emptyTally, merge, type Tally } from "./tally.ts";

/** What a campaign plays. */
export interface CampaignOptions extends Omit<Share, "seeds"> {
  /** Full schedules to play; those of the light families come on top. */
  readonly schedules: number;
  /** Threads. */
  readonly workers: number;
  /** Real milliseconds after which no new schedules are begun. */
  readonly budgetMs: number;
  /** Where it goes on, if earlier parts of it were played. */
  readonly from?: Campaign;
  /** Begins no new schedules once this aborts; those under way are played to their end. */
  readonly stop?: AbortSignal;
  /** Hears how far it is, every few seconds. */
  readonly onProgress?: (sofar: Campaign, elapsedMs: number) => void;
}

/** What a campaign came to. */
export interface Campaign {
  /** The sum over every seed from the first one to the one before `nextSeed`. */
  readonly tally: Tally;
  /** A campaign goes on from here. */
  readonly nextSeed: number;
  /** What ended it early. */
  readonly stoppedBy?: Stop;
}

/** Seeds that a thread takes at a time: a second's work. */
const seedsAtOnce = 40;
const progressMs = 5_000;

/**
 * Plays a campaign, spread over threads. Its seeds follow one another without a gap; how many are
 * played depends on the options, and on the time where it runs out.
 */
export async function runCampaign(options: CampaignOptions): Promise<Campaign> {
  const { workers, schedules, budgetMs, from, stop, onProgress, ...share } = options;
  const start = performance.now();
  const sum = sumInOrder(from ?? { tally: emptyTally(), nextSeed: options.firstSeed });
  let nextSeed = sum.sofar().nextSeed;
  let reportedAt = start;
  let stoppedBy: Stop | undefined;
  const isOver = (): boolean => {
    if (sum.sofar().tally.schedules >= schedules) return true;
    if (stop?.aborted) stoppedBy = stop.reason;
    else if (performance.now() - start > budgetMs) stoppedBy = "budget";
    return stoppedBy !== undefined;
  };
  await withPlayers(workers, async (player) => {
    while (!isOver()) {
      const firstSeed = nextSeed;
      nextSeed += seedsAtOnce;
      const own = { ...share, firstSeed, seeds: seedsAtOnce };
      sum.add(own, await player.play({ kind: "share", share: own }));
      if (performance.now() - reportedAt < progressMs) continue;
      reportedAt = performance.now();
      onProgress?.(sum.sofar(), reportedAt - start);
    }
  });
  return stoppedBy === undefined ? sum.sofar() : { ...sum.sofar(), stoppedBy };
}

/** A sum that takes what was played in the order of seeds, so that at each moment it has no gap. */
function sumInOrder({ tally: earlier, nextSeed: firstSeed }: Campaign) {
  const tally = structuredClone(earlier);
  let nextSeed = firstSeed;
  const early = new Map<number, { readonly share: Share; readonly played: Tally }>();
  return {
    add(share: Share, played: Tally): void {
      early.set(share.firstSeed, { share, played });
      for (let next = early.get(nextSeed); next; next = early.get(nextSeed)) {
        early.delete(nextSeed);
        merge(tally, next.played);
        nextSeed += next.share.seeds;
      }
    },
    sofar: (): Campaign => ({ tally, nextSeed }),
  };
}

/** Hunts every seeded bug, spread over threads; once `stop` aborts, it begins no new hunt. */
export async function runHunts(
  workers: number,
  options: HuntOptions,
  stop: AbortSignal,
): Promise<readonly Hunt[]> {
  const hunts = new Map<number, Hunt>();
  let next = 0;
  await withPlayers(workers, async (player) => {
    while (next < seededBugs.length && !stop.aborted) {
      const bug = next;
      next += 1;
      hunts.set(bug, await player.play({ kind: "hunt", bug, options }));
    }
  });
  return seededBugs.flatMap((_, bug) => hunts.get(bug) ?? []);
}
