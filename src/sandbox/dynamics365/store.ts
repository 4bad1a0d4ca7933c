import type { Migration, Queryable, Row, Transaction } from "../../storage/port.ts";

/** A row's values by property name, as the Web API shows them. */
export type Document = Readonly<Record<string, unknown>>;

/** A row with its version: the number behind its ETag and its place among the changes. */
export interface StoredRow {
  readonly id: string;
  readonly version: number;
  readonly document: Document;
}

/** A row that is gone. */
export interface Tombstone {
  readonly id: string;
  readonly version: number;
}

/**
 * The emulator's schema: rows as JSON, in order of their versions; unique values of alternate
 * keys; tombstones.
 */
export const storeMigrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE dataverse_rows (table_name TEXT NOT NULL, id TEXT NOT NULL,
        version BIGINT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (table_name, id))`,
      "CREATE INDEX dataverse_rows_version ON dataverse_rows (table_name, version)",
      `CREATE TABLE dataverse_tombstones (table_name TEXT NOT NULL, id TEXT NOT NULL,
        version BIGINT NOT NULL, PRIMARY KEY (table_name, id))`,
      `CREATE TABLE dataverse_keys (table_name TEXT NOT NULL, key_name TEXT NOT NULL,
        key_value TEXT NOT NULL, id TEXT NOT NULL,
        PRIMARY KEY (table_name, key_name, key_value))`,
      "CREATE INDEX dataverse_keys_row ON dataverse_keys (table_name, id)",
      "CREATE TABLE dataverse_settings (name TEXT PRIMARY KEY, document TEXT NOT NULL)",
    ],
  },
];

function storedRow(row: Row): StoredRow {
  return {
    id: String(row.id),
    version: Number(row.version),
    document: JSON.parse(String(row.document)) as Document,
  };
}

/** One row, or undefined. */
export async function findRow(
  database: Queryable,
  table: string,
  id: string,
): Promise<StoredRow | undefined> {
  const row = await database.get(
    "SELECT id, version, document FROM dataverse_rows WHERE table_name = ? AND id = ?",
    [table, id],
  );
  return row && storedRow(row);
}

/** Every row of a table with a version after `version`, oldest change first. */
export async function rowsAfter(
  database: Queryable,
  table: string,
  version: number,
): Promise<readonly StoredRow[]> {
  const rows = await database.all(
    `SELECT id, version, document FROM dataverse_rows
      WHERE table_name = ? AND version > ? ORDER BY version`,
    [table, version],
  );
  return rows.map(storedRow);
}

/** Every deletion in a table after `version`, oldest first. */
export async function tombstonesAfter(
  database: Queryable,
  table: string,
  version: number,
): Promise<readonly Tombstone[]> {
  const rows = await database.all(
    `SELECT id, version FROM dataverse_tombstones
      WHERE table_name = ? AND version > ? ORDER BY version`,
    [table, version],
  );
  return rows.map((row) => ({ id: String(row.id), version: Number(row.version) }));
}

/** The id of the row that holds a value of an alternate key. */
export async function findByKey(
  database: Queryable,
  table: string,
  key: string,
  value: string,
): Promise<string | undefined> {
  const row = await database.get(
    "SELECT id FROM dataverse_keys WHERE table_name = ? AND key_name = ? AND key_value = ?",
    [table, key, value],
  );
  return row && String(row.id);
}

/** The highest version given out so far. */
export async function lastVersion(database: Queryable): Promise<number> {
  const setting = await readSetting(database, "version");
  return typeof setting === "number" ? setting : firstVersion;
}

// Real organisations never start at one: a client that assumes small numbers is found out early.
const firstVersion = 915_000;

/** Gives out the next version; versions rise in the order of the transactions. */
export async function nextVersion(transaction: Transaction): Promise<number> {
  const version = (await lastVersion(transaction)) + 1;
  await writeSetting(transaction, "version", version);
  return version;
}

/** Writes a row and its values of alternate keys, whether it was there or not. */
export async function saveRow(
  transaction: Transaction,
  table: string,
  row: StoredRow,
  keyValues: Readonly<Record<string, string>>,
): Promise<void> {
  await transaction.run(
    `INSERT INTO dataverse_rows (table_name, id, version, document) VALUES (?, ?, ?, ?)
      ON CONFLICT (table_name, id) DO UPDATE
      SET version = excluded.version, document = excluded.document`,
    [table, row.id, row.version, JSON.stringify(row.document)],
  );
  await transaction.run("DELETE FROM dataverse_tombstones WHERE table_name = ? AND id = ?", [
    table,
    row.id,
  ]);
  await saveKeys(transaction, table, row.id, keyValues);
}

/** Replaces a row's values of alternate keys. */
export async function saveKeys(
  transaction: Transaction,
  table: string,
  id: string,
  keyValues: Readonly<Record<string, string>>,
): Promise<void> {
  await transaction.run("DELETE FROM dataverse_keys WHERE table_name = ? AND id = ?", [table, id]);
  for (const [key, value] of Object.entries(keyValues)) {
    await transaction.run(
      "INSERT INTO dataverse_keys (table_name, key_name, key_value, id) VALUES (?, ?, ?, ?)",
      [table, key, value, id],
    );
  }
}

/** Removes a row and leaves a tombstone. */
export async function removeRow(
  transaction: Transaction,
  table: string,
  id: string,
  version: number,
): Promise<void> {
  await transaction.run("DELETE FROM dataverse_rows WHERE table_name = ? AND id = ?", [table, id]);
  await transaction.run("DELETE FROM dataverse_keys WHERE table_name = ? AND id = ?", [table, id]);
  await transaction.run(
    "INSERT INTO dataverse_tombstones (table_name, id, version) VALUES (?, ?, ?)",
    [table, id, version],
  );
}

/** A stored setting, parsed; undefined where there is none. */
export async function readSetting(database: Queryable, name: string): Promise<unknown> {
  const row = await database.get("SELECT document FROM dataverse_settings WHERE name = ?", [name]);
  return row && (JSON.parse(String(row.document)) as unknown);
}

/** Stores a setting as JSON. */
export async function writeSetting(
  transaction: Transaction,
  name: string,
  value: unknown,
): Promise<void> {
  await transaction.run(
    `INSERT INTO dataverse_settings (name, document) VALUES (?, ?)
      ON CONFLICT (name) DO UPDATE SET document = excluded.document`,
    [name, JSON.stringify(value)],
  );
}
