import { isFinal, type Referral } from "../../contract/index.ts";
import type { Mapping } from "../../crm/mapping-port.ts";
import { type CrmFields, isEmptyValue } from "../../crm/port.ts";
import type { EngineContext } from "../engine-context.ts";
import type { Creation, FieldWrite, Refusal } from "../pair/pair.ts";
import { stateOfText, statusPath, withValue } from "../pair/projection.ts";
import { microsoftTarget } from "./legs.ts";

/** A referral to be created from a deal. */
export interface ReferralDraft {
  readonly document: Referral;
  readonly writes: readonly FieldWrite[];
  readonly stage: Creation["stage"];
  /** Values that stay behind. */
  readonly refusals: readonly Refusal[];
  /**
   * True where one of them is required: nothing may be created, and nothing is invented in its
   * place.
   */
  readonly isBlocked: boolean;
}

/**
 * Translates a deal into a new referral. A missing value is refused by name, never filled in. Pure.
 */
export function draftReferral(
  context: Pick<EngineContext, "mapping" | "projection" | "rules">,
  recordId: string,
  fields: CrmFields,
): ReferralDraft {
  const { mapping, projection, rules } = context;
  let document: Referral = {
    externalReferenceId: recordId,
    status: "New",
    substatus: "Pending",
  } as Referral;
  document = withConstants(mapping, fields, document);
  const isSharable = rules.mayShareContacts(document.consent);
  const writes: FieldWrite[] = [];
  const refusals: Refusal[] = [];
  let isBlocked = false;
  let stage: Creation["stage"];
  const lensContext = projection.context(undefined, fields);
  const values = projection.crmValues(fields);
  for (const field of projection.fields) {
    const isSent = field.direction !== "to-crm" && field.referralWrite !== "never";
    if (!isSent) continue;
    const source = values[field.name] ?? null;
    const translated = field.lens.toReferral(source, null, lensContext);
    if (field.referralPath === statusPath) {
      stage = { field: field.name, crm: source };
      if (!translated.ok || !isFinal(stateOfText(translated.value))) continue;
      refusals.push({ field: field.name, side: "referral", ...over });
      isBlocked = true;
      continue;
    }
    const reason = translated.ok ? missing(field.label) : translated;
    if (!translated.ok || isEmptyValue(translated.value)) {
      if (translated.ok && !field.required) continue;
      refusals.push({ field: field.name, side: "referral", ...reasonOf(reason) });
      isBlocked ||= field.required;
    } else if (field.needsConsent && !isSharable) {
      refusals.push({ field: field.name, side: "referral", ...withheld(field.label) });
    } else {
      document = withValue(document, field.referralPath, translated.value) as Referral;
      writes.push({ field: field.name, value: translated.value, old: null, source });
    }
  }
  return { document, writes, stage, refusals, isBlocked };
}

function withConstants(mapping: Mapping, fields: CrmFields, document: Referral): Referral {
  let next = document;
  for (const [key, value] of Object.entries(mapping.newReferral(fields))) {
    next = withValue(next, key.startsWith("/") ? key : `/${key}`, value) as Referral;
  }
  return next;
}

/**
 * Whether contact data may leave for an existing referral: the referral's consent must allow it
 * and, where the mapping knows of one in the CRM, the deal's as well.
 */
export function mayShareContacts(
  { mapping, rules }: Pick<EngineContext, "mapping" | "rules">,
  referral: Referral,
  fields: CrmFields,
): boolean {
  const { consent } = withConstants(mapping, fields, {} as Referral);
  const isAllowedByDeal = consent == null || rules.mayShareContacts(consent);
  return isAllowedByDeal && rules.mayShareContacts(referral.consent);
}

interface Reason {
  readonly reason: string;
  readonly remedy: string;
}

const reasonOf = ({ reason, remedy }: Reason): Reason => ({ reason, remedy });

const over: Reason = {
  reason: "The deal is over in the CRM, and only an open deal becomes a referral",
  remedy: "Reopen the deal if it is to be shared.",
};

const missing = (label: string): Reason => ({
  reason: `${label} is empty in the CRM, and a referral can't be created without it`,
  remedy: `Fill in ${label} in the CRM.`,
});

const withheld = (label: string): Reason => ({
  reason: `${label} is contact data, and the customer's consent doesn't allow sharing it`,
  remedy: "Obtain the consent and record it in the CRM.",
});

const takenOver = [
  "name",
  "externalReferenceId",
  "engagementId",
  "type",
  "qualification",
  "customerProfile",
  "consent",
  "details",
  "team",
  "inviteContext",
  "campaignId",
  "referralProgram",
  "salesStage",
] as const;

/** Microsoft's side of an engagement, drafted from the partner's own referral. */
export function draftInvitation(own: Referral): Referral {
  const document: Record<string, unknown> = { status: "New", substatus: "Pending" };
  for (const name of takenOver) {
    if (own[name] != null) document[name] = own[name];
  }
  return { ...document, target: [microsoftTarget] } as Referral;
}
