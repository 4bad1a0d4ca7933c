import type { CrmFields, CrmRecord, CrmValue } from "../port.ts";

/** A row as the Web API shows it. */
export type DataverseRow = Readonly<Record<string, unknown>>;

/** The columns that every read of a deal needs beside the mapped ones. */
export const baseColumns = [
  "opportunityid",
  "statecode",
  "statuscode",
  "modifiedon",
  "_modifiedby_value",
  "_transactioncurrencyid_value",
] as const;

/** The virtual field that holds an opportunity's state and status reason together: `open/1`, `won/3`. */
export const statusField = "status";

const stateNames: readonly string[] = ["open", "won", "lost"];

/** `open/1` for state 0 with status reason 1. */
export function formatStatus(statecode: unknown, statuscode: unknown): string {
  return `${stateNames[Number(statecode)] ?? String(statecode)}/${String(statuscode)}`;
}

/** The state and status reason in `open/1`; undefined where the text is something else. */
export function parseStatus(
  value: CrmValue,
): { readonly statecode: number; readonly statuscode: number } | undefined {
  const match = /^(open|won|lost)\/(-?\d+)$/.exec(typeof value === "string" ? value : "");
  if (!match) return undefined;
  const statecode = stateNames.indexOf(match[1] ?? "");
  return { statecode, statuscode: Number(match[2]) };
}

/** The columns to select for these fields: those of the opportunity itself. */
export function columnsOf(fields: readonly string[]): readonly string[] {
  const own = fields.filter((field) => !field.includes(".") && !virtualFields.has(field));
  return [...new Set([...baseColumns, ...own])].sort();
}

const virtualFields = new Set<string>([statusField, "contacts", "team", "solutions"]);

/** A deal from its row. */
export function opportunityToRecord(
  row: DataverseRow,
  fields: readonly string[],
  environmentUrl: string,
): CrmRecord {
  const id = String(row.opportunityid);
  const values: Record<string, CrmValue> = {
    [statusField]: formatStatus(row.statecode, row.statuscode),
  };
  for (const field of fields) {
    if (field in row) values[field] = row[field] as CrmValue;
  }
  return {
    id,
    version: String(row["@odata.etag"] ?? ""),
    modifiedAt: String(row.modifiedon ?? ""),
    fields: values,
    ...(typeof row._modifiedby_value === "string" ? { modifiedBy: row._modifiedby_value } : {}),
    url: `${environmentUrl}/main.aspx?etn=opportunity&pagetype=entityrecord&id=${id}`,
  };
}

/** The body that writes these fields to the opportunity's own columns. */
export function fieldsToOpportunity(fields: CrmFields): Readonly<Record<string, CrmValue>> {
  const body: Record<string, CrmValue> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (!virtualFields.has(name) && !name.includes(".")) body[name] = value;
  }
  // A revenue that the system computes would silently replace the amount.
  if ("estimatedvalue" in body) body.isrevenuesystemcalculated = false;
  return body;
}
