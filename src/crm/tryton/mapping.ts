import { digest } from "../adapting/digest.ts";
import type { WalkedRow } from "../adapting/walk-by-id.ts";
import type { CrmFields, CrmRecord, CrmValue } from "../port.ts";
import { fromWire, momentOf, toWire, type Wire } from "./wire-values.ts";

/** A row as Tryton shows it; what a field `party` leads to stands under `party.`. */
export type TrytonRow = Readonly<Record<string, Wire>>;

/** The field that holds the deal's state: `lead`, `opportunity`, `won`, … */
export const stateField = "state";
/** The company's currency, which is the currency of every amount. */
export const currencyField = "currency.code";
/** Begins the names of fields that stand in the customer's party and address. */
export const accountPrefix = "account.";

/** Rows of the deal's own, which the companion module brings. */
export interface TrytonList {
  readonly model: string;
  readonly key: string;
  readonly fields: readonly string[];
}

/** The lists of a deal, by the fields under which they stand. */
export const lists: Readonly<Record<string, TrytonList>> = {
  partner_contacts: {
    model: "partner_referrals.contact",
    key: "email",
    fields: ["email", "first_name", "last_name", "phone"],
  },
  partner_solutions: {
    model: "partner_referrals.solution",
    key: "code",
    fields: ["code", "name"],
  },
};

/** Where the customer's fields stand, from the deal and in the rows themselves. */
export const accountFields: Readonly<
  Record<string, { readonly path: string; readonly of: "party" | "address"; readonly name: string }>
> = {
  name: { path: "party.name", of: "party", name: "name" },
  street: { path: "address.street", of: "address", name: "street" },
  city: { path: "address.city", of: "address", name: "city" },
  postal_code: { path: "address.postal_code", of: "address", name: "postal_code" },
  country: { path: "address.country.code", of: "address", name: "country" },
};

/** Which fields an adapter carries, sorted by where they stand. */
export interface TrytonLayout {
  readonly own: readonly string[];
  readonly account: readonly string[];
  readonly lists: readonly string[];
  readonly hasCurrency: boolean;
}

/** Sorts the names of fields by where they stand. */
export function layoutOf(fields: readonly string[], keyField: string): TrytonLayout {
  const own = fields.filter(
    (name) => name !== currencyField && !(name in lists) && !name.startsWith(accountPrefix),
  );
  const account = fields
    .filter((name) => name.startsWith(accountPrefix))
    .map((name) => name.slice(accountPrefix.length));
  return {
    own: [...new Set([...own, keyField, stateField])].sort(),
    account,
    lists: fields.filter((name) => name in lists),
    hasCurrency: fields.includes(currencyField),
  };
}

const stamps = ["write_date", "create_date"] as const;

/** What is asked of a deal: its fields, what they lead to, and when each of it changed. */
export function readNames(layout: TrytonLayout): readonly string[] {
  const customer =
    layout.account.length === 0
      ? []
      : [
          "party.name",
          "party.write_date",
          "address.write_date",
          ...layout.account.flatMap((name) => accountFields[name]?.path ?? []),
        ];
  const rows = layout.lists.flatMap((name) =>
    [...(lists[name]?.fields ?? []), ...stamps].map((field) => `${name}.${field}`),
  );
  return [
    ...layout.own,
    ...(layout.hasCurrency ? [currencyField] : []),
    ...customer,
    ...rows,
    ...stamps,
    "write_uid.name",
    "_timestamp",
  ];
}

/** The fields whose moments tell that a deal, or what it shows, changed. */
export function stampNames(layout: TrytonLayout): readonly string[] {
  return [
    ...stamps,
    ...(layout.account.length === 0 ? [] : ["party.write_date", "address.write_date"]),
    ...layout.lists.flatMap((name) => stamps.map((stamp) => `${name}.${stamp}`)),
  ];
}

function follow(row: TrytonRow, path: string): Wire | undefined {
  const [first = "", ...rest] = path.split(".");
  if (rest.length === 0) return row[first];
  const next = row[`${first}.`];
  return next && typeof next === "object" && !Array.isArray(next)
    ? follow(next as TrytonRow, rest.join("."))
    : undefined;
}

function rowsOf(row: TrytonRow, name: string): readonly TrytonRow[] {
  const found = row[`${name}.`];
  return Array.isArray(found) ? (found as readonly TrytonRow[]) : [];
}

/** The ids of a list's rows, by the values that tell them apart. */
export function listIds(row: TrytonRow, name: string): ReadonlyMap<string, number> {
  const { key = "" } = lists[name] ?? {};
  return new Map(rowsOf(row, name).map((each) => [keyOf(each[key]), Number(each.id)]));
}

