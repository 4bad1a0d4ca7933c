import { type Database, type Migration, migrate, type Transaction } from "../../storage/index.ts";
import type { HistoryEntry, Ledger } from "../../sync/index.ts";

/** A minute's picture of the sync. */
export interface Sample {
  readonly at: number;
  readonly staleMs: number;
  readonly p95Ms: number | null;
  readonly calls: Readonly<Record<string, number>>;
}

/** Changes that were carried over in one hour. */
export interface HourOfChanges {
  readonly at: number;
  readonly toPartnerCenter: number;
  readonly toCrm: number;
}

/** The overview's memory: what the ledger doesn't keep as a series. */
export interface Chronicle {
  /** Reads the history that is new; resolves when it has been counted. */
  follow(): Promise<void>;
  /** Of the changes carried over in the last hour: 95 of 100 took at most so long. */
  p95Ms(now: number): number | undefined;
  /** What was written in the last hour without an edit before it. */
  firstWrites(now: number): number;
  sample(sample: Sample): Promise<void>;
  hours(since: number): Promise<readonly HourOfChanges[]>;
  samples(since: number): Promise<readonly Sample[]>;
}

const migrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE operations_hours (connection_id TEXT NOT NULL, at BIGINT NOT NULL,
        to_referral BIGINT NOT NULL, to_crm BIGINT NOT NULL, PRIMARY KEY (connection_id, at))`,
      `CREATE TABLE operations_samples (connection_id TEXT NOT NULL, at BIGINT NOT NULL,
        document TEXT NOT NULL, PRIMARY KEY (connection_id, at))`,
      `CREATE TABLE operations_marks (connection_id TEXT PRIMARY KEY, sequence BIGINT NOT NULL)`,
    ],
  },
];

const hourMs = 3_600_000;
const keptSamplesMs = 7 * 24 * hourMs;
const entriesAtOnce = 500;
const mostWaiting = 10_000;
const mostLatencies = 20_000;
const mostRecalled = 5_000;

interface Latency {
  readonly at: number;
  readonly ms: number;
}

/** Opens the chronicle of one connection. */
export async function openChronicle(
  database: Database,
  connectionId: string,
  ledger: Ledger,
): Promise<Chronicle> {
  await migrate(database, "operations-chronicle", migrations);
  const chronicle = new SqlChronicle(database, connectionId, ledger);
  await chronicle.recall();
  return chronicle;
}

class SqlChronicle implements Chronicle {
  readonly #database: Database;
  readonly #connectionId: string;
  readonly #ledger: Ledger;
  /** When each deal's change was seen that isn't carried over yet. */
  readonly #seen = new Map<string, number>();
  #latencies: Latency[] = [];
  /** When something was written that no edit had been seen of. */
  #firstWrites: number[] = [];
  #following: Promise<void> | undefined;

  constructor(database: Database, connectionId: string, ledger: Ledger) {
    this.#database = database;
    this.#connectionId = connectionId;
    this.#ledger = ledger;
  }

  /** What was counted before a restart is measured anew, so that the last hour isn't forgotten. */
  async recall(): Promise<void> {
    const mark = await this.#mark();
    for (const entry of await this.#ledger.newestHistory(mostRecalled)) {
      if (entry.sequence <= mark) this.#measure(entry);
    }
  }

  follow(): Promise<void> {
    this.#following ??= this.#followAll().finally(() => {
      this.#following = undefined;
    });
    return this.#following;
  }

  async #followAll(): Promise<void> {
    for (;;) {
      const mark = await this.#mark();
      const entries = await this.#ledger.historySince(mark, entriesAtOnce);
      const last = entries.at(-1);
      if (!last) return;
      const isOurs = await this.#count(mark, last.sequence, entries);
      if (isOurs) for (const entry of entries) this.#measure(entry);
      if (entries.length < entriesAtOnce) return;
    }
  }

  async #mark(): Promise<number> {
    const sql = "SELECT sequence FROM operations_marks WHERE connection_id = ?";
    return Number((await this.#database.get(sql, [this.#connectionId]))?.sequence ?? 0);
  }

  /** False where another process has counted these entries. */
  #count(mark: number, sequence: number, entries: readonly HistoryEntry[]): Promise<boolean> {
    const hours = new Map<number, { toReferral: number; toCrm: number }>();
    for (const { kind, side, at } of entries) {
      if (kind !== "wrote" && kind !== "created") continue;
      const hour = Math.floor(at / hourMs) * hourMs;
      const counted = hours.get(hour) ?? { toReferral: 0, toCrm: 0 };
      if (side === "referral") counted.toReferral += 1;
      else counted.toCrm += 1;
      hours.set(hour, counted);
    }
    return this.#database.transaction(async (transaction) => {
      if (!(await this.#moveMark(transaction, mark, sequence))) return false;
      for (const [at, { toReferral, toCrm }] of hours) {
        await transaction.run(
          `INSERT INTO operations_hours (connection_id, at, to_referral, to_crm)
            VALUES (?, ?, ?, ?) ON CONFLICT (connection_id, at) DO UPDATE SET
            to_referral = operations_hours.to_referral + excluded.to_referral,
            to_crm = operations_hours.to_crm + excluded.to_crm`,
          [this.#connectionId, at, toReferral, toCrm],
        );
      }
      return true;
    });
  }

  async #moveMark(transaction: Transaction, from: number, to: number): Promise<boolean> {
    const key = [this.#connectionId];
    const changed =
      from === 0
        ? await transaction.run(
            `INSERT INTO operations_marks (connection_id, sequence) VALUES (?, ?)
              ON CONFLICT (connection_id) DO NOTHING`,
            [...key, to],
          )
        : await transaction.run(
            "UPDATE operations_marks SET sequence = ? WHERE connection_id = ? AND sequence = ?",
            [to, ...key, from],
          );
    return changed === 1;
  }

  #measure({ kind, pairId, at }: HistoryEntry): void {
    if (kind === "seen") {
      if (this.#seen.size >= mostWaiting) this.#seen.clear();
      if (!this.#seen.has(pairId)) this.#seen.set(pairId, at);
    } else if (kind === "wrote" || kind === "created") {
      const seen = this.#seen.get(pairId);
      this.#seen.delete(pairId);
      if (seen === undefined) this.#firstWrites.push(at);
      else this.#latencies.push({ at, ms: Math.max(0, at - seen) });
    } else if (kind === "agreed" || kind === "conflict" || kind === "refused") {
      this.#seen.delete(pairId);
    }
  }

  p95Ms(now: number): number | undefined {
    const recent = this.#latencies.filter(({ at }) => at > now - hourMs).slice(-mostLatencies);
    this.#latencies = recent;
    const sorted = recent.map(({ ms }) => ms).toSorted((left, right) => left - right);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))];
  }

  firstWrites(now: number): number {
    this.#firstWrites = this.#firstWrites.filter((at) => at > now - hourMs).slice(-mostLatencies);
    return this.#firstWrites.length;
  }

  async sample({ at, ...sample }: Sample): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      await transaction.run(
        `INSERT INTO operations_samples (connection_id, at, document) VALUES (?, ?, ?)
          ON CONFLICT (connection_id, at) DO UPDATE SET document = excluded.document`,
        [this.#connectionId, at, JSON.stringify(sample)],
      );
      await transaction.run("DELETE FROM operations_samples WHERE connection_id = ? AND at < ?", [
        this.#connectionId,
        at - keptSamplesMs,
      ]);
    });
  }

  async hours(since: number): Promise<readonly HourOfChanges[]> {
    const rows = await this.#database.all(
      `SELECT at, to_referral, to_crm FROM operations_hours WHERE connection_id = ? AND at >= ?
        ORDER BY at`,
      [this.#connectionId, since],
    );
    return rows.map((row) => ({
      at: Number(row.at),
      toPartnerCenter: Number(row.to_referral),
      toCrm: Number(row.to_crm),
    }));
  }

  async samples(since: number): Promise<readonly Sample[]> {
    const rows = await this.#database.all(
      `SELECT at, document FROM operations_samples WHERE connection_id = ? AND at >= ?
        ORDER BY at`,
      [this.#connectionId, since],
    );
    return rows.map((row) => ({ at: Number(row.at), ...JSON.parse(String(row.document)) }));
  }
}
