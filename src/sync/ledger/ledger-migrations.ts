import type { Migration } from "../../storage/port.ts";

/** The name under which the ledger's migrations are counted. */
export const ledgerSchema = "sync-ledger";

/**
 * The ledger's tables, in SQL that both databases take. A row holds its object as JSON text; what
 * is
 * searched by stands beside it in columns.
 */
export const ledgerMigrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE ledger_connections (
        connection_id TEXT PRIMARY KEY, revision BIGINT NOT NULL, document TEXT NOT NULL)`,
      `CREATE TABLE ledger_pairs (
        connection_id TEXT NOT NULL, pair_id TEXT NOT NULL, revision BIGINT NOT NULL,
        state TEXT NOT NULL, referral_id TEXT, record_id TEXT, engagement_id TEXT,
        match_key TEXT, claim TEXT, due_at BIGINT, due_rank BIGINT, due_priority TEXT,
        search_text TEXT NOT NULL, document TEXT NOT NULL,
        PRIMARY KEY (connection_id, pair_id))`,
      `CREATE UNIQUE INDEX ledger_pairs_referral ON ledger_pairs (connection_id, referral_id)
        WHERE referral_id IS NOT NULL`,
      `CREATE UNIQUE INDEX ledger_pairs_record ON ledger_pairs (connection_id, record_id)
        WHERE record_id IS NOT NULL`,
      `CREATE INDEX ledger_pairs_engagement ON ledger_pairs (connection_id, engagement_id)
        WHERE engagement_id IS NOT NULL`,
      `CREATE INDEX ledger_pairs_match ON ledger_pairs (connection_id, match_key)
        WHERE match_key IS NOT NULL`,
      `CREATE INDEX ledger_pairs_claim ON ledger_pairs (connection_id, claim)
        WHERE claim IS NOT NULL`,
      `CREATE INDEX ledger_pairs_due ON ledger_pairs (connection_id, due_at)
        WHERE due_at IS NOT NULL`,
      `CREATE INDEX ledger_pairs_class
        ON ledger_pairs (connection_id, due_rank, due_at, pair_id) WHERE due_rank IS NOT NULL`,
      "CREATE INDEX ledger_pairs_state ON ledger_pairs (connection_id, state, pair_id)",
      `CREATE TABLE ledger_history (
        connection_id TEXT NOT NULL, sequence BIGINT NOT NULL, pair_id TEXT NOT NULL,
        document TEXT NOT NULL, PRIMARY KEY (connection_id, sequence))`,
      `CREATE INDEX ledger_history_pair
        ON ledger_history (connection_id, pair_id, sequence)`,
      `CREATE TABLE ledger_inbox (
        connection_id TEXT NOT NULL, item_id TEXT NOT NULL, kind TEXT NOT NULL, pair_id TEXT,
        is_open BIGINT NOT NULL, opened_at BIGINT NOT NULL, document TEXT NOT NULL,
        PRIMARY KEY (connection_id, item_id))`,
      `CREATE INDEX ledger_inbox_open
        ON ledger_inbox (connection_id, is_open, opened_at, item_id)`,
      "CREATE INDEX ledger_inbox_pair ON ledger_inbox (connection_id, pair_id)",
      `CREATE TABLE ledger_budgets (
        quota_owner TEXT PRIMARY KEY, revision BIGINT NOT NULL, document TEXT NOT NULL)`,
    ],
  },
  {
    version: 2,
    statements: ["ALTER TABLE ledger_connections ADD COLUMN sends BIGINT NOT NULL DEFAULT 0"],
  },
];
