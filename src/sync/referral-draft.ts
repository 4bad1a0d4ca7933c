import type { Referral } from "../contract/index.ts";
import type { CrmFields } from "../crm/port.ts";
import type { EngineContext } from "./engine-context.ts";
import { microsoftTarget } from "./legs.ts";
import type { FieldWrite, Refusal } from "./pair.ts";
import { statusPath, withValue } from "./projection.ts";

/** A referral to be created from a deal. */
export interface ReferralDraft {
  readonly document: Referral;
  readonly writes: readonly FieldWrite[];
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
  for (const [key, value] of Object.entries(mapping.newReferral(fields))) {
    document = withValue(document, key.startsWith("/") ? key : `/${key}`, value) as Referral;
  }
  const mayShareContacts = rules.mayShareContacts(document.consent);
  const writes: FieldWrite[] = [];
  const refusals: Refusal[] = [];
  let isBlocked = false;
  const lensContext = projection.context(undefined, fields);
  for (const field of projection.fields) {
    const isSent = field.direction !== "to-crm" && field.referralWrite !== "never";
    if (!isSent || field.referralPath === statusPath) continue;
    const source = fields[field.crmField] ?? null;
    const translated = field.lens.toReferral(source, null, lensContext);
    const reason = translated.ok ? missing(field.label) : translated;
    if (!translated.ok || translated.value === null) {
      if (translated.ok && !field.required) continue;
      refusals.push({ field: field.name, side: "referral", ...reasonOf(reason) });
      isBlocked ||= field.required;
    } else if (field.needsConsent && !mayShareContacts) {
      refusals.push({ field: field.name, side: "referral", ...withheld(field.label) });
    } else {
      document = withValue(document, field.referralPath, translated.value) as Referral;
      writes.push({ field: field.name, value: translated.value, old: null, source });
    }
  }
  return { document, writes, refusals, isBlocked };
}

interface Reason {
  readonly reason: string;
  readonly remedy: string;
}

const reasonOf = ({ reason, remedy }: Reason): Reason => ({ reason, remedy });

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
