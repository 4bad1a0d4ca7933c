import type { Database } from "../../storage/port.ts";
import type { FieldInfo, Inspection, MissingThing, StageChoice } from "../adapting/inspection.ts";
import { describeTable, type SqlTable } from "./describe-table.ts";
import { accountPrefix, type SqlAdapterOptions } from "./layout.ts";
import { fieldPlaces } from "./mapping.ts";
import { refusalOf } from "./refusals.ts";
import { quoted } from "./statements.ts";

/** How a database is looked at and changed. */
export interface SqlSetupOptions
  extends Pick<SqlAdapterOptions, "open" | "layout" | "fields" | "setsStamp"> {
  /** The field that a mapping calls the status; its choices are the stages. */
  readonly statusField?: string;
}

interface Remedy extends MissingThing {
  readonly statement: string;
}

/** Columns that the ready mapping adds to a table of deals. */
const ownColumns: Readonly<Record<string, readonly [type: string, label: string]>> = {
  referral_id: ["varchar(100)", "Referral identifier"],
  referral_link: ["varchar(500)", "Referral link"],
  sync_with_partner_center: ["boolean", "Sync with Partner Center"],
  sync_state: ["varchar(250)", "Partner Center sync"],
  last_error: ["varchar(2000)", "Partner Center audit"],
  microsoft_crm_id: ["varchar(100)", "Microsoft CRM identifier"],
  microsoft_help: ["varchar(60)", "How can Microsoft help?"],
  share_with_microsoft: ["boolean", "Share with Microsoft"],
  customer_consent: ["boolean", "Customer agreed to be contacted"],
};

type Problem = Inspection["problems"][number];

function missingColumns({ fields, layout }: SqlSetupOptions, deals: SqlTable): readonly Remedy[] {
  return fieldPlaces(layout, fields).own.flatMap((name) => {
    const own = ownColumns[name];
    if (deals.has(name) || !own) return [];
    const statement = `ALTER TABLE ${quoted(layout.table)} ADD COLUMN ${quoted(name)} ${own[0]}`;
    return [{ name: `column ${layout.table}.${name}`, label: own[1], statement }];
  });
}

function unknownColumns(
  options: SqlSetupOptions,
  table: string,
  known: SqlTable,
  names: readonly string[],
) {
  return names
    .filter((name) => !known.has(name) && !(table === options.layout.table && name in ownColumns))
    .map((name) => ({
      sentence: `${table} has no column ${name}`,
      remedy: "correct the mapping or the configuration, or add the column",
    }));
}

const sqliteUnique = `SELECT 1 AS found FROM pragma_index_list(?) list
  JOIN pragma_index_info(list.name) info ON info.name = ?
  WHERE list."unique" = 1 AND (SELECT COUNT(*) FROM pragma_index_info(list.name)) = 1
  UNION SELECT 1 FROM pragma_table_info(?1) WHERE pk = 1 AND name = ?2`;
const postgresUnique = `SELECT 1 AS found FROM pg_index rule
  JOIN pg_attribute attribute
    ON attribute.attrelid = rule.indrelid AND attribute.attnum = rule.indkey[0]
  WHERE rule.indrelid = to_regclass(?) AND rule.indisunique AND rule.indnkeyatts = 1
    AND attribute.attname = ?`;

async function missingKey(
  database: Database,
  { layout }: SqlSetupOptions,
): Promise<readonly Remedy[]> {
  const { key, table } = layout;
  const found =
    database.dialect === "sqlite"
      ? await database.get(sqliteUnique, [table, key])
      : await database.get(postgresUnique, [quoted(table), key]);
  if (found) return [];
  const index = quoted(`${table.split(".").pop()}_${key}_once`);
  return [
    {
      name: `unique index on ${table}.${key}`,
      label: "One deal per referral",
      statement: `CREATE UNIQUE INDEX ${index} ON ${quoted(table)} (${quoted(key)})`,
    },
  ];
}

async function isView(database: Database, table: string): Promise<boolean> {
  const row =
    database.dialect === "sqlite"
      ? await database.get("SELECT type FROM sqlite_schema WHERE name = ?", [table])
      : await database.get("SELECT relkind AS type FROM pg_class WHERE oid = to_regclass(?)", [
          quoted(table),
        ]);
  return row?.type === "view" || row?.type === "v";
}

