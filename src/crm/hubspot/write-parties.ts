import {
  type Ambiguity,
  contactStays,
  customerName,
  customerStays,
  oneCustomer,
} from "../adapting/party-rules.ts";
import { customerKey, isSameCustomer } from "../adapting/same-customer.ts";
import { CrmError, type CrmFields, type CrmValue, type OperationOptions } from "../port.ts";
import type { CompanySearch } from "./find-companies.ts";
import {
  companyPrefix,
  contactProperties,
  contactsField,
  type DealObjects,
  type HubSpotObject,
  sameValue,
  toText,
} from "./mapping.ts";
import { readBatch } from "./read-deals.ts";
import { problemIn, type Transport } from "./transport.ts";

const words = { system: "HubSpot", one: "company", many: "companies" };

/** How the people of a deal are written. */
export interface ContactRules {
  /** True where a contact that is on the deal already may be changed. */
  readonly updates: boolean;
}

/** The company property that keeps the customer for whom we made it; its values are unique. */
export const customerKeyProperty = "pr_customer_key";

const longestKey = 255;

const customerOf = (values: CrmFields) => ({
  name: values.name,
  postalCode: values.zip,
  country: values.country,
});

/** The company's values without their prefix. */
export function companyValues(fields: CrmFields): CrmFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name.slice(companyPrefix.length), value]),
  );
}

function asProperties(values: CrmFields): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toText(value)]));
}

const nameCompanyField = (property: string): string => companyPrefix + property;

async function findByKey(
  send: Transport,
  key: string,
  options: OperationOptions,
): Promise<string | undefined> {
  const query = new URLSearchParams({ idProperty: customerKeyProperty, properties: "name" });
  const target = `crm/v3/objects/companies/${encodeURIComponent(key)}?${query.toString()}`;
  const response = await send({ method: "GET", target, accept: [404] }, options);
  return response.status === 404 ? undefined : (JSON.parse(response.body) as HubSpotObject).id;
}

async function findByName(
  search: CompanySearch,
  wanted: CrmFields,
  ambiguity: Ambiguity,
  options: OperationOptions,
): Promise<string | undefined> {
  const results = await search.byName(String(wanted.name).trim(), options);
  const fitting = results.filter(({ properties }) =>
    isSameCustomer(customerOf(properties), customerOf(wanted)),
  );
  return oneCustomer(fitting, ambiguity, words, nameCompanyField("name"))?.id;
}

/**
 * The id of the customer's company; a new one where there is none. The search lags behind what was
 * written: a company that we made carries a unique value, so that HubSpot refuses a second one.
 * Errors: CrmError.
 */
export async function findOrCreateCompany(
  { search, send }: { readonly send: Transport; readonly search: CompanySearch },
  wanted: CrmFields,
  ambiguity: Ambiguity,
  options: OperationOptions,
): Promise<string> {
  customerName(wanted.name, nameCompanyField("name"));
  const known = await findByName(search, wanted, ambiguity, options);
  if (known !== undefined) return known;
  const key = customerKey(customerOf(wanted)).slice(0, longestKey);
  const response = await send(
    {
      method: "POST",
      target: "crm/v3/objects/companies",
      body: { properties: { ...asProperties(wanted), [customerKeyProperty]: key } },
      accept: [400, 409],
      nameField: nameCompanyField,
    },
    options,
  );
  if (response.status < 300) return (JSON.parse(response.body) as HubSpotObject).id;
  const { message, property, reason } = problemIn(response.body);
  const taken =
    response.status === 409 || reason === "CONFLICTING_UNIQUE_VALUE"
      ? await findByKey(send, key, options)
      : undefined;
  if (taken !== undefined) return taken;
  throw new CrmError("invalid", `HubSpot refused the company (${reason ?? message.slice(0, 60)})`, {
    field: nameCompanyField(property ?? "name"),
  });
}

