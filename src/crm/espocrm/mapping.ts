import { digest } from "../adapting/digest.ts";
import type { CrmFields, CrmRecord, CrmValue } from "../port.ts";

/** A record as the API shows it. */
export type EspoRow = CrmFields;

/** The field of a deal's stage. */
export const stageField = "stage";
/** The list of the customer's people. */
export const contactsField = "contacts";
/** The referral's solutions, which stand as JSON in one text. */
export const solutionsField = "cPartnerSolutions";
/** Begins the names of fields that stand in the customer's account. */
export const accountPrefix = "account.";
/** The columns of a contact that are read. */
export const contactColumns = ["emailAddress", "firstName", "lastName", "phoneNumber"] as const;

/** Which fields an adapter carries, sorted by where they stand. */
export interface EspoLayout {
  readonly own: readonly string[];
  readonly account: readonly string[];
  readonly hasContacts: boolean;
  readonly hasSolutions: boolean;
}

/** Sorts the names of fields by where they stand. */
export function layoutOf(fields: readonly string[], keyField: string): EspoLayout {
  const own = fields.filter(
    (name) => name !== contactsField && name !== solutionsField && !name.startsWith(accountPrefix),
  );
  return {
    own: [...new Set([...own, keyField, stageField])].sort(),
    account: fields
      .filter((name) => name.startsWith(accountPrefix))
      .map((name) => name.slice(accountPrefix.length)),
    hasContacts: fields.includes(contactsField),
    hasSolutions: fields.includes(solutionsField),
  };
}

/**
 * The field of an entity as a mapping names it. Espo says `name` of an account's name and of a
 * deal's, and names the amount where its currency is refused.
 */
export function mappedField(entity: string, field: string, isCurrency: boolean): string {
  if (entity === "Account") return accountPrefix + field;
  if (entity === "Contact") return contactsField;
  return isCurrency ? `${field}Currency` : field;
}

/** The attributes of a deal that are asked for. */
export function dealAttributes(layout: EspoLayout): readonly string[] {
  return [
    ...layout.own,
    ...(layout.account.length > 0 ? ["accountId"] : []),
    ...(layout.hasContacts ? ["contactsIds"] : []),
    ...(layout.hasSolutions ? [solutionsField] : []),
    ...["createdAt", "modifiedAt", "modifiedByName", "versionNumber"],
  ];
}

/** A moment of Espo's, whole seconds in UTC, in milliseconds; 0 where there is none. */
export function momentOf(value: CrmValue | undefined): number {
  return typeof value === "string" ? Date.parse(`${value.replace(" ", "T")}Z`) : 0;
}

/** A moment as Espo compares it. */
export function formatMoment(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace("T", " ");
}

/** The ids of the deal's contacts, in their order. */
export function contactIdsOf(deal: EspoRow): readonly string[] {
  const ids = deal.contactsIds;
  return Array.isArray(ids) ? [...(ids as readonly string[])].sort() : [];
}

/** A deal's own row with the rows that it names. */
export interface DealRows {
  readonly deal: EspoRow;
  readonly account: EspoRow | undefined;
  readonly contacts: readonly EspoRow[];
}

function pick(row: EspoRow | undefined, names: readonly string[]): Record<string, CrmValue> {
  return Object.fromEntries(names.map((name) => [name, row?.[name] ?? null]));
}

function solutionsOf(value: CrmValue | undefined): CrmValue {
  try {
    const found: unknown = JSON.parse(typeof value === "string" ? value : "[]");
    return Array.isArray(found) ? (found as CrmValue) : [];
  } catch {
    return [];
  }
}

/**
 * A deal from its rows. Its version is Espo's version number, where it counts them, with a digest
 * of
 * everything that the deal shows.
 */
export function rowsToRecord(layout: EspoLayout, rows: DealRows, url: string): CrmRecord {
  const { account, contacts, deal } = rows;
  const id = String(deal.id);
  const fields: Record<string, CrmValue> = pick(deal, layout.own);
  for (const [name, value] of Object.entries(pick(account, layout.account))) {
    fields[accountPrefix + name] = value;
  }
  if (layout.hasContacts) fields[contactsField] = contacts.map((row) => pick(row, contactColumns));
  if (layout.hasSolutions) fields[solutionsField] = solutionsOf(deal[solutionsField]);
  const modifiedAt = momentOf(deal.modifiedAt) || momentOf(deal.createdAt);
  const author = deal.modifiedByName;
  return {
    id,
    version: `${String(deal.versionNumber ?? "")}+${digest(JSON.stringify(fields))}`,
    modifiedAt: new Date(modifiedAt).toISOString(),
    fields,
    ...(typeof author === "string" ? { modifiedBy: author } : {}),
    url: `${url.replace(/\/+$/, "")}/#Opportunity/view/${id}`,
  };
}

/** Espo's version number inside a version; undefined where it counts none. */
export function versionNumberOf(version: string): string | undefined {
  return version.split("+")[0] || undefined;
}

/** A query of the list API: conditions as Espo's `where`, all of which must hold. */
export function listQuery(
  where: readonly (readonly [type: string, attribute: string, value: CrmValue])[],
  options: Readonly<Record<string, string | number>>,
): string {
  const query = new URLSearchParams();
  for (const [index, [type, attribute, value]] of where.entries()) {
    query.append(`where[${index}][type]`, type);
    query.append(`where[${index}][attribute]`, attribute);
    const values = Array.isArray(value) ? value : undefined;
    for (const each of values ?? []) query.append(`where[${index}][value][]`, String(each));
    if (!values) query.append(`where[${index}][value]`, String(value));
  }
  for (const [name, value] of Object.entries(options)) query.append(name, String(value));
  return query.toString();
}
