import type { Referral } from "../../contract/index.ts";
import type { SqlValue } from "../../storage/port.ts";

/** A field of the referral that has a column of its own, so that an index can serve queries on it. */
export interface PromotedColumn {
  readonly name: string;
  /** The property path as OData writes it. */
  readonly path: string;
  readonly type: "text" | "number";
  /**
   * `few`: a handful of values, each of them on many rows, so an index must also hold the order in which pages come.
   * `many`: a value picks few rows. `order`: a page may come in this order.
   */
  readonly use: "few" | "many" | "order";
}

/** Every promoted column, in the order of the table. */
export const promotedColumns: readonly PromotedColumn[] = [
  { name: "engagementId", path: "engagementId", type: "text", use: "many" },
  { name: "externalReferenceId", path: "externalReferenceId", type: "text", use: "many" },
  { name: "name", path: "name", type: "text", use: "order" },
  { name: "status", path: "status", type: "text", use: "few" },
  { name: "substatus", path: "substatus", type: "text", use: "few" },
  { name: "type", path: "type", type: "text", use: "few" },
  { name: "qualification", path: "qualification", type: "text", use: "few" },
  { name: "direction", path: "direction", type: "text", use: "few" },
  { name: "country", path: "customerProfile/address/country", type: "text", use: "few" },
  { name: "dealValue", path: "details/dealValue", type: "number", use: "order" },
  { name: "createdDateTime", path: "createdDateTime", type: "text", use: "order" },
  { name: "updatedDateTime", path: "updatedDateTime", type: "text", use: "order" },
  { name: "expirationDateTime", path: "expirationDateTime", type: "text", use: "many" },
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
