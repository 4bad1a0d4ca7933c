import { describeCrmAdapter } from "../conformance/crm-adapter-suite.ts";
import {
  trialLayout as layout,
  openSqlWorld,
  type SqlWorldKind,
} from "./conformance-world-suite.ts";
import { openSqliteFile, sqliteTables, sqliteTrial } from "./sqlite-trial-suite.ts";

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

describeCrmAdapter("A table of SQLite", () => openSqlWorld(sqliteTrial));
describeCrmAdapter("A view of SQLite", () => openSqlWorld(viewOnSqlite));
