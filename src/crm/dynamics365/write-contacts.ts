import { type Ambiguity, contactStays, oneContact } from "../adapting/party-rules.ts";
import type { CrmFields, CrmValue, OperationOptions } from "../port.ts";
import { type BatchItem, sendBatch } from "./batch.ts";
import { dynamicsWords, quoted } from "./find-account.ts";
import { contactColumns, contactsField, contactsOf, type DataverseRow } from "./mapping.ts";
import type { DealContext, DealSnapshot } from "./read-deals.ts";
import { stableId } from "./stable-id.ts";
import type { WebApiCall } from "./transport.ts";

/** How the people of a deal are written. */
export interface ContactRules {
  readonly ambiguity: Ambiguity;
  /** True where a contact that is on the deal already may be changed. */
  readonly updates: boolean;
}

type Person = CrmFields;

function emailOf(person: CrmFields): string {
  const email = person.emailaddress1;
  return typeof email === "string" ? email.trim().toLowerCase() : "";
}

function peopleOf(value: CrmValue | undefined): readonly Person[] {
  return Array.isArray(value) ? (value as readonly Person[]) : [];
}

/** The properties that the deal's contact doesn't have yet. */
function differences(person: Person, row: DataverseRow): CrmFields {
  const changes: Record<string, CrmValue> = {};
  for (const column of contactColumns) {
    const wanted = person[column];
    if (column === "contactid" || wanted === undefined) continue;
    const isSame =
      column === "emailaddress1"
        ? emailOf(person) === emailOf(row as CrmFields)
        : (wanted ?? null) === (row[column] ?? null);
    if (!isSame) changes[column] = wanted;
  }
  return changes;
}

async function findByEmail(
  context: DealContext,
  emails: readonly string[],
  options: OperationOptions,
): Promise<readonly DataverseRow[]> {
  const terms = emails.map((email) => `emailaddress1 eq ${quoted(email)}`);
  const filter = `(${terms.join(" or ")}) and statecode eq 0`.replaceAll(" ", "%20");
  const columns = [...contactColumns, "_parentcustomerid_value", "createdon"].join(",");
  const target = `contacts?$select=${columns}&$filter=${filter}&$orderby=createdon`;
  const response = await context.send({ method: "GET", target }, options);
  return (JSON.parse(response.body) as { value: readonly DataverseRow[] }).value;
}

/** The contact with this e-mail address: of the deal's account before others. */
function choose(
  candidates: readonly DataverseRow[],
  accountId: string | undefined,
  ambiguity: Ambiguity,
): DataverseRow | undefined {
  const ofAccount = candidates.filter((row) => row._parentcustomerid_value === accountId);
  const fitting = ofAccount.length > 0 ? ofAccount : candidates;
  return oneContact(fitting, ambiguity, dynamicsWords, contactsField);
}

interface Plan {
  /** Creates and changes of contact rows. */
  readonly writes: readonly WebApiCall[];
  /** The ids of all contacts that the deal shall have, in the wanted order. */
  readonly wantedIds: readonly string[];
}

async function planPeople(
  context: DealContext,
  snapshot: DealSnapshot,
  people: readonly Person[],
  rules: ContactRules,
  options: OperationOptions,
): Promise<Plan> {
  const present = contactsOf(snapshot.rows);
  const accountId = accountIdOf(snapshot);
  const writes: WebApiCall[] = [];
  const wantedIds: string[] = [];
  const unknown: Person[] = [];
  for (const person of people) {
    const row = present.find((each) =>
      person.contactid
        ? each.contactid === person.contactid
        : emailOf(each as CrmFields) === emailOf(person),
    );
    if (!row) {
      unknown.push(person);
      continue;
    }
    wantedIds.push(String(row.contactid));
    const changes = differences(person, row);
    if (Object.keys(changes).length > 0) writes.push(changeContact(row, changes, rules));
  }
  const emails = unknown.map(emailOf).filter((email) => email !== "");
  const candidates = emails.length > 0 ? await findByEmail(context, emails, options) : [];
  for (const person of unknown) {
    const email = emailOf(person);
    const sameEmail = candidates.filter((row) => emailOf(row as CrmFields) === email);
    const found = email === "" ? undefined : choose(sameEmail, accountId, rules.ambiguity);
    const id = found ? String(found.contactid) : await stableId(`contact/${accountId}/${email}`);
    if (!found) writes.push(createContact(id, person, accountId));
    wantedIds.push(id);
  }
  return { writes, wantedIds };
}

