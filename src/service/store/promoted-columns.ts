import type { Referral } from "../../contract/index.ts";
import type { PromotedColumn as SqlColumn } from "../../storage/index.ts";
import type { SqlValue } from "../../storage/port.ts";

/**
 * A field of the referral that has a column of its own, so that an index can serve queries on it.
 */
export interface PromotedColumn {
  readonly name: string;
  /** The property path as OData writes it. */
  readonly path: string;
  readonly form: SqlColumn["form"];
  /**
   * `few`: a handful of values, each of them on many rows, so an index must also hold the order in
   * which pages come. `many`: a value picks few rows. `order`: a page may come in this order.
   */
  readonly use: "few" | "many" | "order";
}

/** Every promoted column, in the order of the table. */
export const promotedColumns: readonly PromotedColumn[] = [
  { name: "engagementId", path: "engagementId", form: "text", use: "many" },
  { name: "externalReferenceId", path: "externalReferenceId", form: "text", use: "many" },
  { name: "name", path: "name", form: "text", use: "order" },
  { name: "status", path: "status", form: "text", use: "few" },
  { name: "substatus", path: "substatus", form: "text", use: "few" },
  { name: "type", path: "type", form: "text", use: "few" },
  { name: "qualification", path: "qualification", form: "text", use: "few" },
  { name: "direction", path: "direction", form: "text", use: "few" },
  { name: "country", path: "customerProfile/address/country", form: "text", use: "few" },
  { name: "dealValue", path: "details/dealValue", form: "number", use: "order" },
  { name: "createdDateTime", path: "createdDateTime", form: "stamp", use: "order" },
  { name: "updatedDateTime", path: "updatedDateTime", form: "stamp", use: "order" },
  { name: "expirationDateTime", path: "expirationDateTime", form: "stamp", use: "many" },
];

/** The value at an OData path of a document, null where there is none. */
export function valueAt(document: Referral, path: string): SqlValue {
  let value: unknown = document;
  for (const name of path.split("/")) {
    if (typeof value !== "object" || value === null) return null;
    value = Reflect.get(value, name);
  }
  return typeof value === "string" || typeof value === "number" ? value : null;
}

/** The values of the promoted columns, in their order. */
export const promotedValues = (document: Referral): SqlValue[] =>
  promotedColumns.map((column) => valueAt(document, column.path));

const neverNull = new Set(["createdDateTime", "updatedDateTime"]);

/** The promoted columns as the translation from OData to SQL knows them, by path. */
export const promotedByPath: Readonly<Record<string, SqlColumn>> = {
  id: { column: "id", form: "text", nullable: false },
  ...Object.fromEntries(
    promotedColumns.map(({ name, path, form }) => [
      path,
      { column: name, form, nullable: !neverNull.has(name) },
    ]),
  ),
};
