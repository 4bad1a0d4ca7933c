import type { CrmFields, CrmValue } from "../../../src/crm/port.ts";
import type { EditedField, Side } from "../schedule/schedule.ts";
import { valueAt } from "../world/referral-document.ts";

/**
 * Values in the checker's neutral spelling: one text per meaning, whichever side it was read from.
 * The checker compares
 * these and never asks the product's lenses, so that a wrong lens can't hide itself.
 */
export type NeutralValues = Readonly<Record<EditedField, string>>;

/** The fields that people change, in a fixed order. */
export const editedFields: readonly EditedField[] = [
  "name",
  "dealValue",
  "currency",
  "closingDate",
  "notes",
  "status",
  "country",
  "contact",
];

const stages: Readonly<Record<string, string>> = {
  "New/Pending": "New",
  "New/Received": "Received",
  "Active/Accepted": "Working",
  "Closed/Won": "Won",
  "Closed/Lost": "Lost",
  "Closed/Declined": "Declined",
  "Closed/Expired": "Expired",
};

/** CRM stage by lifecycle state: also the picklist of the simulated mapping. */
export const stageOfState: Readonly<Record<string, string>> = stages;
const stateOfStage = new Map(Object.entries(stages).map(([state, stage]) => [stage, state]));

/** Where each field stands in a referral; status stands for two. */
export const referralPointers: Readonly<Record<EditedField, string>> = {
  name: "/name",
  dealValue: "/details/dealValue",
  currency: "/details/currency",
  closingDate: "/details/closingDateTime",
  notes: "/details/notes",
  status: "/status",
  country: "/customerProfile/address/country",
  contact: "/customerProfile/team",
};

/** Where each field stands in the model CRM. */
export const crmNames: Readonly<Record<EditedField, string>> = {
  name: "name",
  dealValue: "amount",
  currency: "currency",
  closingDate: "closedate",
  notes: "description",
  status: "stage",
  country: "account.country",
  contact: "contacts",
};

function text(value: unknown): string {
  return value === undefined || value === null ? "" : String(value).trim();
}

function amount(value: unknown): string {
  const plain = text(value);
  return plain === "" ? "" : (Math.round(Number(plain) * 100) / 100).toFixed(2);
}

function emails(value: unknown): string {
  if (!Array.isArray(value)) return "";
  return value.map((member: Record<string, unknown>) => text(member.email)).join(",");
}

const readers: Readonly<Record<EditedField, (value: unknown) => string>> = {
  name: text,
  dealValue: amount,
  currency: (value) => text(value).toUpperCase(),
  closingDate: (value) => text(value).slice(0, 10),
  notes: text,
  status: text,
  country: (value) => text(value).toUpperCase(),
  contact: emails,
};

/** A referral's values. */
export function valuesOfReferral(document: Record<string, unknown>): NeutralValues {
  const values: Record<string, string> = {};
  for (const field of editedFields) {
    values[field] =
      field === "status"
        ? `${text(document.status)}/${text(document.substatus)}`
        : readers[field](valueAt(document, referralPointers[field]));
  }
  return values as NeutralValues;
}

/** A CRM deal's values. */
export function valuesOfDeal(fields: CrmFields): NeutralValues {
  const values: Record<string, string> = {};
  for (const field of editedFields) {
    const value = fields[crmNames[field]];
    values[field] =
      field === "status" ? (stateOfStage.get(text(value)) ?? text(value)) : readers[field](value);
  }
  return values as NeutralValues;
}

/** A member of a team as both sides hold it. */
function member(email: string): Record<string, CrmValue> {
  return { firstName: "Sam", lastName: "Sample", phoneNumber: "", email };
}

/** What a person types into a referral, by JSON Pointer. */
export function referralEdit(field: EditedField, value: string): Record<string, CrmValue> {
  if (field === "status") {
    const [status = "", substatus = ""] = value.split("/");
    return { "/status": status, "/substatus": substatus };
  }
  if (field === "dealValue") return { [referralPointers.dealValue]: Number(value) };
  if (field === "closingDate") return { [referralPointers.closingDate]: `${value}T00:00:00Z` };
  if (field === "contact") return { [referralPointers.contact]: [member(value)] };
  return { [referralPointers[field]]: value };
}

/**
 * What a person types into the CRM, by field name. Text gets the stray spaces that people leave.
 */
export function dealEdit(field: EditedField, value: string, isSloppy: boolean): CrmFields {
  if (field === "status") return { stage: stages[value] ?? value };
  if (field === "dealValue") return { amount: isSloppy ? Number(value) + 0.001 : Number(value) };
  if (field === "contact") return { contacts: [member(value)] };
  if (field === "notes" && isSloppy) return { description: ` ${value}  ` };
  if (field === "currency" && isSloppy) return { currency: value.toLowerCase() };
  return { [crmNames[field]]: value };
}

/** The part of the CRM deal that an edited field belongs to. */
export function crmPartOf(field: EditedField): string {
  if (field === "country") return "account";
  return field === "contact" ? "contacts" : "deal";
}

/** Values of one record, whichever side it is on. */
export function valuesOf(side: Side, record: Record<string, unknown>): NeutralValues {
  return side === "crm" ? valuesOfDeal(record as CrmFields) : valuesOfReferral(record);
}

/** A field as it is spelt in a record; a contact's order of names is no spelling. */
export function rawValue(side: Side, field: EditedField, record: Record<string, unknown>): string {
  if (field === "contact") return valuesOf(side, record).contact;
  const value = side === "crm" ? record[crmNames[field]] : valueAt(record, referralPointers[field]);
  return JSON.stringify(value ?? null);
}

/** One value of the mapping's own form for a side, in the neutral spelling. */
export function neutralValue(field: EditedField, side: Side, value: unknown): string {
  if (field !== "status") return readers[field](value);
  return side === "crm" ? (stateOfStage.get(text(value)) ?? text(value)) : text(value);
}
