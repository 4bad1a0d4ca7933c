import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe } from "vitest";
import { migrate, openDatabase } from "../../src/storage/index.ts";
import type { Database } from "../../src/storage/port.ts";
import { createMemoryLedger, openLedger } from "../../src/sync/index.ts";
import { type LedgerUnderTest, ledgerSuite } from "../../src/sync/ledger/ledger-suite.ts";
import { postgresForTests } from "../postgres.ts";

async function ledgersIn(database: Database, after: () => Promise<void>): Promise<LedgerUnderTest> {
  return {
    ledger: await openLedger(database, "one", migrate),
    other: await openLedger(database, "two", migrate),
    close: async () => {
      await database.close();
      await after();
    },
  };
}

ledgerSuite("in memory", async () => ({
  ledger: createMemoryLedger(),
  close: async () => {},
}));

const folder = mkdtempSync(join(tmpdir(), "partner-referrals-ledger-"));
let count = 0;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

ledgerSuite("in SQLite", async () => {
  count += 1;
  return ledgersIn(await openDatabase(join(folder, `${count}.sqlite`)), async () => {});
});

const postgres = await postgresForTests();

describe.skipIf(postgres === undefined)("with PostgreSQL", () => {
  ledgerSuite("in PostgreSQL", async () => {
    const created = await postgres?.createDatabase();
    return ledgersIn(await openDatabase(created?.url ?? ""), async () => created?.drop());
  });
});
