import { z } from "zod";
import { crmFieldsOf } from "../../crm/index.ts";
import type { SqlLayout, SqlSetupOptions } from "../../crm/sql/index.ts";
import { type Database, openDatabase } from "../../storage/index.ts";
import type { ConnectedCrm, CrmContext, CrmVendor } from "./vendor.ts";

const name = z.string().min(1);
const stampKind = z.enum(["timestamp", "text", "milliseconds", "seconds"]);

const list = z.strictObject({
  table: name,
  /** The column that holds the deal's id. */
  deal: name,
  /** The column that tells the rows of one deal apart. */
  key: name,
  columns: z.array(name).min(1),
  stamp: name.optional(),
});

const schema = z.strictObject({
  kind: z.literal("sql"),
  /** `sqlite:///srv/crm.sqlite` or `postgres://…`. */
  database: name,
  /** The table or view of the deals. */
  table: name.default("deals"),
  id: name.default("id"),
  /** The column with the moment of the last change. */
  stamp: name.default("modified_at"),
  stampKind: stampKind.default("timestamp"),
  /** The column that holds the referral's id. */
  key: name.default("referral_id"),
  deleted: name.optional(),
  modifiedBy: name.optional(),
  choices: z.record(name, z.array(name)).optional(),
  accounts: z
    .strictObject({
      table: name.default("customers"),
      id: name.default("id"),
      link: name.default("customer_id"),
      name: name.default("name"),
      postalCode: name.default("zip"),
      country: name.default("country"),
      stamp: name.optional(),
    })
    .optional(),
  lists: z.record(name, list).optional(),
  /** How long another program's transaction may take, in seconds. */
  overlapSeconds: z.number().min(0).max(86_400).default(60),
  /** False: a trigger sets the stamp. */
  setsStamp: z.boolean().default(true),
  newId: z.enum(["database", "key"]).default("database"),
  ambiguousAccount: z.enum(["refuse", "oldest"]).default("refuse"),
  updateAccounts: z.boolean().default(false),
  /** Where a person opens a deal: `https://crm.example/deals/{id}`. */
  dealUrl: z.string().includes("{id}").optional(),
});

type SqlConfig = z.output<typeof schema>;

/** The layout that a configuration describes, without what it leaves out. */
function layoutOf(config: SqlConfig): SqlLayout {
  const { table, id, stamp, stampKind: kind, key, deleted, modifiedBy } = config;
  const parts = { deleted, modifiedBy, ...config };
  const optional = ["deleted", "modifiedBy", "choices", "accounts", "lists"] as const;
  const given = optional.filter((each) => parts[each] !== undefined);
  const rest = Object.fromEntries(given.map((each) => [each, parts[each]]));
  return { table, id, stamp, stampKind: kind, key, ...rest } as SqlLayout;
}

const second = 1000;

async function connect(config: SqlConfig, { mapping }: CrmContext): Promise<ConnectedCrm> {
  const vendor = await import("../../crm/sql/index.ts");
  let opening: Promise<Database> | undefined;
  const open = (): Promise<Database> => {
    opening ??= openDatabase(config.database);
    return opening;
  };
  const { ambiguousAccount, dealUrl, newId, overlapSeconds, setsStamp, updateAccounts } = config;
  const layout = layoutOf(config);
  const fields = crmFieldsOf(mapping);
  const status = mapping.fields.find(({ referralPath }) => referralPath === "/status")?.crmField;
  const setup: SqlSetupOptions = {
    ...{ open, layout, fields, setsStamp },
    ...(status === undefined ? {} : { statusField: status }),
  };
  return {
    adapter: vendor.createSqlAdapter({
      ...{ open, layout, fields, setsStamp, newId, ambiguousAccount, updateAccounts },
      overlapMs: overlapSeconds * second,
      ...(dealUrl === undefined ? {} : { dealUrl }),
      ...(mapping.stateFields ? { stateFields: mapping.stateFields } : {}),
    }),
    inspect: () => vendor.inspectSql(setup),
    prepare: (tell) => vendor.prepareSql(setup, tell),
    fields: () => vendor.readSqlFields(setup),
    close: async () => (await opening)?.close(),
  };
}

/** A home-grown CRM: a table or view in SQLite or PostgreSQL. */
export const sql: CrmVendor<SqlConfig> = {
  kind: "sql",
  title: "SQL table",
  schema,
  questions: [
    {
      name: "database",
      ask: "Database with the deals",
      example: "postgres://sync@db.example/crm, or sqlite:///srv/crm.sqlite",
      secretVariable: "CRM_DATABASE",
    },
    { name: "table", ask: "Table or view of the deals", initial: "deals" },
    { name: "stamp", ask: "Its column with the moment of the last change", initial: "modified_at" },
  ],
  mappingText: async () => (await import("../../crm/sql/index.ts")).readySqlMappingText(),
  connect,
};
