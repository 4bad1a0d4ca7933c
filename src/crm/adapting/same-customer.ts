import { countryLens } from "../lenses/country-lens.ts";
import type { CrmValue } from "../port.ts";

/** What a customer is known by. */
export interface Customer {
  readonly name: CrmValue | undefined;
  readonly postalCode: CrmValue | undefined;
  /** Its name in English, or its code. */
  readonly country: CrmValue | undefined;
}

/** A text without regard to case, width and white space. */
export function plainWords(value: CrmValue | undefined): string {
  return typeof value === "string"
    ? value.normalize("NFKC").trim().toLowerCase().replace(/\s+/g, " ")
    : "";
}

function letters(value: CrmValue | undefined): string {
  return plainWords(value).replace(/[^\p{L}\p{N}]/gu, "");
}

const byName = countryLens({ crm: "name", languages: ["en"] });

function codeOf(country: CrmValue | undefined): CrmValue {
  if (typeof country === "string" && /^[a-z]{2}$/i.test(country)) return country.toUpperCase();
  const read = byName.toReferral(country ?? null, null, { referral: {}, crm: {} });
  return read.ok ? read.value : plainWords(country);
}

/** One text for all spellings of a customer, to be kept where a CRM has unique values. */
export function customerKey({ country, name, postalCode }: Customer): string {
  return `${plainWords(name)}|${letters(postalCode)}|${String(codeOf(country))}`;
}

/** Whether two customers are one: by name, postal code and country, however they are spelt. */
export function isSameCustomer(left: Customer, right: Customer): boolean {
  return (
    plainWords(left.name) === plainWords(right.name) &&
    letters(left.postalCode) === letters(right.postalCode) &&
    codeOf(left.country) === codeOf(right.country)
  );
}
