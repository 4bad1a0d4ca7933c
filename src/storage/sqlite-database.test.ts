import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";
import { databaseReadingSuite } from "./database-reading-suite.ts";
import { databaseSuite, type SuiteDatabase } from "./database-suite.ts";
import { openDatabase } from "./open-database.ts";

async function createFile(): Promise<SuiteDatabase> {
  const folder = mkdtempSync(join(tmpdir(), "referrals-sqlite-"));
  const url = `sqlite:${join(folder, "suite.db")}`;
  const database = await openDatabase(url);
  return {
    database,
    openAgain: () => openDatabase(url),
    async remove() {
      await database.close();
      rmSync(folder, { recursive: true });
    },
  };
}

describe("SQLite", () => {
  databaseSuite(createFile);
  databaseReadingSuite(createFile);
});
