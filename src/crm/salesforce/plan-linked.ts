import { type Ambiguity, contactStays } from "../adapting/party-rules.ts";
import type { CrmFields, CrmValue } from "../port.ts";
import {
  chooseContact,
  emailOf,
  type FoundParties,
  peopleOf,
  salesforceWords,
} from "./find-parties.ts";
import {
  type ChildObject,
  contactFields,
  contactsField,
  contactsOf,
  rolesOf,
  rowsOfChild,
  type SalesforceRow,
  sameValue,
} from "./mapping.ts";
import { newContactReference, type RecordWrites } from "./record-writes.ts";

/** How the people of a deal are written. */
export interface ContactRules {
  readonly ambiguity: Ambiguity;
  /** True where a contact that is on the deal already may be changed. */
  readonly updates: boolean;
}

/** The deal whose people and rows are written. */
export interface LinkedTarget {
  /** Its id, or a reference to it. */
  readonly dealId: string;
  /** Its account's id, or a reference to it. */
  readonly accountId: string | undefined;
  /** As it is now; absent where it is only being made. */
  readonly row?: SalesforceRow;
}

function differences(wanted: CrmFields, row: SalesforceRow, names: readonly string[]): CrmFields {
  const isSame = (name: string): boolean =>
    name === "Email"
      ? emailOf(wanted) === emailOf(row)
      : sameValue(wanted[name], row[name] as CrmValue);
  return Object.fromEntries(
    names
      .filter((name) => name !== "Id" && wanted[name] !== undefined && !isSame(name))
      .map((name) => [name, wanted[name] ?? null]),
  );
}

/** E-mail addresses of people who aren't on the deal yet. */
export function unknownEmails(
  value: CrmValue | undefined,
  row: SalesforceRow | undefined,
): readonly string[] {
  const present = new Set((row ? contactsOf(row) : []).map(emailOf));
  const emails = peopleOf(value).map(emailOf);
  return [...new Set(emails)].filter((email) => email !== "" && !present.has(email));
}

function changeContact(row: SalesforceRow, changes: CrmFields, rules: ContactRules) {
  if (rules.updates) return { object: "Contact", id: String(row.Id), fields: changes };
  throw contactStays(salesforceWords, contactsField);
}

/** The ids, or references, of the people that a deal shall have. */
function planPeople(
  target: LinkedTarget,
  people: readonly CrmFields[],
  found: FoundParties,
  rules: ContactRules,
  writes: RecordWrites,
): readonly string[] {
  const present = target.row ? contactsOf(target.row) : [];
  const ids: string[] = [];
  for (const person of people) {
    const row = present.find((each) =>
      person.Id ? each.Id === person.Id : emailOf(each) === emailOf(person),
    );
    if (row) {
      const changes = differences(person, row, contactFields);
      if (Object.keys(changes).length > 0) {
        writes.changes.push(changeContact(row, changes, rules));
      }
      ids.push(String(row.Id));
      continue;
    }
    const email = emailOf(person);
    const known =
      email === ""
        ? undefined
        : chooseContact(found.contacts, email, target.accountId, rules.ambiguity);
    if (known) {
      ids.push(String(known.Id));
      continue;
    }
    ids.push(newContactReference(writes));
    const { Id: _ignored, ...fields } = person;
    const account = target.accountId === undefined ? {} : { AccountId: target.accountId };
    writes.contacts.push({ object: "Contact", fields: { ...fields, ...account } });
  }
  return [...new Set(ids)];
}

/** Plans that a deal has exactly these people: found or made, and linked by contact roles. */
export function planContacts(
  target: LinkedTarget,
  value: CrmValue | undefined,
  found: FoundParties,
  rules: ContactRules,
  writes: RecordWrites,
): void {
  const wanted = planPeople(target, peopleOf(value), found, rules, writes);
  const roles = target.row ? rolesOf(target.row) : [];
  const contactIdOf = (role: SalesforceRow): string =>
    String((role.Contact as SalesforceRow | null)?.Id);
  const kept = roles.filter((role) => wanted.includes(contactIdOf(role)));
  const hasPrimary = kept.some((role) => role.IsPrimary);
  for (const role of roles) if (!kept.includes(role)) writes.removals.push(String(role.Id));
  for (const [index, id] of wanted.entries()) {
    const role = kept.find((each) => contactIdOf(each) === id);
    const shallLead = index === 0 && !hasPrimary;
    if (role) {
      if (!shallLead) continue;
      const fields = { IsPrimary: true };
      writes.changes.push({ object: "OpportunityContactRole", id: String(role.Id), fields });
      continue;
    }
    writes.rows.push({
      object: "OpportunityContactRole",
      fields: { OpportunityId: target.dealId, ContactId: id, IsPrimary: shallLead },
    });
  }
}

function keyOf(child: ChildObject, row: CrmFields | SalesforceRow): string {
  return String(row[child.keyField] ?? "")
    .trim()
    .toLowerCase();
}

const longestName = 80;

/** What a row is called where the referral names nothing else. */
function nameOf(child: ChildObject, entry: CrmFields): string {
  if (typeof entry.Name === "string" && entry.Name.trim() !== "") return entry.Name;
  const names = [entry.PR_FirstName__c, entry.PR_LastName__c].filter((part) => part);
  return (names.join(" ") || String(entry[child.keyField] ?? "")).slice(0, longestName);
}

/** Plans that a deal has exactly these rows of a child object. */
export function planChildren(
  target: LinkedTarget,
  child: ChildObject,
  value: CrmValue | undefined,
  writes: RecordWrites,
): void {
  const entries = Array.isArray(value) ? (value as readonly CrmFields[]) : [];
  const present = target.row ? rowsOfChild(target.row, child) : [];
  const kept = new Set<unknown>();
  for (const entry of entries) {
    const row = present.find((each) => keyOf(child, each) === keyOf(child, entry));
    if (row) {
      kept.add(row.Id);
      const changes = differences(entry, row, child.fields);
      if (Object.keys(changes).length === 0) continue;
      writes.changes.push({ object: child.object, id: String(row.Id), fields: changes });
      continue;
    }
    const fields = child.fields.filter((name) => entry[name] !== undefined);
    writes.rows.push({
      object: child.object,
      fields: {
        ...Object.fromEntries(fields.map((name) => [name, entry[name] ?? null])),
        Name: nameOf(child, entry),
        [child.dealField]: target.dealId,
      },
    });
  }
  for (const row of present) if (!kept.has(row.Id)) writes.removals.push(String(row.Id));
}
