import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { migrate, openDatabase } from "../../src/storage/index.ts";
import { defaultSettings, type Ledger, openLedger } from "../../src/sync/index.ts";
import { interleave, median, medianRatio } from "../statistics.ts";
import { likePair, type RecordedPair, recordPair } from "./recorded-pair.ts";
import { type Figure, figure } from "./report.ts";

const pairs = 500;
const roundMs = 1_500;
const rounds = 9;
/** Settles that are under way at the same time: one, as many as the engine reconciles, and many. */
const concurrencies = [1, defaultSettings.concurrency, 32];

/** Our ledger: each settle stores a pair, its index columns and its lines of history, durably. */
async function ourSettles(
  ledger: Ledger,
  { pair, settle }: RecordedPair,
  concurrency: number,
): Promise<() => Promise<number>> {
  const revisions = new Array<number>(pairs).fill(1);
  const history = settle.history ?? [];
  const settleOne = async (number: number): Promise<void> => {
    const revision = revisions[number] ?? 1;
    const changed = { ...likePair(pair, number), revision };
    await ledger.commit({
      pairs: [changed],
      history: history.map((entry) => ({ ...entry, pairId: changed.id })),
      inbox: settle.inbox ?? [],
    });
    revisions[number] = revision + 1;
  };
  return async () => {
    const startedAt = performance.now();
    let settled = 0;
    const work = async (worker: number): Promise<void> => {
      for (let number = worker; performance.now() - startedAt < roundMs; number += concurrency) {
        await settleOne(number % pairs);
        settled += 1;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, (_, worker) => work(worker)));
    return settled / ((performance.now() - startedAt) / 1000);
  };
}

/**
 * The bare limit: one statement for the same document, one for each line of history, one commit.
 */
function bareCommits(path: string, { pair, settle }: RecordedPair): () => Promise<number> {
  const database = new DatabaseSync(path);
  database.exec("pragma journal_mode = wal; pragma synchronous = full");
  database.exec("create table pair (id integer primary key, document text not null)");
  database.exec("create table history (sequence integer primary key, document text not null)");
  const insert = database.prepare("insert into pair (id, document) values (?, ?)");
  const change = database.prepare("update pair set document = ? where id = ?");
  const append = database.prepare("insert into history (document) values (?)");
  const document = JSON.stringify(pair);
  const lines = (settle.history ?? []).map((entry) => JSON.stringify(entry));
  for (let number = 0; number < pairs; number += 1) insert.run(number, document);
  return async () => {
    const startedAt = performance.now();
    let commits = 0;
    while (performance.now() - startedAt < roundMs) {
      database.exec("begin immediate");
      change.run(document, commits % pairs);
      for (const line of lines) append.run(line);
      database.exec("commit");
      commits += 1;
    }
    return commits / ((performance.now() - startedAt) / 1000);
  };
}

/** Durable settles a second beside bare commits of the same size, both with synchronous = FULL. */
export async function measureSettles(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "partner-referrals-settles-"));
  const recorded = await recordPair();
  const database = await openDatabase(join(folder, "ledger.sqlite"));
  try {
    const ledger = await openLedger(database, "bench", migrate);
    for (let number = 0; number < pairs; number += 1) {
      await ledger.commit({ pairs: [likePair(recorded.pair, number)] });
    }
    const contestants: Record<string, () => Promise<number>> = {
      bare: bareCommits(join(folder, "bare.sqlite"), recorded),
    };
    // One after the other on the same pairs: a revision is known to one of them only.
    const figures: Figure[] = [];
    for (const concurrency of concurrencies) {
      contestants.ours = await ourSettles(
        await freshPairs(ledger, recorded),
        recorded,
        concurrency,
      );
      const { ours = [], bare = [] } = await interleave(contestants, rounds);
      const what = `durable settles, ${concurrency} under way, divided by bare commits`;
      figures.push(
        figure(what, medianRatio(ours, bare), "", {
          ...(concurrency === defaultSettings.concurrency ? { target: { atLeast: 0.5 } } : {}),
          note: `${Math.round(median(ours))} against ${Math.round(median(bare))} a second`,
        }),
      );
    }
    return figures;
  } finally {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same pairs at their first revision again. */
async function freshPairs(ledger: Ledger, { pair }: RecordedPair): Promise<Ledger> {
  const ids = Array.from({ length: pairs }, (_, number) => likePair(pair, number));
  for (const blank of ids) {
    const stored = await ledger.pair(blank.id);
    if (stored) await ledger.commit({ removed: [stored] });
    await ledger.commit({ pairs: [blank] });
  }
  return ledger;
}