/** How two rows of a list are compared. */
export function keyOf(value: Wire | CrmValue | undefined): string {
  return String(value ?? "")
    .trim()
    .toLowerCase();
}

/** The ids of the deal's party and address, where it has them. */
export function customerIds(row: TrytonRow): {
  readonly party?: number;
  readonly address?: number;
} {
  const party = follow(row, "party.id");
  const address = follow(row, "address.id");
  return {
    ...(typeof party === "number" ? { party } : {}),
    ...(typeof address === "number" ? { address } : {}),
  };
}

function listField(row: TrytonRow, name: string): CrmValue {
  const { fields = [], key = "" } = lists[name] ?? {};
  const rows = [...rowsOf(row, name)].sort((left, right) =>
    keyOf(left[key]) < keyOf(right[key]) ? -1 : 1,
  );
  return rows.map((each) =>
    Object.fromEntries(fields.map((field) => [field, fromWire(each[field])])),
  );
}

/** A deal from its row. Its version is Tryton's timestamp with a digest of everything shown. */
export function rowToRecord(layout: TrytonLayout, row: TrytonRow, url: string): CrmRecord {
  const id = String(row.id);
  const fields: Record<string, CrmValue> = {};
  for (const name of layout.own) fields[name] = name === "id" ? id : fromWire(row[name]);
  if (layout.hasCurrency) fields[currencyField] = fromWire(follow(row, currencyField));
  for (const name of layout.account) {
    const path = accountFields[name]?.path ?? "";
    fields[accountPrefix + name] = fromWire(follow(row, path));
  }
  for (const name of layout.lists) fields[name] = listField(row, name);
  const author = fromWire(follow(row, "write_uid.name"));
  const modified = Math.max(momentOf(row.write_date), momentOf(row.create_date));
  return {
    id,
    version: `${String(row._timestamp)}+${digest(JSON.stringify(fields))}`,
    modifiedAt: new Date(modified).toISOString(),
    fields,
    ...(typeof author === "string" ? { modifiedBy: author } : {}),
    url: `${url.replace(/\/+$/, "")}/model/sale.opportunity/${id}`.replace(/^http/, "tryton"),
  };
}

/** The timestamp inside a version. */
export function timestampOf(version: string): string {
  return version.split("+")[0] ?? "";
}

/** A row with the newest moment of all that it shows. */
export function rowToWalked(layout: TrytonLayout, row: TrytonRow, url: string): WalkedRow {
  const linked = layout.lists.flatMap((name) =>
    rowsOf(row, name).flatMap((each) => stamps.map((stamp) => momentOf(each[stamp]))),
  );
  const own = ["write_date", "create_date", "party.write_date", "address.write_date"].map((path) =>
    momentOf(follow(row, path)),
  );
  return { record: rowToRecord(layout, row, url), stamp: Math.max(...own, ...linked) };
}

/** What Tryton says of a field. */
export interface TrytonField {
  readonly type: string;
  readonly label: string;
  readonly selection?: readonly (readonly [value: string | null, label: string])[];
}

/** The commands that give a deal exactly these rows of a list. */
export function listCommands(
  name: string,
  value: CrmValue | undefined,
  present: ReadonlyMap<string, number>,
): Wire {
  const list = lists[name];
  const entries = Array.isArray(value) ? (value as readonly CrmFields[]) : [];
  const wanted = new Map(entries.map((entry) => [keyOf(entry[list?.key ?? ""]), entry]));
  const values = (entry: CrmFields): Wire =>
    Object.fromEntries(
      (list?.fields ?? []).flatMap((field) =>
        entry[field] === undefined ? [] : [[field, entry[field] as Wire]],
      ),
    );
  const gone = [...present].filter(([key]) => !wanted.has(key)).map(([, id]) => id);
  const kept: Wire[] = [];
  const added: Wire[] = [];
  for (const [key, entry] of wanted) {
    const id = present.get(key);
    if (id === undefined) added.push(values(entry));
    else kept.push("write", [id], values(entry));
  }
  return [
    ...(gone.length > 0 ? [["delete", gone] as const] : []),
    ...(kept.length > 0 ? [kept] : []),
    ...(added.length > 0 ? [["create", added] as const] : []),
  ];
}

/** The deal's own values as Tryton takes them; lists and the currency are left to others. */
export function fieldsToRow(
  fields: CrmFields,
  types: Readonly<Record<string, TrytonField>>,
): Record<string, Wire> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => !(name in lists) && name !== currencyField && name !== stateField)
      .map(([name, value]) => [name, toWire(value, types[name]?.type)]),
  );
}
