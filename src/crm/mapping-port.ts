import type { CrmCapabilities, CrmFields, CrmValue } from "./port.ts";

/** A value in the referral's own form: plain JSON. */
export type ReferralValue = CrmValue;

/** The values that a lens needs beside its own: the whole record of the side it reads from. */
export interface LensContext {
  /** Values by referral path, as in MappedField.referralPath. */
  readonly referral: Readonly<Record<string, ReferralValue>>;
  readonly crm: CrmFields;
}

/**
 * A translated value, or why there is none. The engine never invents a value in place of a
 * refusal.
 */
export type LensResult<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly reason: string; readonly remedy: string };

/**
 * A pair of translations between the two sides' forms.
 *
 * Laws (checked as properties): put-get: what was put is what is got back; get-put: putting what
 * was got changes nothing.
 * `old` is the receiving side's present value, so that a lossy lens keeps what the other side
 * can't say.
 */
export interface Lens {
  readonly name: string;
  toCrm(value: ReferralValue, old: CrmValue, context: LensContext): LensResult<CrmValue>;
  toReferral(value: CrmValue, old: ReferralValue, context: LensContext): LensResult<ReferralValue>;
  /** True where two values of the CRM's form mean the same (`10` and `10.00`). */
  sameInCrm(left: CrmValue, right: CrmValue): boolean;
  /** True where two values of the referral's form mean the same. */
  sameInReferral(left: ReferralValue, right: ReferralValue): boolean;
}

/** Who wins when both sides changed one field to different values. */
export type FieldPolicy = "referral" | "crm" | "newest" | "ask";

/** One line of a mapping, compiled. */
export interface MappedField {
  /** Stable name in shadows, conflicts and history: `dealValue`. */
  readonly name: string;
  /** What a salesperson calls it: `Deal value`. */
  readonly label: string;
  /**
   * JSON Pointer in the referral: `/details/dealValue`; `/status` stands for status and substatus
   * together, as `Active/Accepted`.
   */
  readonly referralPath: string;
  /** The CRM's field name, as in CrmFields. */
  readonly crmField: string;
  readonly direction: "both" | "to-crm" | "to-referral";
  readonly policy: FieldPolicy;
  /** How the referral side takes it: in a PATCH, only in a PUT, only at creation, or never. */
  readonly referralWrite: "patch" | "put" | "create" | "never";
  /** True for contact data, which leaves the CRM only where the referral's consent allows it. */
  readonly needsConsent: boolean;
  /** True where a referral can't be created without it (country, currency, contact). */
  readonly required: boolean;
  readonly lens: Lens;
  /**
   * Only on a computed field, which goes one way: the giving side's value, from its whole record
   * (CrmFields or the referral's document). Pure; where it can't be computed, the lens refuses
   * what is returned, with the reason.
   */
  readonly compute?: (record: unknown) => CrmValue;
}

/** How a CRM deal and a referral correspond. */
export interface Mapping {
  readonly crmKind: string;
  readonly fields: readonly MappedField[];
  /** The CRM values that mark a deal for co-sell: no referral is created without it. */
  readonly shareWhen: (crm: CrmFields) => boolean;
  /** Constants and computed parts of a new referral (type, qualification, consent, target). */
  readonly newReferral: (crm: CrmFields) => Readonly<Record<string, ReferralValue>>;
  /** Constants of a new CRM deal. */
  readonly newDeal: CrmFields;
  /**
   * The CRM stage in which an inbound referral waits and edits don't sync; undefined where none is
   * configured.
   */
  readonly holding?: { readonly crmField: string; readonly value: CrmValue };
  /** CRM fields beside the mapped ones that the functions above and computed fields read. */
  readonly reads?: readonly string[];
  /**
   * CRM fields in which a seller sees how the deal stands; an adapter shows them in its
   * capabilities.
   */
  readonly stateFields?: NonNullable<CrmCapabilities["stateFields"]>;
}
