import type { ListProgress } from "../../contract/index.ts";
import type { Clock, Log } from "../../runtime/index.ts";
import type { Engine, Ledger, Pair, Projection } from "../../sync/index.ts";
import { dealRow, pendingSince } from "./deal-row.ts";
import type { DealTable, IndexedDeal } from "./deal-table.ts";

/** Keeps the projection of the deals up with the ledger. */
export interface DealFollower {
  /**
   * Resolves when everything that was announced until now is in the projection. For what is still
   * being built it waits only in the first moment, which is enough for a small ledger.
   */
  caughtUp(): Promise<void>;
  /** Brings everything into the projection, and gives it its indexes; comes first. */
  build(): Promise<void>;
  /** Resolves when the projection has been built, or is given up. */
  built(): Promise<void>;
  /** How far the building has come; undefined when all is there. */
  progress(): ListProgress | undefined;
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
  readonly clock: Clock;
  readonly log: Log;
}

interface PairRevision {
  readonly pairId: string;
  readonly revision: number;
}

const pairsAtOnce = 500;
const revisionsAtOnce = 5_000;
const firstMomentMs = 1_000;

/** Begins to follow; building, and comparing now and then, are the caller's to start. */
export function followDeals(options: FollowerOptions): DealFollower {
  return new Follower(options);
}

class Follower implements DealFollower {
  readonly #options: FollowerOptions;
  readonly #announced = new Set<string>();
  readonly #built = Promise.withResolvers<void>();
  readonly #firstMoment = new AbortController();
  readonly #firstMomentIsOver: Promise<void>;
  readonly #unsubscribe: () => void;
  #working: Promise<void> | undefined;
  /**
   * Invariant: whoever reads pairs and stores them does so in turn, so that no older reading is
   * stored last.
   */
  #turn: Promise<unknown> = Promise.resolve();
  #progress: ListProgress | undefined;
  #isStopped = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#unsubscribe = options.engine.subscribe(({ pairIds }) => {
      for (const id of pairIds) this.#announced.add(id);
      void this.#wake();
    });
    const { signal } = this.#firstMoment;
    this.#firstMomentIsOver = options.clock.sleep(firstMomentMs, signal).catch(() => {});
  }

  async caughtUp(): Promise<void> {
    await Promise.race([this.#built.promise, this.#firstMomentIsOver]);
    while (this.#announced.size > 0 || this.#working) await this.#wake();
  }

  async build(): Promise<void> {
    const { ledger, table } = this.#options;
    const total = Object.values(await ledger.countByState()).reduce((sum, one) => sum + one, 0);
    this.#progress = { done: 0, total };
    await this.compare();
    if (this.#isStopped) return;
    await table.index();
    this.#progress = undefined;
    this.#markBuilt();
  }

  built(): Promise<void> {
    return this.#built.promise;
  }

  progress(): ListProgress | undefined {
    return this.#progress;
  }

  async compare(): Promise<{ readonly changed: number }> {
    let after = "";
    let changed = 0;
    for (;;) {
      const some = await this.#compareSome(after);
      changed += some.changed;
      if (some.last === undefined || this.#isStopped) return { changed };
      after = some.last;
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#unsubscribe();
    this.#markBuilt();
  }

  #markBuilt(): void {
    this.#built.resolve();
    this.#firstMoment.abort();
  }

  async #compareSome(after: string): Promise<{ changed: number; last?: string }> {
    const { ledger, table } = this.#options;
    const present = await ledger.pairRevisions({ after, limit: revisionsAtOnce });
    const stored = await table.revisions(after, revisionsAtOnce);
    const isEnd = present.length < revisionsAtOnce;
    const last = isEnd ? undefined : present.at(-1)?.pairId;
    const known = new Set(present.map(({ pairId }) => pairId));
    const gone = [...stored.keys()].filter((id) => !known.has(id) && (!last || id <= last));
    let changed = gone.length;
    if (gone.length > 0) await this.#inTurn(() => this.#take(gone));
    for (let from = 0; from < present.length && !this.#isStopped; from += pairsAtOnce) {
      const some = present.slice(from, from + pairsAtOnce);
      changed += await this.#repair(present[from - 1]?.pairId ?? after, some, stored);
      if (this.#progress) {
        this.#progress = { ...this.#progress, done: this.#progress.done + some.length };
      }
    }
    return { changed, ...(last === undefined ? {} : { last }) };
  }

  /** Takes what differs among neighbours; where that is most of them, all are read at once. */
  async #repair(
    after: string,
    present: readonly PairRevision[],
    stored: ReadonlyMap<string, number>,
  ): Promise<number> {
    const { ledger, table } = this.#options;
    const wanted = present.filter(({ pairId, revision }) => stored.get(pairId) !== revision);
    if (wanted.length > present.length / 2) {
      await this.#inTurn(async () => {
        const pairs = await ledger.pairs({ after, limit: present.length });
        await table.store(pairs.map((pair) => this.#indexed(pair)));
      });
    } else if (wanted.length > 0) {
      await this.#inTurn(() => this.#take(wanted.map(({ pairId }) => pairId)));
    }
    return wanted.length;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const next = this.#turn.then(work);
    this.#turn = next.catch(() => {});
    return next;
  }

  #wake(): Promise<void> {
    this.#working ??= this.#work()
      .catch((error) => {
        this.#options.log.error({ error: String(error) }, "the list of deals fell behind");
      })
      .finally(() => {
        this.#working = undefined;
      });
    return this.#working;
  }

  async #work(): Promise<void> {
    while (this.#announced.size > 0) {
      const ids = [...this.#announced].slice(0, pairsAtOnce);
      for (const id of ids) this.#announced.delete(id);
      await this.#inTurn(() => this.#take(ids));
    }
  }

  async #take(ids: readonly string[]): Promise<void> {
    const { ledger, table } = this.#options;
    const pairs = await Promise.all(ids.map((id) => ledger.pair(id)));
    const gone = ids.filter((_id, index) => pairs[index] === undefined);
    await table.store(pairs.flatMap((pair) => (pair ? [this.#indexed(pair)] : [])));
    await table.remove(gone);
  }

  #indexed(pair: Pair): IndexedDeal {
    return {
      row: dealRow(pair, this.#options.projection),
      revision: pair.revision,
      pendingSince: pendingSince(pair),
    };
  }
}
