import type { Log } from "../../runtime/index.ts";
import type { Engine, Ledger, Pair, Projection } from "../../sync/index.ts";
import { dealRow, pendingSince } from "./deal-row.ts";
import type { DealTable, IndexedDeal } from "./deal-table.ts";

/** Keeps the projection of the deals up with the ledger. */
export interface DealFollower {
  /** Resolves when everything that was announced until now is in the projection. */
  caughtUp(): Promise<void>;
  /** Compares all revisions with the ledger's and repairs what was missed. */
  compare(): Promise<{ readonly changed: number }>;
  stop(): void;
}

/** What a follower needs. */
export interface FollowerOptions {
  readonly engine: Pick<Engine, "subscribe">;
  readonly ledger: Ledger;
  readonly table: DealTable;
  readonly projection: Projection;
  readonly log: Log;
}

const pairsAtOnce = 200;
const revisionsAtOnce = 5_000;

/** Begins to follow; the first comparison with the ledger is the caller's to start. */
export function followDeals(options: FollowerOptions): DealFollower {
  const { engine, ledger, table, projection, log } = options;
  const announced = new Set<string>();
  let working: Promise<void> | undefined;

  const indexed = (pair: Pair): IndexedDeal => ({
    row: dealRow(pair, projection),
    revision: pair.revision,
    pendingSince: pendingSince(pair),
  });

  async function take(ids: readonly string[]): Promise<void> {
    const pairs = await Promise.all(ids.map((id) => ledger.pair(id)));
    const gone = ids.filter((_id, index) => pairs[index] === undefined);
    await table.store(pairs.flatMap((pair) => (pair ? [indexed(pair)] : [])));
    await table.remove(gone);
  }

  async function work(): Promise<void> {
    while (announced.size > 0) {
      const ids = [...announced].slice(0, pairsAtOnce);
      for (const id of ids) announced.delete(id);
      await take(ids);
    }
  }

  function wake(): Promise<void> {
    working ??= work()
      .catch((error) => log.error({ error: String(error) }, "the list of deals fell behind"))
      .finally(() => {
        working = undefined;
      });
    return working;
  }

  async function compare(): Promise<{ readonly changed: number }> {
    let after = "";
    let changed = 0;
    for (;;) {
      const present = await ledger.pairRevisions({ after, limit: revisionsAtOnce });
      const stored = await table.revisions(after, revisionsAtOnce);
      const isEnd = present.length < revisionsAtOnce;
      const last = isEnd ? undefined : present.at(-1)?.pairId;
      const known = new Set(present.map(({ pairId }) => pairId));
      const wanted = present.filter(({ pairId, revision }) => stored.get(pairId) !== revision);
      const gone = [...stored.keys()].filter((id) => !known.has(id) && (!last || id <= last));
      for (const id of [...wanted.map(({ pairId }) => pairId), ...gone]) announced.add(id);
      changed += wanted.length + gone.length;
      await wake();
      if (last === undefined) return { changed };
      after = last;
    }
  }

  const unsubscribe = engine.subscribe(({ pairIds }) => {
    for (const id of pairIds) announced.add(id);
    void wake();
  });
  return {
    caughtUp: async () => {
      while (announced.size > 0 || working) await wake();
    },
    compare,
    stop: unsubscribe,
  };
}
