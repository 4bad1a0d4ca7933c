import { digest } from "../adapting/digest.ts";
import type { WalkedRow } from "../adapting/walk-by-id.ts";
import type { CrmFields, CrmRecord, CrmValue } from "../port.ts";
import type { OdooRow, OdooValue } from "./transport.ts";

/** The virtual field of a deal's stage: `waiting`, `open/3`, `won` or `lost`. */
export const statusField = "status";
/** The currency of the deal's company, in which all its amounts are. */
export const currencyField = "company_currency.name";
/** The list of the customer's people. */
export const contactsField = "x_partner_contacts";
/** The referral's solutions, which stand as JSON in one text. */
export const solutionsField = "x_partner_solutions";
/** Begins the names of fields that stand in the customer's partner. */
export const accountPrefix = "account.";

/** Columns of a customer, as a mapping names them; the country stands by its code. */
export const accountColumns = ["name", "street", "street2", "city", "zip", "country"] as const;
/** The properties of one of the customer's people. */
export const contactColumns = ["email", "first_name", "last_name", "phone"] as const;

/** The columns of a partner that are read. */
export const partnerColumns = [
  ...["name", "street", "street2", "city", "zip", "country_id", "email", "phone"],
  ...["x_partner_first_name", "x_partner_last_name", "write_date"],
] as const;

/** A stage of the pipeline. */
export interface Stage {
  readonly id: number;
  readonly name: string;
  readonly isWon: boolean;
  /** True of the stage in which an inbound referral waits. */
  readonly isWaiting: boolean;
}

/** What is known of a server beside its rows; asked for once. */
export interface OdooFacts {
  readonly stages: readonly Stage[];
  /** Types of the deals' fields. */
  readonly types: Readonly<Record<string, { readonly type: string; readonly label: string }>>;
  /** Codes of countries by their ids. */
  readonly countries: ReadonlyMap<number, string>;
}

/** Which fields an adapter carries, sorted by where they stand. */
export interface OdooLayout {
  /** Fields of the deal's own row. */
  readonly own: readonly string[];
  readonly account: readonly string[];
  readonly hasContacts: boolean;
  readonly hasSolutions: boolean;
  readonly hasCurrency: boolean;
}

const virtual = new Set<string>([statusField, currencyField, contactsField, solutionsField]);

/** Sorts the names of fields by where they stand. */
export function layoutOf(fields: readonly string[], keyField: string): OdooLayout {
  const own = fields.filter((name) => !virtual.has(name) && !name.startsWith(accountPrefix));
  return {
    own: [...new Set([...own, keyField])].sort(),
    account: fields
      .filter((name) => name.startsWith(accountPrefix))
      .map((name) => name.slice(accountPrefix.length)),
    hasContacts: fields.includes(contactsField),
    hasSolutions: fields.includes(solutionsField),
    hasCurrency: fields.includes(currencyField),
  };
}

/** The columns of a deal that are read. */
export function dealColumns(layout: OdooLayout): readonly string[] {
  return [
    ...layout.own,
    ...(layout.hasCurrency ? ["company_currency"] : []),
    ...(layout.account.length > 0 ? ["partner_id"] : []),
    ...(layout.hasContacts ? [contactsField] : []),
    ...(layout.hasSolutions ? [solutionsField] : []),
    ...["stage_id", "active", "write_date", "write_uid"],
  ];
}

/** The id of a many2one; undefined where there is none. */
export function idOf(value: OdooValue | undefined): number | undefined {
  return Array.isArray(value) && typeof value[0] === "number" ? value[0] : undefined;
}

/** The ids of a many2many. */
export function idsOf(value: OdooValue | undefined): readonly number[] {
  return Array.isArray(value) ? (value as readonly number[]) : [];
}

/** A moment of Odoo's, which is whole seconds in UTC, in milliseconds. */
export function momentOf(value: OdooValue | undefined): number {
  return typeof value === "string" ? Date.parse(`${value.replace(" ", "T")}Z`) : 0;
}

/** A moment as Odoo compares it. */
export function formatMoment(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace("T", " ");
}

const entities: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#34;": '"',
  "&#39;": "'",
  "&nbsp;": " ",
};

