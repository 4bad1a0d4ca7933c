import type { Lens, LensContext, LensResult, ReferralValue } from "../mapping-port.ts";
import type { CrmValue } from "../port.ts";

/** Two translations and the relation that they keep. */
export interface RelationLensParts {
  readonly name: string;
  /** True where the two values say the same, as far as each side can say it. */
  represents(crm: CrmValue, referral: ReferralValue, context: LensContext): boolean;
  /** A CRM value that represents `referral`; called only where `old` doesn't. */
  toCrm(referral: ReferralValue, old: CrmValue, context: LensContext): LensResult<CrmValue>;
  /** A referral value that `crm` represents; called only where `old` isn't represented. */
  toReferral(crm: CrmValue, old: ReferralValue, context: LensContext): LensResult<ReferralValue>;
  sameInCrm(left: CrmValue, right: CrmValue): boolean;
  sameInReferral(left: ReferralValue, right: ReferralValue): boolean;
}

/**
 * Builds a lens that leaves the receiving side alone where it already says the same.
 *
 * Both laws follow: after a put, `represents` holds, so getting back keeps what was put; and what
 * was got is represented by where it came from, so putting it back keeps that.
 */
export function relationLens(parts: RelationLensParts): Lens {
  return {
    name: parts.name,
    toCrm: (value, old, context) =>
      parts.represents(old, value, context)
        ? { ok: true, value: old }
        : parts.toCrm(value, old, context),
    toReferral: (value, old, context) =>
      parts.represents(value, old, context)
        ? { ok: true, value: old }
        : parts.toReferral(value, old, context),
    sameInCrm: parts.sameInCrm,
    sameInReferral: parts.sameInReferral,
  };
}

/** A translated value. */
export function translated<Value>(value: Value): LensResult<Value> {
  return { ok: true, value };
}

/** Why there is no value, and what a person can do. */
export function refused(reason: string, remedy: string): LensResult<never> {
  return { ok: false, reason, remedy };
}
