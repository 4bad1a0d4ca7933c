import type { DealProperties } from "../../contract/index.ts";
import { type DialectName, dialects, type Migration } from "../../storage/index.ts";
import { dealColumns, dealPropertyNames } from "./deal-columns.ts";
import { wordIndexes } from "./word-index.ts";

/** The name under which the migrations of the list of deals are counted. */
export const dealSchema = "operations-deals";

/** The name under which its indexes are counted, which come after the first fill. */
export const dealIndexSchema = "operations-deals-indexes";

/**
 * The type of a primary key that the database counts up by itself, and of one that refers to it.
 */
const keys: Readonly<Record<DialectName, { readonly counted: string; readonly given: string }>> = {
  sqlite: { counted: "INTEGER PRIMARY KEY", given: "INTEGER PRIMARY KEY" },
  postgres: {
    counted: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    given: "BIGINT PRIMARY KEY",
  },
};

function columnsOf(dialect: DialectName): string {
  const { text, double } = dialects[dialect].types;
  const columns = dealPropertyNames.map((name) => {
    const { form, nullable } = dealColumns[name];
    return `"${name}" ${form === "number" ? double : text}${nullable ? "" : " NOT NULL"}`;
  });
  return columns.join(", ");
}

/**
 * A projection of the ledger that the page reads: it can be thrown away and built anew at any
 * time. What is filtered and sorted by lies apart from what is shown, so that a query which no
 * index serves reads little.
 */
export function dealMigrations(dialect: DialectName): readonly Migration[] {
  const { counted, given } = keys[dialect];
  const statements = [
    "DROP TABLE IF EXISTS operations_deals",
    "DROP TABLE IF EXISTS operations_deal_words",
    `CREATE TABLE operations_deals ("number" ${counted}, connection_id TEXT NOT NULL,
      revision BIGINT NOT NULL, pending_since BIGINT, ${columnsOf(dialect)},
      UNIQUE (connection_id, "id"))`,
    `CREATE INDEX operations_deals_pending ON operations_deals (connection_id, pending_since)
      WHERE pending_since IS NOT NULL`,
    `CREATE TABLE operations_deal_rows ("number" ${given}, words TEXT NOT NULL,
      document TEXT NOT NULL)`,
    "CREATE TABLE operations_deal_shapes (connection_id TEXT PRIMARY KEY, shape TEXT NOT NULL)",
    ...wordIndexes[dialect].create,
  ];
  // The first version was another shape, which is thrown away.
  return [
    { version: 1, statements: [] },
    { version: 2, statements },
  ];
}

type IndexTerms = readonly [
  name: string,
  first: keyof DealProperties,
  ...others: (keyof DealProperties)[],
];

/**
 * What the index of the usual order carries along, so that a filter over these is answered by
 * reading it alone: a third of the bytes, and in order.
 */
const carried: readonly (keyof DealProperties)[] = [
  "state",
  "status",
  "substatus",
  "crmValue",
  "referralValue",
  "currency",
  "country",
  "closes",
];

/** The properties that the index of the usual order holds. */
export const dealsInUsualOrder: {
  readonly index: string;
  readonly properties: ReadonlySet<string>;
} = { index: "operations_deals_changed", properties: new Set(["changed", ...carried]) };

const indexed: readonly IndexTerms[] = [
  ["changed", "changed"],
  ["title", "title"],
  ["crm_value", "crmValue"],
  ["referral_value", "referralValue"],
  ["closes", "closes"],
  ["created", "created"],
  ["expires", "expires"],
  ["state", "state", "changed"],
  ["status", "status", "closes"],
  ["substatus", "substatus", "closed"],
  ["country", "country"],
  ["customer", "customer"],
  ["problem", "problemCode"],
  ["referral", "referralId"],
  ["crm", "crmId"],
  ["engagement", "engagementId"],
];

const assumedRows = 100_000;
/** Properties with few values, each of which many deals share. */
const fewValues: ReadonlySet<string> = new Set([
  "state",
  "status",
  "substatus",
  "country",
  "problemCode",
]);

/** How many rows an index is told to find for a value of each of its columns. */
function rowsPerPrefix([, ...columns]: IndexTerms): readonly number[] {
  const rows = columns.map((name, at) => (at === 0 && fewValues.has(name) ? 20_000 : 10));
  return [assumedRows, assumedRows, ...rows, 1];
}

/**
 * What the database is told of the values to choose among the indexes. SQLite plans without
 * statistics unless it is told some, and those of a first start with few deals would mislead it
 * later; PostgreSQL gathers its own.
 */
const statistics: Readonly<Record<DialectName, readonly string[]>> = {
  sqlite: [
    "ANALYZE sqlite_schema",
    "DELETE FROM sqlite_stat1 WHERE tbl = 'operations_deals'",
    ...[
      ...indexed.map((terms) => [`operations_deals_${terms[0]}`, rowsPerPrefix(terms)] as const),
      ["sqlite_autoindex_operations_deals_1", [assumedRows, assumedRows, 1]] as const,
      ["operations_deals_pending", [100, 100, 1]] as const,
    ].map(([index, sizes]) => {
      return `INSERT INTO sqlite_stat1
        VALUES ('operations_deals', '${index}', '${sizes.join(" ")}')`;
    }),
  ],
  postgres: [],
};

/** The index that begins with a property. */
export const dealIndexes: ReadonlyMap<string, string> = new Map(
  indexed.map(([name, first]) => [first, `operations_deals_${name}`]),
);

/**
 * The indexes, each in a step of its own. They come after the first fill: sorting once costs a
 * tenth of finding each row's place in each of them.
 */
export function dealIndexMigrations(dialect: DialectName): readonly Migration[] {
  const { index: usual } = dealsInUsualOrder;
  const quoted = (columns: readonly string[]) => columns.map((column) => `"${column}"`).join(", ");
  const steps = indexed.map(([name, ...columns]) => {
    // Its first form carried nothing along; the last step makes it.
    if (`operations_deals_${name}` === usual) return [];
    const terms = quoted([...columns, "number"]);
    return [`CREATE INDEX operations_deals_${name} ON operations_deals (connection_id, ${terms})`];
  });
  const wide = [
    `DROP INDEX IF EXISTS ${usual}`,
    `CREATE INDEX ${usual}
      ON operations_deals (connection_id, ${quoted(["changed", "number", ...carried])})`,
  ];
  // Statistics go with the index that they are of.
  return [...steps, [], [...wide, ...statistics[dialect]]].map((statements, index) => {
    return { version: index + 1, statements };
  });
}
