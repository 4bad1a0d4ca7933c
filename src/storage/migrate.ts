import type { Database, Migration, Transaction } from "./port.ts";
import { StorageError } from "./storage-error.ts";

const createTable =
  "CREATE TABLE IF NOT EXISTS schema_versions (schema_name TEXT PRIMARY KEY, version INTEGER NOT NULL)";

async function presentVersion(transaction: Transaction, schema: string): Promise<number> {
  const row = await transaction.get("SELECT version FROM schema_versions WHERE schema_name = ?", [
    schema,
  ]);
  return Number(row?.version ?? 0);
}

function assertInOrder(schema: string, migrations: readonly Migration[]): void {
  migrations.forEach((migration, index) => {
    if (migration.version !== index + 1) {
      throw new RangeError(
        `migrations of "${schema}" must be numbered 1, 2, 3, …: found ${migration.version} at place ${index + 1}`,
      );
    }
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
  await database.transaction(async (transaction) => {
    await transaction.run(createTable);
  });
  const found = await database.transaction((transaction) => presentVersion(transaction, schema));
  if (found > migrations.length) {
    throw new StorageError(
      "databaseTooNew",
      `the "${schema}" tables have version ${found}, this release knows ${migrations.length}: start a newer release`,
    );
  }
  for (const migration of migrations.slice(found)) {
    await database.transaction(async (transaction) => {
      if ((await presentVersion(transaction, schema)) >= migration.version) return;
      for (const statement of migration.statements) await transaction.run(statement);
      await transaction.run(
        "INSERT INTO schema_versions (schema_name, version) VALUES (?, ?) ON CONFLICT (schema_name) DO UPDATE SET version = excluded.version",
        [schema, migration.version],
      );
    });
  }
}
