import { Worker } from "node:worker_threads";
import { seededBugs } from "../seeded-bugs.ts";
import { type Hunt, type HuntOptions, huntShare } from "./hunt.ts";
import { runShare, type Share } from "./run-share.ts";
import { emptyTally, merge, type Tally } from "./tally.ts";
import type { Order } from "./worker.ts";

/** What a campaign plays. */
export interface CampaignOptions extends Omit<Share, "stride"> {
  /** Threads; one plays in this thread. */
  readonly workers: number;
}

/**
 * Plays a campaign, spread over threads. Which seeds are played depends on nothing but the
 * options.
 */
export async function runCampaign(options: CampaignOptions): Promise<Tally> {
  const { workers, ...share } = options;
  const shares = Array.from({ length: Math.max(1, workers) }, (_, index): Share => {
    const extra = index < share.schedules % workers ? 1 : 0;
    return {
      ...share,
      firstSeed: share.firstSeed + index,
      stride: workers,
      schedules: Math.floor(share.schedules / workers) + extra,
    };
  });
  const [only] = shares;
  const tallies =
    shares.length === 1 && only
      ? [await runShare(only)]
      : await Promise.all(shares.map((own) => inThread<Tally>({ kind: "share", share: own })));
  const total = emptyTally();
  for (const tally of tallies) merge(total, tally);
  return total;
}

/** Hunts every seeded bug, spread over threads. */
export async function runHunts(workers: number, options: HuntOptions): Promise<readonly Hunt[]> {
  if (workers <= 1) return huntShare(0, 1, options);
  const shares = await Promise.all(
    Array.from({ length: workers }, (_, first) =>
      inThread<readonly Hunt[]>({ kind: "hunt", first, stride: workers, options }),
    ),
  );
  const order = new Map(seededBugs.map(({ name }, index) => [name, index]));
  return shares
    .flat()
    .sort((left, right) => (order.get(left.name) ?? 0) - (order.get(right.name) ?? 0));
}

function inThread<T>(order: Order): Promise<T> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      workerData: order,
      // A schedule makes much garbage and keeps none: a large nursery sweeps it for free.
      resourceLimits: { maxYoungGenerationSizeMb: 128 },
    });
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => {
      if (code !== 0) reject(new Error(`a worker ended with code ${code}`));
    });
  });
}
