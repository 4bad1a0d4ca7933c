import type { DialectName } from "../../storage/index.ts";

/** How a database finds deals by the beginnings of the words in `operations_deal_rows.words`. */
interface WordIndex {
  /** Statements that create it, behind the table's own. */
  readonly create: readonly string[];
  /** A query of the numbers of the deals that have a word for each beginning; one `?`. */
  readonly search: string;
  /** The value of that `?`; words hold letters and digits alone. */
  pattern(words: readonly string[]): string;
}

const forget = `INSERT INTO operations_deal_words (operations_deal_words, rowid, words)
  VALUES ('delete', old."number", old.words);`;
const learn = 'INSERT INTO operations_deal_words (rowid, words) VALUES (new."number", new.words);';

/** Each database's own index of words, which follows its table by itself. */
export const wordIndexes: Readonly<Record<DialectName, WordIndex>> = {
  sqlite: {
    create: [
      // The tokenizer `ascii` splits at spaces and takes every letter beyond ASCII as it is.
      `CREATE VIRTUAL TABLE operations_deal_words USING fts5 (words, content = '',
        detail = none, columnsize = 0, tokenize = 'ascii', prefix = '1 2')`,
      `CREATE TRIGGER operations_deal_rows_added AFTER INSERT ON operations_deal_rows
        BEGIN ${learn} END`,
      `CREATE TRIGGER operations_deal_rows_changed AFTER UPDATE OF words ON operations_deal_rows
        WHEN old.words <> new.words BEGIN ${forget} ${learn} END`,
      `CREATE TRIGGER operations_deal_rows_removed AFTER DELETE ON operations_deal_rows
        BEGIN ${forget} END`,
    ],
    search: "SELECT rowid FROM operations_deal_words WHERE operations_deal_words MATCH ?",
    pattern: (words) => words.map((word) => `"${word}"*`).join(" "),
  },
  postgres: {
    create: [
      `ALTER TABLE operations_deal_rows ADD COLUMN word_list TSVECTOR
        GENERATED ALWAYS AS (array_to_tsvector(string_to_array(words, ' '))) STORED`,
      "CREATE INDEX operations_deal_words ON operations_deal_rows USING GIN (word_list)",
    ],
    search: 'SELECT "number" FROM operations_deal_rows WHERE word_list @@ CAST(? AS tsquery)',
    pattern: (words) => words.map((word) => `'${word}':*`).join(" & "),
  },
};
