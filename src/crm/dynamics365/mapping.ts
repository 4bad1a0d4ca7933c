import { digest } from "../adapting/digest.ts";
import type { CrmFields, CrmRecord, CrmValue } from "../port.ts";
import type { ChildTable, DealTable } from "./deal-table.ts";

/** A row as the Web API shows it. */
export type DataverseRow = Readonly<Record<string, unknown>>;

/** The virtual field that holds a deal's state and status reason together: `open/1`, `won/3`. */
export const statusField = "status";
/** The list of the customer's people on a deal. */
export const contactsField = "contacts";
/** Begins the names of fields that stand in the deal's account. */
export const accountPrefix = "account.";
/** The currency's code, which stands in the currency's row. */
export const currencyField = "transactioncurrencyid.isocurrencycode";

/** The columns of a contact that are read. */
export const contactColumns = [
  "contactid",
  "emailaddress1",
  "firstname",
  "lastname",
  "telephone1",
] as const;

/** A state and its reason. */
export interface DealStatus {
  readonly statecode: number;
  readonly statuscode: number;
}

/** `open/1` for state 0 with status reason 1. */
export function formatStatus(table: DealTable, row: DataverseRow): string {
  const { statecode, statuscode } = row;
  return `${table.stateNames[Number(statecode)] ?? String(statecode)}/${String(statuscode)}`;
}

/** The state and status reason in `open/1`; undefined where the text is something else. */
export function parseStatus(table: DealTable, value: CrmValue): DealStatus | undefined {
  const [, name, reason] = /^(\w+)\/(-?\d+)$/.exec(typeof value === "string" ? value : "") ?? [];
  const statecode = table.stateNames.indexOf(name ?? "");
  return statecode < 0 ? undefined : { statecode, statuscode: Number(reason) };
}

/** Which fields an adapter carries, sorted by where they stand. */
export interface FieldLayout {
  readonly table: DealTable;
  /** Columns of the deal's own row. */
  readonly own: readonly string[];
  /** Columns of the account. */
  readonly account: readonly string[];
  readonly hasCurrency: boolean;
  readonly hasContacts: boolean;
  readonly children: readonly ChildTable[];
}

/** Sorts the names of fields by where they stand. */
export function layoutOf(
  table: DealTable,
  fields: readonly string[],
  keyColumn: string,
): FieldLayout {
  const virtual = new Set<string>([
    statusField,
    contactsField,
    currencyField,
    ...table.children.map(({ field }) => field),
  ]);
  const own = fields.filter((field) => !virtual.has(field) && !field.startsWith(accountPrefix));
  const account = fields.filter((field) => field.startsWith(accountPrefix));
  return {
    table,
    own: [...new Set([...own, keyColumn])].sort(),
    account: table.hasParties ? account.map((field) => field.slice(accountPrefix.length)) : [],
    hasCurrency: fields.includes(currencyField),
    hasContacts: table.hasParties && fields.includes(contactsField),
    children: table.children.filter(({ field }) => fields.includes(field)),
  };
}

/**
 * True where a deal's values stand in other rows than its own, whose changes its ETag doesn't
 * show.
 */
export function hasLinkedParts(layout: FieldLayout): boolean {
  return layout.account.length > 0 || layout.hasContacts || layout.children.length > 0;
}

/** What was read of one deal. */
export interface DealRows {
  /** With the account, primary contact and currency expanded. */
  readonly deal: DataverseRow;
  /** Connections from the deal, each with its contact expanded where it leads to one. */
  readonly connections: readonly DataverseRow[];
  readonly children: Readonly<Record<string, readonly DataverseRow[]>>;
}

function rowOf(value: unknown): DataverseRow | undefined {
  return value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as DataverseRow)
    : undefined;
}

function pick(row: DataverseRow, columns: readonly string[]): Record<string, CrmValue> {
  return Object.fromEntries(columns.map((column) => [column, (row[column] ?? null) as CrmValue]));
}

/** The contacts of a deal: the primary one first, the others by id; each once. */
export function contactsOf({ deal, connections }: DealRows): readonly DataverseRow[] {
  const primary = rowOf(deal.parentcontactid);
  const connected = connections.flatMap((row): readonly DataverseRow[] => {
    const contact = rowOf(row.record2id_contact);
    return contact ? [contact] : [];
  });
  const byId = new Map<string, DataverseRow>();
  const sorted = [...connected].sort((left, right) =>
    String(left.contactid) < String(right.contactid) ? -1 : 1,
  );
  for (const row of primary ? [primary, ...sorted] : sorted) {
    if (!byId.has(String(row.contactid))) byId.set(String(row.contactid), row);
  }
  return [...byId.values()];
}

function linkedFields(layout: FieldLayout, rows: DealRows): Record<string, CrmValue> {
  const fields: Record<string, CrmValue> = {};
  const account = rowOf(rows.deal.customerid_account);
  for (const column of layout.account) {
    fields[accountPrefix + column] = (account?.[column] ?? null) as CrmValue;
  }
  if (layout.hasContacts) {
    fields[contactsField] = contactsOf(rows).map((row) => pick(row, contactColumns));
  }
  for (const child of layout.children) {
    const found = rows.children[child.field] ?? [];
    const sorted = [...found].sort((left, right) =>
      String(left[child.idColumn]) < String(right[child.idColumn]) ? -1 : 1,
    );
    fields[child.field] = sorted.map((row) => pick(row, [child.idColumn, ...child.columns]));
  }
  return fields;
}

const versionSeparator = "+";

/** The ETag inside a version. */
export function etagOf(version: string): string {
  const end = version.lastIndexOf(versionSeparator);
  return end < 0 ? version : version.slice(0, end);
}

/**
 * A deal from its rows. Its version is the row's ETag with a digest of what stands in other rows,
 * so that a changed contact makes another version although it leaves the deal's row alone.
 */
export function dealToRecord(
  layout: FieldLayout,
  rows: DealRows,
  environmentUrl: string,
): CrmRecord {
  const { table } = layout;
  const { deal } = rows;
  const id = String(deal[table.idColumn]);
  const linked = linkedFields(layout, rows);
  const currency = rowOf(deal.transactioncurrencyid);
  const etag = String(deal["@odata.etag"] ?? "");
  const isLinked = hasLinkedParts(layout);
  return {
    id,
    version: isLinked ? etag + versionSeparator + digest(JSON.stringify(linked)) : etag,
    modifiedAt: String(deal.modifiedon ?? ""),
    fields: {
      ...pick(deal, layout.own),
      [statusField]: formatStatus(table, deal),
      ...(layout.hasCurrency
        ? { [currencyField]: (currency?.isocurrencycode ?? null) as CrmValue }
        : {}),
      ...linked,
    },
    ...(typeof deal._modifiedby_value === "string" ? { modifiedBy: deal._modifiedby_value } : {}),
    url: `${environmentUrl}/main.aspx?etn=${table.logicalName}&pagetype=entityrecord&id=${id}`,
  };
}

/** The body that writes fields to the deal's own columns; the currency is bound by its id. */
export function fieldsToDeal(
  table: DealTable,
  fields: CrmFields,
  currencyId: string | null | undefined,
): Readonly<Record<string, CrmValue>> {
  const body: Record<string, CrmValue> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (name === currencyField || name === statusField) continue;
    Object.assign(body, { [name]: value }, table.companions[name]);
  }
  if (currencyId !== undefined) {
    body["transactioncurrencyid@odata.bind"] =
      currencyId === null ? null : `/transactioncurrencies(${currencyId})`;
  }
  return body;
}
