import { currencyCodes } from "../../contract/index.ts";
import type { Lens, LensResult } from "../mapping-port.ts";
import type { CrmValue } from "../port.ts";
import { refused, relationLens, translated } from "./relation-lens.ts";

function codeOf(value: CrmValue): string | undefined {
  const code = typeof value === "string" ? value.trim().toUpperCase() : "";
  return currencyCodes.has(code) ? code : undefined;
}

function isEmpty(value: CrmValue): boolean {
  return value === null || (typeof value === "string" && value.trim() === "");
}

function same(left: CrmValue, right: CrmValue): boolean {
  if (isEmpty(left) || isEmpty(right)) return isEmpty(left) && isEmpty(right);
  const code = codeOf(left);
  return code === undefined ? left === right : code === codeOf(right);
}

function carried(side: string, value: CrmValue): LensResult<CrmValue> {
  if (isEmpty(value)) return translated(null);
  const code = codeOf(value);
  return code === undefined
    ? refused(
        `the ${side}'s currency is not a code of ISO 4217`,
        "choose a currency with its three-letter code; it is never guessed",
      )
    : translated(code);
}

/** A currency by its three-letter code on both sides. */
export function currencyLens(): Lens {
  return relationLens({
    name: "currency",
    represents: (crm, referral) =>
      same(crm, referral) && (isEmpty(referral) || codeOf(referral) !== undefined),
    toCrm: (value) => carried("referral", value),
    toReferral: (value) => carried("CRM", value),
    sameInCrm: same,
    sameInReferral: same,
  });
}
