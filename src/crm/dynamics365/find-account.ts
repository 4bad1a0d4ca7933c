import { type Ambiguity, customerName, oneCustomer } from "../adapting/party-rules.ts";
import { countryLens } from "../lenses/country-lens.ts";
import type { CrmFields, CrmValue, OperationOptions } from "../port.ts";
import { accountPrefix, type DataverseRow } from "./mapping.ts";
import type { DealContext } from "./read-deals.ts";
import { stableId } from "./stable-id.ts";

/** What Dynamics 365 calls its customers. */
export const dynamicsWords = { system: "Dynamics 365", one: "account", many: "accounts" };

/** A text of OData, quoted. */
export function quoted(text: string): string {
  return encodeURIComponent(`'${text.replaceAll("'", "''")}'`);
}

function words(value: CrmValue | undefined): string {
  return typeof value === "string"
    ? value.normalize("NFKC").trim().toLowerCase().replace(/\s+/g, " ")
    : "";
}

function postalCode(value: CrmValue | undefined): string {
  return words(value).replace(/[^\p{L}\p{N}]/gu, "");
}

const country = countryLens({ crm: "name", languages: ["en"] });

function sameCountry(left: CrmValue | undefined, right: CrmValue | undefined): boolean {
  return country.sameInCrm(left ?? null, right ?? null);
}

/**
 * Whether an account is the one that a referral's customer stands for: by name, postal code and
 * country.
 */
export function isSameAccount(account: DataverseRow, wanted: CrmFields): boolean {
  const found = account as CrmFields;
  return (
    words(found.name) === words(wanted.name) &&
    postalCode(found.address1_postalcode) === postalCode(wanted.address1_postalcode) &&
    sameCountry(found.address1_country, wanted.address1_country)
  );
}

/** The account's columns without their prefix. */
export function accountColumns(fields: CrmFields): CrmFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name.slice(accountPrefix.length), value]),
  );
}

const searchColumns = "accountid,name,address1_postalcode,address1_country,createdon";

async function findAccounts(
  context: DealContext,
  wanted: CrmFields,
  options: OperationOptions,
): Promise<readonly DataverseRow[]> {
  const name = String(wanted.name).trim();
  const filter = `name eq ${quoted(name)} and statecode eq 0`.replaceAll(" ", "%20");
  const target = `accounts?$select=${searchColumns}&$filter=${filter}&$orderby=createdon`;
  const response = await context.send({ method: "GET", target }, options);
  const { value } = JSON.parse(response.body) as { value: readonly DataverseRow[] };
  return value.filter((account) => isSameAccount(account, wanted));
}

/**
 * The id of the account with this name, postal code and country; a new one where there is none.
 * Errors: CrmError `invalid` with field `account.name` where there is no name, or several
 * accounts fit.
 */
export async function findOrCreateAccount(
  context: DealContext,
  wanted: CrmFields,
  writeKey: string,
  ambiguity: Ambiguity,
  options: OperationOptions,
): Promise<string> {
  const field = `${accountPrefix}name`;
  customerName(wanted.name, field);
  const found = await findAccounts(context, wanted, options);
  const first = oneCustomer(found, ambiguity, dynamicsWords, field);
  if (first) return String(first.accountid);
  // The id follows from the write's key: a create that is repeated after a crash makes no second
  // account.
  const id = await stableId(`account/${writeKey}`);
  await context.send(
    {
      method: "PATCH",
      target: `accounts(${id})`,
      headers: { "if-none-match": "*" },
      body: JSON.stringify(wanted),
      accept: [412],
    },
    options,
  );
  return id;
}