/** Changes a deal's company, where that is allowed. Errors: CrmError. */
export async function changeCompany(
  send: Transport,
  present: HubSpotObject,
  wanted: CrmFields,
  isAllowed: boolean,
  options: OperationOptions,
): Promise<void> {
  const changes = Object.entries(wanted).filter(
    ([name, value]) => !sameValue(present.properties[name] ?? null, value),
  );
  const [first] = changes;
  if (!first) return;
  if (!isAllowed) throw customerStays(words, nameCompanyField(first[0]));
  const body = { properties: asProperties(Object.fromEntries(changes)) };
  const target = `crm/v3/objects/companies/${present.id}`;
  await send({ method: "PATCH", target, body, nameField: nameCompanyField }, options);
}

function emailOf(values: CrmFields | HubSpotObject["properties"]): string {
  const { email } = values;
  return typeof email === "string" ? email.trim().toLowerCase() : "";
}

const inContacts = (): string => contactsField;

function changesOf(person: CrmFields, present: HubSpotObject): CrmFields {
  const isSame = (name: string): boolean =>
    name === "email"
      ? emailOf(person) === emailOf(present.properties)
      : sameValue(person[name], present.properties[name] ?? null);
  return Object.fromEntries(
    contactProperties
      .filter((name) => person[name] !== undefined && !isSame(name))
      .map((name) => [name, person[name] ?? null]),
  );
}

/** Finds people by their e-mail addresses, which are unique, or makes them; gives their ids. */
async function findOrCreatePeople(
  send: Transport,
  people: readonly CrmFields[],
  options: OperationOptions,
): Promise<readonly string[]> {
  const emails = people.map(emailOf).filter((email) => email !== "");
  const found = await readBatch(send, "contacts", emails, ["email"], options, "email");
  const missing = people.filter(
    (person) => !found.some(({ properties }) => emailOf(properties) === emailOf(person)),
  );
  if (missing.length === 0) return found.map(({ id }) => id);
  const inputs = missing.map(({ id: _ignored, ...person }) => ({
    properties: asProperties(person),
  }));
  const response = await send(
    {
      method: "POST",
      target: "crm/v3/objects/contacts/batch/create",
      body: { inputs },
      nameField: inContacts,
    },
    options,
  );
  const { results } = JSON.parse(response.body) as { results: readonly HubSpotObject[] };
  return [...found, ...results].map(({ id }) => id);
}

/** Gives a deal exactly these people: found or made, and linked. Errors: CrmError. */
export async function writeContacts(
  send: Transport,
  { contacts, deal }: DealObjects,
  value: CrmValue | undefined,
  rules: ContactRules,
  options: OperationOptions,
): Promise<void> {
  const people = Array.isArray(value) ? (value as readonly CrmFields[]) : [];
  const presentOf = (person: CrmFields): HubSpotObject | undefined =>
    contacts.find(({ id, properties }) =>
      person.id ? id === person.id : emailOf(properties) === emailOf(person),
    );
  const updates = people.flatMap((person) => {
    const present = presentOf(person);
    const changes = present ? changesOf(person, present) : {};
    if (!present || Object.keys(changes).length === 0) return [];
    return [{ id: present.id, properties: asProperties(changes) }];
  });
  if (updates.length > 0) {
    if (!rules.updates) throw contactStays(words, contactsField);
    const target = "crm/v3/objects/contacts/batch/update";
    await send(
      { method: "POST", target, body: { inputs: updates }, nameField: inContacts },
      options,
    );
  }
  const unknown = people.filter((person) => !presentOf(person));
  const added = unknown.length > 0 ? await findOrCreatePeople(send, unknown, options) : [];
  const from = { id: deal.id };
  const links = "crm/v4/associations/deals/contacts/batch";
  if (added.length > 0) {
    const inputs = added.map((id) => ({ from, to: { id } }));
    const target = `${links}/associate/default`;
    await send({ method: "POST", target, body: { inputs } }, options);
  }
  const kept = new Set(people.map((person) => presentOf(person)?.id));
  const removed = contacts.filter(({ id }) => !kept.has(id)).map(({ id }) => ({ id }));
  if (removed.length === 0) return;
  const body = { inputs: [{ from, to: removed }] };
  await send({ method: "POST", target: `${links}/archive`, body }, options);
}
