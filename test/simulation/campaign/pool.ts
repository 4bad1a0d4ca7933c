import { Worker } from "node:worker_threads";
import type { Hunt, HuntOptions } from "./hunt.ts";
import type { Share } from "./run-share.ts";
import type { Tally } from "./tally.ts";

/** What a thread is asked to do. */
export type Order =
  | { readonly kind: "share"; readonly share: Share }
  /** The bug at this place of the list. */
  | { readonly kind: "hunt"; readonly bug: number; readonly options: HuntOptions };

/** What a thread answers to an order. */
export interface Answers {
  readonly share: Tally;
  readonly hunt: Hunt;
}

/** A thread that carries out one order after another: its code is compiled once. */
export interface Player {
  play<K extends Order["kind"]>(order: Order & { readonly kind: K }): Promise<Answers[K]>;
  stop(): Promise<unknown>;
}

/**
 * Orders after which a thread makes room for a fresh one, whatever may have piled up in hours. A
 * fresh one has its code to compile: no thread of a campaign in CI is replaced.
 */
const ordersPerThread = 1_000;

/** A player whose thread is replaced now and then. */
export function startPlayer(): Player {
  let thread = startThread();
  let orders = 0;
  return {
    play: async (order) => {
      if (orders >= ordersPerThread) {
        await thread.stop();
        thread = startThread();
        orders = 0;
      }
      orders += 1;
      return thread.play(order);
    },
    stop: () => thread.stop(),
  };
}

function startThread(): Player {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    // A schedule keeps nothing: in a small nursery its garbage stays within the processor's cache.
    resourceLimits: { maxYoungGenerationSizeMb: 24 },
  });
  let waiting:
    | { readonly resolve: (answer: never) => void; readonly reject: (error: unknown) => void }
    | undefined;
  const take = (): typeof waiting => {
    const taken = waiting;
    waiting = undefined;
    return taken;
  };
  worker.on("message", (answer: unknown) => take()?.resolve(answer as never));
  worker.on("error", (error) => take()?.reject(error));
  worker.on("exit", (code) => take()?.reject(new Error(`a worker ended with code ${code}`)));
  return {
    play: (order) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        worker.postMessage(order);
      }),
    stop: () => worker.terminate(),
  };
}

/** Lets so many threads do the same work, each at its own pace, and ends them. */
export async function withPlayers(
  count: number,
  work: (player: Player) => Promise<void>,
): Promise<void> {
  const players = Array.from({ length: Math.max(1, count) }, startPlayer);
  try {
    await Promise.all(players.map(work));
  } finally {
    await Promise.all(players.map((player) => player.stop()));
  }
}
