import type { DialectName, Queryable, Row } from "../../storage/port.ts";
import { quoted } from "./statements.ts";

/** What a database says of a column. */
export interface SqlColumn {
  readonly name: string;
  /** The database's own word, in lower case: `character varying`, `boolean`. */
  readonly type: string;
  readonly isBoolean: boolean;
  readonly isNullable: boolean;
  readonly hasDefault: boolean;
  /** In characters, where it is bounded. */
  readonly maxLength?: number;
  /** The only values that it takes, where the database says so. */
  readonly choices?: readonly string[];
}

/** A table or view by its columns' names; empty where there is none. */
export type SqlTable = ReadonlyMap<string, SqlColumn>;

const mostChoices = 200;

const sqliteColumns = `SELECT name, type, "notnull" AS fixed, dflt_value, pk
  FROM pragma_table_info(?)`;
const sqliteParents = `SELECT "from" AS name, "table" AS parent, "to" AS parent_column
  FROM pragma_foreign_key_list(?)`;

/** The values that a CHECK allows: `status IN ('open', 'won')`. */
function checkedValues(sql: string, column: string): readonly string[] | undefined {
  const name = column.replaceAll(/[^\w]/g, "\\$&");
  const list = new RegExp(`CHECK\\s*\\(\\s*["\`\\[]?${name}["\`\\]]?\\s+IN\\s*\\(([^)]*)\\)`, "i");
  const found = list.exec(sql)?.[1];
  return found === undefined ? undefined : literalsIn(found);
}

function literalsIn(text: string): readonly string[] {
  return [...text.matchAll(/'((?:[^']|'')*)'/g)].map(([, value = ""]) =>
    value.replaceAll("''", "'"),
  );
}

async function parentValues(
  database: Queryable,
  table: string,
  column: string,
): Promise<readonly string[] | undefined> {
  const name = quoted(column);
  const rows = await database.all(
    `SELECT ${name} AS value FROM ${quoted(table)} ORDER BY ${name} LIMIT ${mostChoices + 1}`,
  );
  return rows.length > mostChoices ? undefined : rows.map(({ value }) => String(value));
}

async function describeSqlite(database: Queryable, table: string): Promise<readonly SqlColumn[]> {
  const rows = await database.all(sqliteColumns, [table]);
  const made = await database.get("SELECT sql FROM sqlite_schema WHERE name = ?", [table]);
  const parents = await database.all(sqliteParents, [table]);
  const columns: SqlColumn[] = [];
  for (const row of rows) {
    const name = String(row.name);
    const type = String(row.type).toLowerCase();
    const length = /char[a-z ]*\((\d+)\)/.exec(type)?.[1];
    const parent = parents.find((each) => each.name === name && /char|text/.test(type));
    const choices = parent
      ? await parentValues(database, String(parent.parent), String(parent.parent_column ?? "id"))
      : checkedValues(String(made?.sql ?? ""), name);
    columns.push({
      name,
      type,
      isBoolean: type.startsWith("bool"),
      isNullable: row.fixed === 0,
      hasDefault: row.dflt_value !== null || row.pk !== 0,
      ...(length === undefined ? {} : { maxLength: Number(length) }),
      ...(choices === undefined ? {} : { choices }),
    });
  }
  return columns;
}

const postgresColumns = `SELECT column_name AS name, data_type AS type, udt_name AS made,
    is_nullable = 'YES' AS nullable, character_maximum_length AS longest,
    column_default IS NOT NULL OR is_identity = 'YES' AS filled
  FROM information_schema.columns
  WHERE table_name = ? AND table_schema = COALESCE(?, current_schema())
  ORDER BY ordinal_position`;
const postgresChecks = `SELECT attribute.attname AS name, pg_get_constraintdef(rule.oid) AS rule
  FROM pg_constraint rule
  JOIN pg_attribute attribute
    ON attribute.attrelid = rule.conrelid AND attribute.attnum = rule.conkey[1]
  WHERE rule.conrelid = to_regclass(?) AND rule.contype = 'c' AND cardinality(rule.conkey) = 1`;
const postgresParents = `SELECT attribute.attname AS name, parent.relname AS parent,
    target.attname AS parent_column
  FROM pg_constraint rule
  JOIN pg_attribute attribute
    ON attribute.attrelid = rule.conrelid AND attribute.attnum = rule.conkey[1]
  JOIN pg_class parent ON parent.oid = rule.confrelid
  JOIN pg_attribute target ON target.attrelid = rule.confrelid AND target.attnum = rule.confkey[1]
  WHERE rule.conrelid = to_regclass(?) AND rule.contype = 'f' AND cardinality(rule.conkey) = 1`;
const postgresLabels = `SELECT label.enumlabel AS value FROM pg_enum label
  JOIN pg_type made ON made.oid = label.enumtypid
  WHERE made.typname = ? ORDER BY label.enumsortorder`;

async function postgresChoices(
  database: Queryable,
  row: Row,
  checks: readonly Row[],
  parents: readonly Row[],
): Promise<readonly string[] | undefined> {
  if (row.type === "USER-DEFINED") {
    const labels = await database.all(postgresLabels, [String(row.made)]);
    return labels.length === 0 ? undefined : labels.map(({ value }) => String(value));
  }
  const rule = checks.find(
    ({ name, rule: text }) => name === row.name && /= ANY/.test(String(text)),
  );
  if (rule) return literalsIn(String(rule.rule));
  const parent = parents.find(
    ({ name }) => name === row.name && /char|text/.test(String(row.type)),
  );
  return parent
    ? parentValues(database, String(parent.parent), String(parent.parent_column))
    : undefined;
}

async function describePostgres(database: Queryable, table: string): Promise<readonly SqlColumn[]> {
  const parts = table.split(".");
  const name = parts.pop() ?? table;
  const rows = await database.all(postgresColumns, [name, parts[0] ?? null]);
  const checks = await database.all(postgresChecks, [quoted(table)]);
  const parents = await database.all(postgresParents, [quoted(table)]);
  const columns: SqlColumn[] = [];
  for (const row of rows) {
    const choices = await postgresChoices(database, row, checks, parents);
    columns.push({
      name: String(row.name),
      type: String(row.type).toLowerCase(),
      isBoolean: row.type === "boolean",
      isNullable: row.nullable === 1,
      hasDefault: row.filled === 1,
      ...(row.longest === null ? {} : { maxLength: Number(row.longest) }),
      ...(choices === undefined ? {} : { choices }),
    });
  }
  return columns;
}

const describers: Readonly<Record<DialectName, typeof describeSqlite>> = {
  sqlite: describeSqlite,
  postgres: describePostgres,
};

/** Reads what a database says of a table or view. */
export async function describeTable(
  database: Queryable & { readonly dialect: DialectName },
  table: string,
): Promise<SqlTable> {
  const columns = await describers[database.dialect](database, table);
  return new Map(columns.map((column) => [column.name, column]));
}