function changeContact(row: DataverseRow, changes: CrmFields, rules: ContactRules): WebApiCall {
  if (!rules.updates) throw contactStays(dynamicsWords, contactsField);
  return {
    method: "PATCH",
    target: `contacts(${String(row.contactid)})`,
    headers: { "if-match": "*" },
    body: JSON.stringify(changes),
  };
}

function createContact(id: string, person: Person, accountId: string | undefined): WebApiCall {
  const { contactid: _ignored, ...columns } = person;
  const parent =
    accountId === undefined
      ? {}
      : { "parentcustomerid_account@odata.bind": `/accounts(${accountId})` };
  // Without If-None-Match, so that a repeated create finds its own row and leaves it as it wants
  // it.
  return {
    method: "PATCH",
    target: `contacts(${id})`,
    body: JSON.stringify({ ...columns, ...parent }),
  };
}

/** The id of a deal's account, where it has one. */
export function accountIdOf(snapshot: DealSnapshot | undefined): string | undefined {
  const account = snapshot?.rows.deal.customerid_account as DataverseRow | null | undefined;
  return typeof account?.accountid === "string" ? account.accountid : undefined;
}

async function planLinks(
  context: DealContext,
  snapshot: DealSnapshot,
  wantedIds: readonly string[],
): Promise<readonly WebApiCall[]> {
  const { rows, record } = snapshot;
  const primary = (rows.deal.parentcontactid as DataverseRow | null)?.contactid;
  const kept = typeof primary === "string" && wantedIds.includes(primary) ? primary : wantedIds[0];
  const links: WebApiCall[] = [];
  if (kept !== primary && (kept !== undefined || typeof primary === "string")) {
    links.push({
      method: "PATCH",
      target: `${context.layout.table.setName}(${record.id})`,
      headers: { "if-match": "*" },
      body: JSON.stringify({
        "parentcontactid@odata.bind": kept === undefined ? null : `/contacts(${kept})`,
      }),
    });
  }
  const connected = new Map(
    rows.connections.flatMap((row) => {
      const contact = row.record2id_contact as DataverseRow | null;
      return contact ? [[String(contact.contactid), String(row.connectionid)] as const] : [];
    }),
  );
  for (const [contactId, connectionId] of connected) {
    if (wantedIds.includes(contactId)) continue;
    links.push({ method: "DELETE", target: `connections(${connectionId})` });
  }
  for (const contactId of wantedIds) {
    if (contactId === kept || connected.has(contactId)) continue;
    const id = await stableId(`connection/${record.id}/${contactId}`);
    links.push({
      method: "PATCH",
      target: `connections(${id})`,
      body: JSON.stringify({
        "record1id_opportunity@odata.bind": `/opportunities(${record.id})`,
        "record2id_contact@odata.bind": `/contacts(${contactId})`,
      }),
    });
  }
  return links;
}

/**
 * Gives a deal exactly these people: finds or creates them, and links them. All of it happens, or
 * none.
 */
export async function writeContacts(
  context: DealContext,
  snapshot: DealSnapshot,
  value: CrmValue | undefined,
  rules: ContactRules,
  options: OperationOptions,
): Promise<void> {
  const plan = await planPeople(context, snapshot, peopleOf(value), rules, options);
  const links = await planLinks(context, snapshot, plan.wantedIds);
  const changeset = [...plan.writes, ...links];
  if (changeset.length === 0) return;
  const items: readonly BatchItem[] = [{ changeset }];
  await sendBatch(context.send, context.rootUrl, items, options);
}
