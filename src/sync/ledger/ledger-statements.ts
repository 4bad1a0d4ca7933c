import { priorityRank } from "./ledger-queries.ts";

/** Placeholders for so many values. */
export const marks = (count: number): string => Array.from({ length: count }, () => "?").join(", ");

/** Stores a new pair. */
export const storePair = `INSERT INTO ledger_pairs (connection_id, pair_id, revision, state,
  referral_id, record_id, engagement_id, match_key, claim, due_at, due_rank, due_priority,
  search_text, document)
  VALUES (${marks(14)})`;

/** Stores a pair over the revision that it was read with. */
export const changePair = `UPDATE ledger_pairs SET revision = ?, state = ?, referral_id = ?,
  record_id = ?, engagement_id = ?, match_key = ?, claim = ?, due_at = ?,
  due_rank = ?, due_priority = ?, search_text = ?, document = ?
  WHERE connection_id = ? AND pair_id = ? AND revision = ?`;

/** Counts a write to the outside. */
export const countSend = "UPDATE ledger_connections SET sends = sends + 1 WHERE connection_id = ?";

/** Stores a question, new or answered. */
export const storeItem = `INSERT INTO ledger_inbox
  (connection_id, item_id, kind, pair_id, is_open, opened_at, document) VALUES (${marks(7)})
  ON CONFLICT (connection_id, item_id) DO UPDATE SET kind = excluded.kind,
  pair_id = excluded.pair_id, is_open = excluded.is_open, opened_at = excluded.opened_at,
  document = excluded.document`;

/** Where no more are due, all of them are read and sorted: a tenth of the cost by class. */
export const mostDueAtOnce = 50;

/**
 * What is due, whatever its class. The limit stands in the text, since SQLite compiles a statement
 * anew wherever a limit is bound: that cost two thirds of the query.
 */
export const dueByTime = `SELECT pair_id, due_at, due_rank, due_priority FROM ledger_pairs
  WHERE connection_id = ? AND due_at IS NOT NULL AND due_at <= ? ORDER BY due_at
  LIMIT ${mostDueAtOnce + 1}`;

/** The classes of due pairs, the most urgent first. */
export const dueRanks = Object.values(priorityRank);

/**
 * What is due, by class. One walk along the index per class: thousands of due pairs of a low class
 * cost a high one nothing.
 */
export const dueByRank = `SELECT pair_id, due_at, due_rank, due_priority FROM (${dueRanks
  .map(
    (rank) => `SELECT * FROM (SELECT pair_id, due_at, due_rank, due_priority FROM ledger_pairs
      WHERE connection_id = ? AND due_rank = ? AND due_at <= ? ORDER BY due_at, pair_id LIMIT ?)
      AS class_${rank}`,
  )
  .join(" UNION ALL ")}) AS due ORDER BY due_rank, due_at, pair_id LIMIT ?`;
