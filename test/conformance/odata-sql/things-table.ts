import { afterAll, beforeAll, describe } from "vitest";
import {
  dialects,
  migrate,
  odataMigrations,
  openDatabase,
  type PromotedColumn,
} from "../../../src/storage/index.ts";
import type { Database, DialectName, SqlValue } from "../../../src/storage/port.ts";
import { postgresForTests } from "../../postgres.ts";

/** The columns beside the documents. */
export const promoted: Readonly<Record<string, PromotedColumn>> = {
  id: { column: "id", form: "text", nullable: false },
  text: { column: "text", form: "text" },
  type: { column: "type", form: "text" },
  price: { column: "price", form: "number" },
  stamp: { column: "stamp", form: "stamp" },
  "inner/text": { column: "innerText", form: "text" },
};

const textOrNull = (value: unknown): SqlValue => (typeof value === "string" ? value : null);

async function createTable(database: Database): Promise<void> {
  await migrate(database, "odata", odataMigrations(database.dialect));
  const { text, double } = dialects[database.dialect].types;
  await database.transaction(async (transaction) => {
    await transaction.run(`CREATE TABLE "things" ("id" ${text} PRIMARY KEY, "text" ${text},
      "type" ${text}, "price" ${double}, "stamp" ${text}, "innerText" ${text},
      "document" TEXT NOT NULL)`);
    for (const column of ["text", "price", "stamp"]) {
      await transaction.run(`CREATE INDEX "things_${column}" ON "things" ("${column}")`);
    }
  });
}

/** Puts documents in place of those that were there. */
export async function storeThings(database: Database, texts: readonly string[]): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.run('DELETE FROM "things"');
    for (const text of texts) {
      const document = JSON.parse(text) as Record<string, unknown>;
      const inner = document.inner as { text?: unknown } | null | undefined;
      await transaction.run('INSERT INTO "things" VALUES (?, ?, ?, ?, ?, ?, ?)', [
        textOrNull(document.id),
        textOrNull(document.text),
        textOrNull(document.type),
        typeof document.price === "number" ? document.price : null,
        textOrNull(document.stamp),
        Array.isArray(inner) ? null : textOrNull(inner?.text),
        text,
      ]);
    }
  });
}

/** Runs tests on an empty table of things in each of the databases. */
export async function onDatabases(
  names: readonly DialectName[],
  tests: (database: () => Database) => void,
): Promise<void> {
  const postgres = names.includes("postgres") ? await postgresForTests() : undefined;
  describe.each(names)("on %s", (dialect) => {
    describe.skipIf(dialect === "postgres" && !postgres)("SQL", () => {
      let database: Database;
      let release = async (): Promise<void> => {};
      beforeAll(async () => {
        const created = dialect === "postgres" ? await postgres?.createDatabase() : undefined;
        database = await openDatabase(created?.url ?? ":memory:");
        release = async () => {
          await database.close();
          await created?.drop();
        };
        await createTable(database);
      });
      afterAll(() => release());
      tests(() => database);
    });
  });
}
