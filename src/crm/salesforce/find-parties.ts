import { type Ambiguity, customerName, oneContact, oneCustomer } from "../adapting/party-rules.ts";
import { isSameCustomer } from "../adapting/same-customer.ts";
import type { CrmFields, CrmValue, OperationOptions } from "../port.ts";
import { accountPrefix, contactFields, contactsField, type SalesforceRow } from "./mapping.ts";
import { type NamedQuery, runQueries } from "./read-deals.ts";
import { quoted, quotedList } from "./soql.ts";
import type { Transport } from "./transport.ts";

/** What Salesforce calls its customers. */
export const salesforceWords = { system: "Salesforce", one: "account", many: "accounts" };

/** An account as it is known by its name, postal code and country. */
const customerOf = (row: SalesforceRow | CrmFields) => ({
  name: row.Name as CrmValue | undefined,
  postalCode: row.BillingPostalCode as CrmValue | undefined,
  country: row.BillingCountry as CrmValue | undefined,
});

/** An e-mail address to be compared. */
export function emailOf(person: CrmFields | SalesforceRow): string {
  const { Email } = person;
  return typeof Email === "string" ? Email.trim().toLowerCase() : "";
}

/** The people in a value of the field of contacts. */
export function peopleOf(value: CrmValue | undefined): readonly CrmFields[] {
  return Array.isArray(value) ? (value as readonly CrmFields[]) : [];
}

/** Who is looked for. */
export interface WantedParties {
  /** The account's values without their prefix; absent: none is looked for. */
  readonly account?: CrmFields;
  /** E-mail addresses, in lower case. */
  readonly emails: readonly string[];
}

/** Who is there already. */
export interface FoundParties {
  readonly accounts: readonly SalesforceRow[];
  readonly contacts: readonly SalesforceRow[];
}

/** Looks for a customer and its people in one call; makes none where nobody is looked for. */
export async function findParties(
  send: Transport,
  wanted: WantedParties,
  options: OperationOptions,
): Promise<FoundParties> {
  const queries: NamedQuery[] = [];
  if (wanted.account) {
    const name = customerName(wanted.account.Name, `${accountPrefix}Name`);
    queries.push({
      name: "accounts",
      soql:
        "SELECT Id,Name,BillingPostalCode,BillingCountry FROM Account " +
        `WHERE Name = ${quoted(name)} ORDER BY CreatedDate, Id`,
    });
  }
  if (wanted.emails.length > 0) {
    queries.push({
      name: "contacts",
      soql:
        `SELECT ${contactFields.join(",")},AccountId FROM Contact ` +
        `WHERE Email IN ${quotedList(wanted.emails)} ORDER BY CreatedDate, Id`,
    });
  }
  if (queries.length === 0) return { accounts: [], contacts: [] };
  const { rows } = await runQueries(send, queries, options);
  const account = wanted.account;
  return {
    accounts: (rows.get("accounts") ?? []).filter(
      (row) => account && isSameCustomer(customerOf(row), customerOf(account)),
    ),
    contacts: rows.get("contacts") ?? [],
  };
}

/** The one of several accounts. Errors: CrmError `invalid` where a person must choose. */
export function chooseAccount(
  found: readonly SalesforceRow[],
  ambiguity: Ambiguity,
): string | undefined {
  const first = oneCustomer(found, ambiguity, salesforceWords, `${accountPrefix}Name`);
  return first ? String(first.Id) : undefined;
}

/** The contact with this e-mail address: of the deal's account before others. */
export function chooseContact(
  found: readonly SalesforceRow[],
  email: string,
  accountId: string | undefined,
  ambiguity: Ambiguity,
): SalesforceRow | undefined {
  const sameEmail = found.filter((row) => emailOf(row) === email);
  const ofAccount = sameEmail.filter((row) => row.AccountId === accountId);
  const fitting = ofAccount.length > 0 ? ofAccount : sameEmail;
  return oneContact(fitting, ambiguity, salesforceWords, contactsField);
}
