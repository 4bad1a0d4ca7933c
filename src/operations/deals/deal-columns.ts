import type { DealProperties, ModelType, PrimitiveType } from "../../contract/index.ts";
import type { Migration, PromotedColumn } from "../../storage/index.ts";

interface DealColumn {
  readonly type: PrimitiveType;
  readonly form: PromotedColumn["form"];
  readonly sql: "TEXT" | "DOUBLE PRECISION";
  /** True where the list may come in its order. */
  readonly isOrder: boolean;
  readonly nullable: boolean;
}

const text = (isOrder = false, nullable = true): DealColumn => {
  return { type: "String", form: "text", sql: "TEXT", isOrder, nullable };
};
const stamp = (isOrder = false): DealColumn => {
  return { type: "DateTimeOffset", form: "stamp", sql: "TEXT", isOrder, nullable: true };
};
const amount = (): DealColumn => {
  const sql = "DOUBLE PRECISION";
  return { type: "Double", form: "number", sql, isOrder: true, nullable: true };
};

/** The properties of a deal, each with a column of its own. */
export const dealColumns: Readonly<Record<keyof DealProperties, DealColumn>> = {
  id: text(false, false),
  title: text(true, false),
  customer: text(true),
  state: text(true, false),
  crmValue: amount(),
  referralValue: amount(),
  currency: text(),
  status: text(true),
  substatus: text(),
  closes: stamp(true),
  changed: stamp(true),
  expires: stamp(true),
  created: stamp(true),
  accepted: stamp(),
  closed: stamp(),
  country: text(),
  engagementId: text(),
  referralId: text(),
  crmId: text(),
  problemCode: text(),
};

/** The names of the properties, in the order of the table's columns. */
export const dealPropertyNames = Object.keys(dealColumns) as readonly (keyof DealProperties)[];

/** The deal as OData knows it. */
export const dealModel: ModelType = {
  name: "Deal",
  open: false,
  properties: dealPropertyNames.map((name) => {
    return { name, type: dealColumns[name].type, collection: false };
  }),
};

/** Where OData's properties lie in SQL. */
export const dealPromoted: Readonly<Record<string, PromotedColumn>> = Object.fromEntries(
  dealPropertyNames.map((name) => {
    const { form, nullable } = dealColumns[name];
    return [name, { column: name, form, nullable }];
  }),
);

const columns = dealPropertyNames.map((name) => `"${name}" ${dealColumns[name].sql}`).join(", ");
const orders = dealPropertyNames.filter((name) => dealColumns[name].isOrder);
const index = (name: string, ...terms: readonly string[]): string =>
  `CREATE INDEX operations_deals_${name} ON operations_deals (connection_id, ${terms
    .map((term) => `"${term}"`)
    .join(", ")}, "id")`;

/** The name under which the migrations of the list of deals are counted. */
export const dealSchema = "operations-deals";

/**
 * A projection of the ledger that the page reads: it can be thrown away and built anew at any time.
 */
export const dealMigrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE operations_deals (connection_id TEXT NOT NULL, revision BIGINT NOT NULL,
        pending_since BIGINT, ${columns}, document TEXT NOT NULL,
        PRIMARY KEY (connection_id, "id"))`,
      ...orders.map((name) => index(name, name)),
      index("state_changed", "state", "changed"),
      index("status_changed", "status", "changed"),
      index("problem", "problemCode"),
      `CREATE INDEX operations_deals_pending ON operations_deals (connection_id, pending_since)
        WHERE pending_since IS NOT NULL`,
      `CREATE TABLE operations_deal_words (connection_id TEXT NOT NULL, word TEXT NOT NULL,
        deal_id TEXT NOT NULL, PRIMARY KEY (connection_id, word, deal_id))`,
      `CREATE INDEX operations_deal_words_deal
        ON operations_deal_words (connection_id, deal_id)`,
    ],
  },
];
