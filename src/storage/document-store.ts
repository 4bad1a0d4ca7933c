import type { Clock } from "../runtime/index.ts";
import { migrate } from "./migrate.ts";
import type { Database, DocumentStore, Migration, Row } from "./port.ts";

const migrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE documents (
        kind TEXT NOT NULL, key TEXT NOT NULL, text TEXT NOT NULL, expires_at BIGINT,
        PRIMARY KEY (kind, key))`,
      "CREATE INDEX documents_expires_at ON documents (expires_at)",
    ],
  },
];

const selectOne = "SELECT text, expires_at FROM documents WHERE kind = ? AND key = ?";
const deleteOne = "DELETE FROM documents WHERE kind = ? AND key = ?";
const deleteEnded = "DELETE FROM documents WHERE expires_at <= ?";
const putsPerSweep = 100;
const insertOne = "INSERT INTO documents (kind, key, text, expires_at) VALUES (?, ?, ?, ?)";

/** A DocumentStore in a table of its own, which now and then clears itself of what has ended. */
export async function openDocumentStore(database: Database, clock: Clock): Promise<DocumentStore> {
  await migrate(database, "documents", migrations);
  const living = (row: Row | undefined): string | undefined => {
    const isOver = row?.expires_at != null && Number(row.expires_at) <= clock.now();
    return row === undefined || isOver ? undefined : String(row.text);
  };
  let puts = 0;
  const isSweepDue = (): boolean => {
    puts += 1;
    return puts % putsPerSweep === 0;
  };
  return {
    get: async (kind, key) => living(await database.get(selectOne, [kind, key])),
    put: (kind, key, text, expiresAtMs) =>
      database.transaction(async (transaction) => {
        if (isSweepDue()) await transaction.run(deleteEnded, [clock.now()]);
        await transaction.run(
          `${insertOne} ON CONFLICT (kind, key)
           DO UPDATE SET text = excluded.text, expires_at = excluded.expires_at`,
          [kind, key, text, expiresAtMs ?? null],
        );
      }),
    putFirst: (kind, key, text) =>
      database.transaction(async (transaction) => {
        const present = living(await transaction.get(selectOne, [kind, key]));
        if (present !== undefined) return present;
        await transaction.run(deleteOne, [kind, key]);
        await transaction.run(insertOne, [kind, key, text, null]);
        return text;
      }),
    take: (kind, key) =>
      database.transaction(async (transaction) => {
        const present = living(await transaction.get(selectOne, [kind, key]));
        if (present !== undefined) await transaction.run(deleteOne, [kind, key]);
        return present;
      }),
    sweep: () => database.transaction((transaction) => transaction.run(deleteEnded, [clock.now()])),
  };
}
