import type { CrmFields, CrmValue } from "../../crm/port.ts";
import type { EngineContext } from "../engine-context.ts";
import type { FieldValues } from "../pair/pair.ts";

type Context = Pick<EngineContext, "projection" | "settings">;

const legalForms =
  /\b(gmbh|ag|kg|inc|llc|ltd|limited|corp|corporation|co|sa|sarl|srl|bv|nv|ab|oy|plc)\b/g;

/** A name without case, accents, punctuation and legal form. */
export function normalisedName(value: CrmValue): string {
  return String(value ?? "")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .replace(legalForms, " ")
    .replace(/ +/g, " ")
    .trim();
}

/**
 * The key under which a referral finds a deal that means the same; undefined where a part of it is
 * empty.
 */
export function matchKeyOf({ settings }: Context, referralValues: FieldValues): string | undefined {
  const parts = settings.matchFields.map((name) => normalisedName(referralValues[name] ?? null));
  return parts.length > 0 && parts.every((part) => part !== "") ? parts.join("|") : undefined;
}

/** The same key of a CRM record, through the lenses. */
export function matchKeyOfDeal(context: Context, record: CrmFields): string | undefined {
  const { projection, settings } = context;
  const values: Record<string, CrmValue> = {};
  for (const name of settings.matchFields) {
    const field = projection.byName.get(name);
    const own = field ? (record[field.crmField] ?? null) : null;
    const translated = field?.lens.toReferral(own, null, { referral: {}, crm: record });
    values[name] = translated?.ok ? translated.value : null;
  }
  return matchKeyOf(context, values);
}
