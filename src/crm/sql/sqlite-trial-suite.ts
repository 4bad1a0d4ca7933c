import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  trialLayout as layout,
  type SqlWorldKind,
  trialStages as stages,
} from "./conformance-world-suite.ts";

/** A new file for a database. */
export async function openSqliteFile() {
  const folder = mkdtempSync(join(tmpdir(), "sql-crm-"));
  const drop = async () => rmSync(folder, { recursive: true, force: true });
  return { url: join(folder, "crm.sqlite"), drop };
}

/** Tables of a home-grown CRM. */
export const sqliteTables = [
  `CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, zip TEXT, country TEXT)`,
  `CREATE TABLE helps (code TEXT PRIMARY KEY)`,
  `INSERT INTO helps VALUES ('GeneralOrOther'), ('QuotesOrLicensing')`,
  `CREATE TABLE deals (
    id INTEGER PRIMARY KEY, title VARCHAR(300) NOT NULL, amount REAL, notes VARCHAR(2000),
    closes_on TEXT, help TEXT REFERENCES helps (code),
    status TEXT NOT NULL DEFAULT 'open' CHECK (status IN (${stages})),
    customer_id INTEGER REFERENCES customers (id), referral_id TEXT UNIQUE, changed_at INTEGER)`,
  `CREATE TABLE deal_solutions (
    deal_id INTEGER NOT NULL REFERENCES deals (id) ON DELETE CASCADE, code TEXT, name TEXT)`,
];

/** Whole seconds, integer ids, no mark of deletion. */
export const sqliteTrial: SqlWorldKind = { open: openSqliteFile, schema: sqliteTables, layout };
