import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeCrmAdapter } from "../conformance/crm-adapter-suite.ts";
import {
  trialLayout as layout,
  openSqlWorld,
  type SqlWorldKind,
  trialStages as stages,
} from "./conformance-world-suite.ts";

async function openSqliteFile() {
  const folder = mkdtempSync(join(tmpdir(), "sql-crm-"));
  const drop = async () => rmSync(folder, { recursive: true, force: true });
  return { url: join(folder, "crm.sqlite"), drop };
}

const sqliteTables = [
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
const secondsOnSqlite: SqlWorldKind = { open: openSqliteFile, schema: sqliteTables, layout };

/** A view over tables with other names, deleted rows marked, and stamps set by triggers. */
const viewOnSqlite: SqlWorldKind = {
  open: openSqliteFile,
  setsStamp: false,
  layout: {
    ...layout,
    table: "open_deals",
    id: "deal_no",
    stampKind: "text",
    deleted: "is_gone",
    choices: { status: ["waiting", "open", "won", "lost"], help: ["QuotesOrLicensing"] },
  },
  schema: [
    ...sqliteTables.map((text) =>
      text.replace("TABLE deals (", "TABLE deals (is_gone BOOLEAN DEFAULT 0,"),
    ),
    `CREATE VIEW open_deals AS SELECT id AS deal_no, title, amount, notes, closes_on, help, status,
      customer_id, referral_id, is_gone,
      strftime('%Y-%m-%dT%H:%M:%fZ', changed_at / 1000.0, 'unixepoch') AS changed_at FROM deals`,
    `CREATE TRIGGER new_deal INSTEAD OF INSERT ON open_deals BEGIN
      INSERT INTO deals
        (title, amount, notes, closes_on, help, status, customer_id, referral_id, changed_at)
      VALUES (new.title, new.amount, new.notes, new.closes_on, new.help,
        COALESCE(new.status, 'open'), new.customer_id, new.referral_id,
        CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)); END`,
    `CREATE TRIGGER changed_deal INSTEAD OF UPDATE ON open_deals BEGIN
      UPDATE deals SET title = new.title, amount = new.amount, notes = new.notes,
        closes_on = new.closes_on, help = new.help, status = new.status,
        customer_id = new.customer_id, is_gone = new.is_gone,
        changed_at = CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)
      WHERE id = old.deal_no; END`,
  ],
};

describeCrmAdapter("A table of SQLite", () => openSqlWorld(secondsOnSqlite));
describeCrmAdapter("A view of SQLite", () => openSqlWorld(viewOnSqlite));
