import type { Database, DialectName, Migration, Queryable } from "./port.ts";
import { StorageError } from "./storage-error.ts";

const createTable =
  "CREATE TABLE IF NOT EXISTS schema_versions" +
  " (schema_name TEXT PRIMARY KEY, version INTEGER NOT NULL)";

interface Turns {
  readonly beforeCreating: string;
  readonly beforeMigrating: string;
}

/**
 * How processes that start together take turns; on SQLite a write transaction is alone anyway. On
 * PostgreSQL even IF NOT EXISTS fails where two create at the same moment, and a lock must come
 * before the first SELECT, which fixes what a transaction sees.
 */
const turns: Readonly<Record<DialectName, Turns | undefined>> = {
  sqlite: undefined,
  postgres: {
    beforeCreating: "SELECT pg_advisory_xact_lock(7265666572)",
    beforeMigrating: "LOCK TABLE schema_versions IN EXCLUSIVE MODE",
  },
};

const upsertVersion = `INSERT INTO schema_versions (schema_name, version) VALUES (?, ?)
  ON CONFLICT (schema_name) DO UPDATE SET version = excluded.version`;

async function presentVersion(from: Queryable, schema: string): Promise<number> {
  const row = await from.get("SELECT version FROM schema_versions WHERE schema_name = ?", [schema]);
  return Number(row?.version ?? 0);
}

function assertInOrder(schema: string, migrations: readonly Migration[]): void {
  migrations.forEach((migration, index) => {
    if (migration.version !== index + 1) {
      throw new RangeError(
        `migrations of "${schema}" must be numbered 1, 2, 3, …:` +
          ` found ${migration.version} at place ${index + 1}`,
      );
    }
  });
}

async function createVersions(database: Database): Promise<void> {
  const turn = turns[database.dialect];
  await database.transaction(async (transaction) => {
    if (turn) await transaction.run(turn.beforeCreating);
    await transaction.run(createTable);
  });
}

async function applyOne(database: Database, schema: string, migration: Migration): Promise<void> {
  const turn = turns[database.dialect];
  await database.transaction(async (transaction) => {
    if (turn) await transaction.run(turn.beforeMigrating);
    if ((await presentVersion(transaction, schema)) >= migration.version) return;
    for (const statement of migration.statements) await transaction.run(statement);
    await transaction.run(upsertVersion, [schema, migration.version]);
  });
}

/**
 * Brings the tables of one schema name to the newest version; several processes may do so at once.
 * Errors: StorageError `databaseTooNew` where a newer release has already changed them.
 */
export async function migrate(
  database: Database,
  schema: string,
  migrations: readonly Migration[],
): Promise<void> {
  assertInOrder(schema, migrations);
  await createVersions(database);
  const found = await presentVersion(database, schema);
  if (found > migrations.length) {
    throw new StorageError(
      "databaseTooNew",
      `the "${schema}" tables have version ${found},` +
        ` this release knows ${migrations.length}: start a newer release`,
    );
  }
  for (const migration of migrations.slice(found)) await applyOne(database, schema, migration);
}
