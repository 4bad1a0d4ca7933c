import { describe } from "vitest";
import { databaseReadingSuite } from "../../src/storage/database-reading-suite.ts";
import { databaseSuite, type SuiteDatabase } from "../../src/storage/database-suite.ts";
import { openDatabase } from "../../src/storage/index.ts";
import { postgresForTests } from "../postgres.ts";

const postgres = await postgresForTests();

async function createDatabase(): Promise<SuiteDatabase> {
  if (postgres === undefined) throw new Error("unreachable: the suite is skipped");
  const { url, drop } = await postgres.createDatabase();
  const database = await openDatabase(url);
  return {
    database,
    openAgain: () => openDatabase(url),
    async remove() {
      await database.close();
      await drop();
    },
  };
}

describe.skipIf(postgres === undefined)("PostgreSQL", () => {
  databaseSuite(createDatabase);
  databaseReadingSuite(createDatabase);
});