async function missingRights(
  database: Database,
  tables: readonly string[],
): Promise<readonly Problem[]> {
  if (database.dialect === "sqlite") return [];
  const problems: Problem[] = [];
  for (const table of tables) {
    for (const right of ["SELECT", "INSERT", "UPDATE"]) {
      const sql = "SELECT has_table_privilege(current_user, ?, ?) AS given";
      const row = await database.get(sql, [quoted(table), right]);
      if (row?.given === 1) continue;
      const remedy = `GRANT ${right} ON ${quoted(table)} TO the account of the connection`;
      problems.push({ sentence: `the account may not ${right} in ${table}`, remedy });
    }
  }
  return problems;
}

interface Looked {
  readonly missing: readonly Remedy[];
  readonly problems: readonly Problem[];
  readonly deals: SqlTable;
}

async function look(database: Database, options: SqlSetupOptions): Promise<Looked> {
  const { fields, layout } = options;
  const deals = await describeTable(database, layout.table);
  if (deals.size === 0) {
    const sentence = `the database has no table or view ${layout.table}`;
    const remedy = "correct `deals.table` in the configuration";
    return { missing: [], problems: [{ sentence, remedy }], deals };
  }
  const places = fieldPlaces(layout, fields);
  const problems: Problem[] = [];
  const check = (table: string, known: SqlTable, names: readonly string[]): void => {
    problems.push(...unknownColumns(options, table, known, names));
  };
  const { accounts, lists } = layout;
  check(layout.table, deals, [layout.id, layout.stamp, ...places.own]);
  const tables = [layout.table];
  if (accounts && places.account.length > 0) {
    const { country, id, name, postalCode, table } = accounts;
    check(layout.table, deals, [accounts.link]);
    check(table, await describeTable(database, table), [
      id,
      name,
      postalCode,
      country,
      ...places.account,
    ]);
    tables.push(table);
  }
  for (const name of places.lists) {
    const list = lists?.[name];
    if (!list) continue;
    check(list.table, await describeTable(database, list.table), [
      list.deal,
      list.key,
      ...list.columns,
    ]);
    tables.push(list.table);
  }
  const missing = missingColumns(options, deals);
  if (await isView(database, layout.table)) {
    const sentence = `the view ${layout.table} lacks`;
    problems.push(
      ...missing.map(({ name }) => ({
        sentence: `${sentence} ${name}`,
        remedy: "add it to the view",
      })),
    );
    return { missing: [], problems, deals };
  }
  problems.push(...(await missingRights(database, tables)));
  return { missing: [...missing, ...(await missingKey(database, options))], problems, deals };
}

/**
 * Looks at a database, changes nothing, and tells what the connector lacks there. Errors:
 * CrmError.
 */
export async function inspectSql(options: SqlSetupOptions): Promise<Inspection> {
  try {
    const { deals, missing, problems } = await look(await options.open(), options);
    const status = deals.get(options.statusField ?? "status");
    const named = options.layout.choices?.[options.statusField ?? "status"];
    const stages = (status?.choices ?? named ?? []).map((value) => ({ value, label: value }));
    const plain = missing.map(({ label, name }) => ({ name, label }));
    return { missing: plain, problems, pending: [], stages };
  } catch (error) {
    throw refusalOf(error, false);
  }
}

/**
 * Creates the columns and the index that the inspection found missing; what is there is left alone.
 * Errors: CrmError.
 */
export async function prepareSql(
  options: SqlSetupOptions,
  tell: (done: string) => void = () => {},
): Promise<void> {
  try {
    const database = await options.open();
    const { missing } = await look(database, options);
    for (const { name, statement } of missing) {
      await database.transaction((transaction) => transaction.run(statement));
      tell(name);
    }
  } catch (error) {
    throw refusalOf(error, true);
  }
}

/** The columns of the deals, the customers and the lists, as a mapping names them. */
export async function readSqlFields(options: SqlSetupOptions): Promise<readonly FieldInfo[]> {
  const database = await options.open();
  const { accounts, lists, table } = options.layout;
  const infos = (columns: SqlTable, prefix: string): readonly FieldInfo[] =>
    [...columns.values()].map(({ choices, name, type }) => ({
      name: prefix + name,
      label: name.replaceAll("_", " "),
      type,
      ...(choices === undefined
        ? {}
        : { choices: choices.map((value): StageChoice => ({ value, label: value })) }),
    }));
  const own = infos(await describeTable(database, table), "");
  const customer = accounts
    ? infos(await describeTable(database, accounts.table), accountPrefix)
    : [];
  const named = Object.keys(lists ?? {}).map((name) => ({ name, label: name, type: "list" }));
  return [...own, ...customer, ...named];
}
