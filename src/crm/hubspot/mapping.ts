import { digest } from "../adapting/digest.ts";
import type { CrmFields, CrmRecord, CrmValue } from "../port.ts";
import { type TextList, textLists, textToList } from "./text-lists.ts";

/** An object as the API shows it: every value is a text or null. */
export interface HubSpotObject {
  readonly id: string;
  readonly properties: Readonly<Record<string, string | null>>;
  readonly updatedAt?: string;
}

/** The virtual field that holds a deal's state and stage together: `open/Contract Sent`. */
export const statusField = "status";
/** The list of the customer's people on a deal. */
export const contactsField = "contacts";
/** Begins the names of fields that stand in the deal's company. */
export const companyPrefix = "company.";

/** The properties of a contact that are read. */
export const contactProperties = ["email", "firstname", "lastname", "phone"] as const;

/** The property that tells when a deal changed. */
export const modifiedProperty = "hs_lastmodifieddate";

/** Which fields an adapter carries, sorted by where they stand. */
export interface FieldLayout {
  /** Properties of the deal itself. */
  readonly own: readonly string[];
  /** Properties of the company. */
  readonly company: readonly string[];
  readonly hasContacts: boolean;
  readonly lists: readonly TextList[];
  /** All properties of a deal that are asked for. */
  readonly asked: readonly string[];
}

/** Sorts the names of fields by where they stand. */
export function layoutOf(fields: readonly string[], keyProperty: string): FieldLayout {
  const lists = textLists.filter(({ field }) => fields.includes(field));
  const virtual = new Set([statusField, contactsField, ...lists.map(({ field }) => field)]);
  const own = fields.filter((field) => !virtual.has(field) && !field.startsWith(companyPrefix));
  const company = fields
    .filter((field) => field.startsWith(companyPrefix))
    .map((field) => field.slice(companyPrefix.length));
  const ownNames = [...new Set([...own, keyProperty])].sort();
  const system = ["dealstage", "pipeline", modifiedProperty, "hs_updated_by_user_id"];
  return {
    own: ownNames,
    company,
    hasContacts: fields.includes(contactsField),
    lists,
    asked: [...new Set([...ownNames, ...lists.map(({ property }) => property), ...system])],
  };
}

/** What property definitions say of values. */
export type PropertyTypes = ReadonlyMap<string, string>;

/** A property's text as a value of the port. */
export function toValue(types: PropertyTypes, name: string, text: string | null): CrmValue {
  // An id is a name, though HubSpot counts it among the numbers.
  if (text === null || text === "" || name === "hs_object_id") return text || null;
  const type = types.get(name);
  if (type === "number") return Number(text);
  return type === "bool" ? text === "true" : text;
}

/** A value of the port as a property's text; nothing is an empty text, which clears it. */
export function toText(value: CrmValue): string {
  return value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A stage of one of the account's pipelines. */
export interface Stage {
  readonly id: string;
  readonly label: string;
  readonly pipelineId: string;
  readonly state: "open" | "won" | "lost";
}

/** `open/Contract Sent`, `won/Closed Won`, `lost/Closed Lost`. */
export function formatStatus(stages: readonly Stage[], stageId: string | null): string {
  const found = stages.find(({ id }) => id === stageId);
  return found ? `${found.state}/${found.label}` : `open/${stageId ?? ""}`;
}

/** What was read of one deal. */
export interface DealObjects {
  readonly deal: HubSpotObject;
  readonly company: HubSpotObject | undefined;
  /** In the order of their ids. */
  readonly contacts: readonly HubSpotObject[];
}

/** What translates deals. */
export interface Dictionary {
  readonly types: PropertyTypes;
  readonly stages: readonly Stage[];
}

function fieldsOf(layout: FieldLayout, dictionary: Dictionary, objects: DealObjects): CrmFields {
  const { company, contacts, deal } = objects;
  const { stages, types } = dictionary;
  const { properties } = deal;
  const fields: Record<string, CrmValue> = {};
  for (const name of layout.own) fields[name] = toValue(types, name, properties[name] ?? null);
  fields[statusField] = formatStatus(stages, properties.dealstage ?? null);
  for (const name of layout.company) {
    fields[companyPrefix + name] = company?.properties[name] || null;
  }
  if (layout.hasContacts) {
    fields[contactsField] = contacts.map(({ id, properties: values }) => ({
      id,
      ...Object.fromEntries(contactProperties.map((name) => [name, values[name] || null])),
    }));
  }
  for (const list of layout.lists) {
    fields[list.field] = textToList(list, properties[list.property] ?? null);
  }
  return fields;
}

/**
 * A deal from its objects. HubSpot has no versions: what stands for one is the moment of its last
 * change with a digest of all values, so that a changed contact makes another one.
 */
export function objectsToRecord(
  layout: FieldLayout,
  dictionary: Dictionary,
  objects: DealObjects,
): CrmRecord {
  const { id, properties, updatedAt } = objects.deal;
  const fields = fieldsOf(layout, dictionary, objects);
  const stamp = new Date(properties[modifiedProperty] ?? updatedAt ?? 0).toISOString();
  const by = properties.hs_updated_by_user_id;
  return {
    id,
    version: `${stamp}+${digest(JSON.stringify(fields))}`,
    modifiedAt: stamp,
    fields,
    ...(by ? { modifiedBy: by } : {}),
  };
}

/** True where two values are one to HubSpot, which keeps no empty texts. */
export function sameValue(left: CrmValue | undefined, right: CrmValue | undefined): boolean {
  const plain = (value: CrmValue | undefined): CrmValue => (value === "" ? null : (value ?? null));
  const [one, other] = [plain(left), plain(right)];
  if (one === null || other === null || typeof one === "object" || typeof other === "object") {
    return JSON.stringify(one) === JSON.stringify(other);
  }
  if (one === other || String(one) === String(other)) return true;
  // A moment may be written in several ways.
  const isMoment = /^\d{4}-\d{2}-\d{2}/.test(String(one)) && /^\d{4}-\d{2}/.test(String(other));
  return isMoment && Date.parse(String(one)) === Date.parse(String(other));
}