/** The text of an HTML field: line ends for breaks and paragraphs, nothing else of its markup. */
export function htmlToText(html: string): string {
  return html
    .replace(/<br\s*\/?>/gi, "\n")
    .replace(/<\/p>\s*<p[^>]*>/gi, "\n")
    .replace(/<[^>]*>/g, "")
    .replace(/&(?:amp|lt|gt|quot|nbsp|#34|#39);/g, (entity) => entities[entity] ?? entity);
}

/** A text as an HTML field keeps it. */
export function textToHtml(text: string): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `<p>${escaped.replaceAll("\n", "<br>")}</p>`;
}

function toField(value: OdooValue | undefined, type: string | undefined): CrmValue {
  if (value === undefined || (value === false && type !== "boolean")) return null;
  if (type === "html") return htmlToText(String(value)) || null;
  if (type === "many2one") return Array.isArray(value) ? (value[1] ?? null) : null;
  return value;
}

/** A field's value as Odoo takes it. */
export function toColumn(value: CrmValue, type: string | undefined): OdooValue {
  if (value === null) return false;
  return type === "html" ? textToHtml(String(value)) : value;
}

/** What Odoo's stage, and being archived, mean to a deal. */
export function formatStatus(row: OdooRow, stages: readonly Stage[]): string {
  // A lost deal is an archived one that keeps its stage.
  if (row.active === false) return "lost";
  const id = idOf(row.stage_id);
  const stage = stages.find((each) => each.id === id);
  if (stage?.isWon) return "won";
  return stage?.isWaiting ? "waiting" : `open/${id ?? 0}`;
}

/** A person's two names: those that were written, as long as the partner is still called so. */
function namesOf(row: OdooRow): { readonly first_name: CrmValue; readonly last_name: CrmValue } {
  const name = typeof row.name === "string" ? row.name : "";
  const first = typeof row.x_partner_first_name === "string" ? row.x_partner_first_name : "";
  const last = typeof row.x_partner_last_name === "string" ? row.x_partner_last_name : "";
  if (joinNames(first, last) === name)
    return { first_name: first || null, last_name: last || null };
  const space = name.lastIndexOf(" ");
  return {
    first_name: name.slice(0, Math.max(0, space)) || null,
    last_name: name.slice(space + 1),
  };
}

/** One name from two. */
export function joinNames(first: CrmValue | undefined, last: CrmValue | undefined): string {
  return [first, last].filter((part) => typeof part === "string" && part !== "").join(" ");
}

/** One of the customer's people, from its partner. */
export function rowToContact(row: OdooRow): CrmFields {
  const text = (value: OdooValue | undefined): CrmValue =>
    value === false ? null : (value ?? null);
  return { email: text(row.email), ...namesOf(row), phone: text(row.phone) };
}

/** A customer's columns, from its partner. */
export function rowToAccount(row: OdooRow, { countries }: OdooFacts): CrmFields {
  const country = countries.get(idOf(row.country_id) ?? 0) ?? null;
  const plain = accountColumns.map((name) => [
    name,
    row[name] === false ? null : (row[name] ?? null),
  ]);
  return { ...Object.fromEntries(plain), country };
}

/** A deal's own row with the partners that it names. */
export interface DealRows {
  readonly deal: OdooRow;
  readonly partners: ReadonlyMap<number, OdooRow>;
}

function solutionsOf(value: OdooValue | undefined): CrmValue {
  try {
    const found: unknown = JSON.parse(typeof value === "string" ? value : "[]");
    return Array.isArray(found) ? (found as CrmValue) : [];
  } catch {
    return [];
  }
}

/** A deal from its rows. Its version is a digest of everything that it shows. */
export function rowsToRecord(
  layout: OdooLayout,
  { deal, partners }: DealRows,
  facts: OdooFacts,
  url: string,
): CrmRecord {
  const id = String(deal.id);
  const fields: Record<string, CrmValue> = {};
  for (const name of layout.own) {
    fields[name] = name === "id" ? id : toField(deal[name], facts.types[name]?.type);
  }
  fields[statusField] = formatStatus(deal, facts.stages);
  if (layout.hasCurrency) fields[currencyField] = toField(deal.company_currency, "many2one");
  const partner = partners.get(idOf(deal.partner_id) ?? 0);
  const account = partner ? rowToAccount(partner, facts) : {};
  for (const name of layout.account) fields[accountPrefix + name] = account[name] ?? null;
  if (layout.hasContacts) {
    const ids = [...idsOf(deal[contactsField])].sort((left, right) => left - right);
    fields[contactsField] = ids.flatMap((each) => {
      const row = partners.get(each);
      return row ? [rowToContact(row)] : [];
    });
  }
  if (layout.hasSolutions) fields[solutionsField] = solutionsOf(deal[solutionsField]);
  const author = Array.isArray(deal.write_uid) ? deal.write_uid[1] : undefined;
  return {
    id,
    version: digest(JSON.stringify(fields)),
    modifiedAt: new Date(momentOf(deal.write_date)).toISOString(),
    fields,
    ...(typeof author === "string" ? { modifiedBy: author } : {}),
    url: `${url.replace(/\/+$/, "")}/web#id=${id}&model=crm.lead&view_type=form`,
  };
}

/** A deal with the newest moment of all that it shows. */
export function rowsToWalked(
  layout: OdooLayout,
  rows: DealRows,
  facts: OdooFacts,
  url: string,
): WalkedRow {
  const named = [idOf(rows.deal.partner_id) ?? 0, ...idsOf(rows.deal[contactsField])];
  const moments = named.map((id) => momentOf(rows.partners.get(id)?.write_date));
  return {
    record: rowsToRecord(layout, rows, facts, url),
    stamp: Math.max(momentOf(rows.deal.write_date), ...moments),
  };
}
