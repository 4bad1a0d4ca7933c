import { CrmError, type CrmValue } from "../port.ts";

/** What to do where several parties fit: leave it to a person, or take the oldest. */
export type Ambiguity = "refuse" | "oldest";

/** What a CRM calls a deal's customers, in the sentences that a person reads. */
export interface CustomerWords {
  /** Where the person can mend it: "Dynamics 365". */
  readonly system: string;
  /** "account" */
  readonly one: string;
  /** "accounts" */
  readonly many: string;
}

/** The name of a wanted customer. Errors: CrmError `invalid` where there is none. */
export function customerName(name: CrmValue | undefined, field: string): string {
  const text = typeof name === "string" ? name.trim() : "";
  if (text === "") throw new CrmError("invalid", "the customer has no name", { field });
  return text;
}

/**
 * The one of those that are all the wanted customer, the oldest first; undefined where there is
 * none. Errors: CrmError `invalid` where a person must choose.
 */
export function oneCustomer<Row>(
  found: readonly Row[],
  ambiguity: Ambiguity,
  { many, system }: CustomerWords,
  field: string,
): Row | undefined {
  if (found.length < 2 || ambiguity === "oldest") return found[0];
  throw new CrmError(
    "invalid",
    `${found.length} ${many} have the customer's name, postal code and country; merge them in ` +
      `${system}, or set \`ambiguousAccount: oldest\``,
    { field },
  );
}

/**
 * The one of the contacts with one e-mail address, as with customers. Errors: CrmError `invalid`.
 */
export function oneContact<Row>(
  found: readonly Row[],
  ambiguity: Ambiguity,
  { system }: CustomerWords,
  field: string,
): Row | undefined {
  if (found.length < 2 || ambiguity === "oldest") return found[0];
  throw new CrmError(
    "invalid",
    `${found.length} contacts have the same e-mail address; merge them in ${system}, or set ` +
      "`ambiguousContact: oldest`",
    { field },
  );
}

/** Why a deal's customer isn't changed by a connection that leaves customers alone. */
export function customerStays({ many, one, system }: CustomerWords, field: string): CrmError {
  return new CrmError(
    "invalid",
    `the customer differs from the deal's ${one}, and this connection doesn't change ${many}; ` +
      `change it in ${system}, or set \`updateAccounts: true\``,
    { field },
  );
}

/** Why a deal's contact isn't changed by a connection that leaves contacts alone. */
export function contactStays({ system }: CustomerWords, field: string): CrmError {
  return new CrmError(
    "invalid",
    "a contact of the deal differs, and this connection doesn't change contacts; change it in " +
      `${system}, or set \`updateContacts: true\``,
    { field },
  );
}

/** Why a deal isn't made: another has the key, and it isn't what an earlier try would have made. */
export function keyIsTaken(recordId: string): CrmError {
  const message = "a deal with other values is there under the referral's id";
  return new CrmError("conflict", message, { recordId });
}
