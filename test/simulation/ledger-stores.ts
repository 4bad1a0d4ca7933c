import { type Database, migrate, openDatabase } from "../../src/storage/index.ts";
import type { Ledger } from "../../src/sync/ledger/ledger-port.ts";
import { createMemoryLedger, type LedgerSnapshot } from "../../src/sync/ledger/memory-ledger.ts";
import { openLedger } from "../../src/sync/ledger/sql-ledger.ts";
import type { Schedule } from "./schedule/schedule.ts";

/**
 * The durable memory of one organisation's engine: what survives its crashes and what a backup
 * brings back.
 */
export interface LedgerStore {
  ledger(): Ledger;
  backUp(): Promise<void>;
  /** Puts the last backup back; false where none was made. */
  restore(): Promise<boolean>;
}

/** Opens the store of each organisation of a schedule, empty. */
export function openStores(
  schedule: Schedule,
  organisations: readonly string[],
): Promise<readonly LedgerStore[]> {
  return schedule.settings.ledger === "memory"
    ? Promise.resolve(memoryStores(schedule, organisations))
    : sqliteStores(schedule, organisations);
}

/**
 * A tenant's budget row is shared by its connections: in memory, all of them ask the first one's
 * ledger.
 */
function memoryStores(schedule: Schedule, organisations: readonly string[]): LedgerStore[] {
  const stores: LedgerStore[] = [];
  for (const _organisation of organisations) {
    let own = createMemoryLedger();
    let backup: LedgerSnapshot | undefined;
    const isFirst = stores.length === 0;
    const budgetLedger = (): Ledger => stores[0]?.ledger() ?? own;
    stores.push({
      ledger: () =>
        isFirst || !schedule.settings.sharesQuota ? own : withBudgetOf(own, budgetLedger()),
      backUp: async () => {
        backup = own.snapshot();
      },
      restore: async () => {
        if (backup) own = createMemoryLedger(backup);
        return backup !== undefined;
      },
    });
  }
  return stores;
}

function withBudgetOf(ledger: Ledger, owner: Ledger): Ledger {
  return new Proxy(ledger, {
    get(target, name) {
      const holder = name === "budget" || name === "swapBudget" ? owner : target;
      const member: unknown = Reflect.get(holder, name, holder);
      return typeof member === "function" ? member.bind(holder) : member;
    },
  });
}

const tables = ["ledger_connections", "ledger_pairs", "ledger_history", "ledger_inbox"] as const;

/**
 * One database serves many schedules, each under its own connection ids; after so many a new one
 * is begun.
 */
const schedulesPerDatabase = 200;
let shared: { readonly database: Database; used: number } | undefined;

async function sharedDatabase(): Promise<Database> {
  if (shared && shared.used >= schedulesPerDatabase) await closeStores();
  shared ??= { database: await openDatabase(":memory:"), used: 0 };
  shared.used += 1;
  return shared.database;
}

/** Closes the database that the SQLite schedules of this thread shared. */
export async function closeStores(): Promise<void> {
  const database = shared?.database;
  shared = undefined;
  await database?.close();
}

async function sqliteStores(
  schedule: Schedule,
  organisations: readonly string[],
): Promise<LedgerStore[]> {
  const database = await sharedDatabase();
  return Promise.all(
    organisations.map(async (organisation) => {
      const id = connectionIdOf(schedule, organisation);
      const ledger = await openLedger(database, id, migrate);
      await clear(database, id);
      let backup: Backup | undefined;
      return {
        ledger: () => ledger,
        backUp: async () => {
          backup = await copyOf(database, id);
        },
        restore: async () => {
          if (backup) await putBack(database, id, backup);
          return backup !== undefined;
        },
      };
    }),
  );
}

/** The name of an organisation's connection in a database that many schedules share. */
export function connectionIdOf(schedule: Schedule, organisation: string): string {
  return `${schedule.seed}-${organisation}`;
}

type Backup = ReadonlyMap<string, Awaited<ReturnType<Database["all"]>>>;

async function clear(database: Database, id: string): Promise<void> {
  await database.transaction(async (transaction) => {
    for (const table of tables) {
      await transaction.run(`DELETE FROM ${table} WHERE connection_id = ?`, [id]);
    }
    await transaction.run("DELETE FROM ledger_budgets WHERE quota_owner LIKE ?", [
      `${id.split("-")[0]}-%`,
    ]);
  });
}

async function copyOf(database: Database, id: string): Promise<Backup> {
  const copy = new Map<string, Awaited<ReturnType<Database["all"]>>>();
  for (const table of tables) {
    copy.set(table, await database.all(`SELECT * FROM ${table} WHERE connection_id = ?`, [id]));
  }
  return copy;
}

async function putBack(database: Database, id: string, backup: Backup): Promise<void> {
  await database.transaction(async (transaction) => {
    for (const table of tables) {
      await transaction.run(`DELETE FROM ${table} WHERE connection_id = ?`, [id]);
      for (const row of backup.get(table) ?? []) {
        const columns = Object.keys(row);
        await transaction.run(
          `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
          Object.values(row),
        );
      }
    }
  });
}
