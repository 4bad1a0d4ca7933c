import type { Row, SqlValue } from "../../storage/port.ts";
import { digest } from "../adapting/digest.ts";
import type { CrmFields, CrmRecord, CrmValue } from "../port.ts";
import type { SqlTable } from "./describe-table.ts";
import { accountPrefix, type SqlLayout } from "./layout.ts";

/** Which fields are carried, by where they stand, and what the database says of them. */
export interface SqlShape {
  readonly layout: SqlLayout;
  /** Columns of the deal's own row. */
  readonly own: readonly string[];
  /** Columns of the customer's row. */
  readonly account: readonly string[];
  readonly lists: readonly string[];
  readonly tables: {
    readonly deals: SqlTable;
    readonly accounts: SqlTable;
    readonly lists: Readonly<Record<string, SqlTable>>;
  };
}

/** Sorts the names of fields by where they stand. */
export function fieldPlaces(
  layout: SqlLayout,
  fields: readonly string[],
): Pick<SqlShape, "own" | "account" | "lists"> {
  const lists = Object.keys(layout.lists ?? {}).filter((name) => fields.includes(name));
  const own = fields.filter((name) => !lists.includes(name) && !name.startsWith(accountPrefix));
  const account = fields.filter((name) => name.startsWith(accountPrefix));
  return {
    own: [...new Set([...own, layout.key])].sort(),
    account: layout.accounts ? account.map((name) => name.slice(accountPrefix.length)) : [],
    lists,
  };
}

/** A column's value as a field: truth values stand as 0 and 1 in the row. */
export function toField(table: SqlTable, column: string, value: SqlValue | undefined): CrmValue {
  if (value === undefined || value === null) return null;
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return null;
  return table.get(column)?.isBoolean ? Number(value) !== 0 : value;
}

/** A field's value as the database binds it. */
export function toColumn(value: CrmValue): SqlValue {
  if (typeof value === "boolean") return value ? 1 : 0;
  return value !== null && typeof value === "object" ? JSON.stringify(value) : value;
}

function fieldsOf(table: SqlTable, columns: readonly string[], row: Row): Record<string, CrmValue> {
  return Object.fromEntries(columns.map((column) => [column, toField(table, column, row[column])]));
}

/** A deal with its customer and lists, as their rows were read. */
export interface SqlDealRows {
  readonly deal: Row;
  readonly account: Row | undefined;
  readonly lists: Readonly<Record<string, readonly Row[]>>;
}

/** The column under which the statements of this adapter put the moment of the last change. */
export const stampAlias = "stamp of the deal";

/** A deal from its rows. Its version is a digest of everything that it shows. */
export function rowsToRecord(
  shape: SqlShape,
  rows: SqlDealRows,
  dealUrl: string | undefined,
): CrmRecord {
  const { layout, tables } = shape;
  const id = String(rows.deal[layout.id]);
  const fields: Record<string, CrmValue> = fieldsOf(tables.deals, shape.own, rows.deal);
  if (shape.own.includes(layout.id)) fields[layout.id] = id;
  for (const column of shape.account) {
    fields[accountPrefix + column] = toField(tables.accounts, column, rows.account?.[column]);
  }
  for (const name of shape.lists) {
    const list = layout.lists?.[name];
    const table = tables.lists[name];
    if (!list || !table) continue;
    fields[name] = (rows.lists[name] ?? []).map((row) => fieldsOf(table, list.columns, row));
  }
  const author = layout.modifiedBy === undefined ? null : rows.deal[layout.modifiedBy];
  return {
    id,
    version: digest(JSON.stringify(fields)),
    modifiedAt: new Date(Number(rows.deal[stampAlias] ?? 0)).toISOString(),
    fields,
    ...(typeof author === "string" ? { modifiedBy: author } : {}),
    ...(dealUrl === undefined ? {} : { url: dealUrl.replace("{id}", encodeURIComponent(id)) }),
  };
}

/** True where a row is marked as deleted: any truth, or any moment. */
export function isMarkedDeleted(layout: SqlLayout, row: Row): boolean {
  const mark = layout.deleted === undefined ? null : (row[layout.deleted] ?? null);
  return mark !== null && mark !== 0 && mark !== "" && mark !== "0" && mark !== "false";
}

/** The fields among `wanted` whose values differ from `present`. */
export function differing(wanted: CrmFields, present: CrmFields): CrmFields {
  return Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => {
      const now = present[name] ?? null;
      return !Object.is(now, value) && JSON.stringify(now) !== JSON.stringify(value);
    }),
  );
}
