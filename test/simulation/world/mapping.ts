import { lensOf } from "../../../src/crm/compile-mapping.ts";
import type { FieldPolicy, Lens, MappedField, Mapping } from "../../../src/crm/mapping-port.ts";
import type { LensSpec } from "../../../src/crm/mapping-schema.ts";
import { crmNames, editedFields, referralPointers, stageOfState } from "../check/values.ts";
import type { EditedField, Settings } from "../schedule/schedule.ts";
import { ownIdField } from "./crm-model.ts";

const memberFields = {
  firstName: "firstName",
  lastName: "lastName",
  phoneNumber: "phoneNumber",
  email: "email",
};

/**
 * The product's own lenses: a wrong one shows as an invented value or as a pair that doesn't
 * converge.
 */
const lensSpecs: Readonly<Record<EditedField | "customer", LensSpec>> = {
  name: { kind: "text" },
  customer: { kind: "text" },
  dealValue: { kind: "decimal", scale: 3 },
  currency: { kind: "currency" },
  closingDate: { kind: "date", crm: "date", timeZone: "UTC" },
  notes: { kind: "text" },
  status: {
    kind: "stage",
    values: Object.entries(stageOfState).map(([state, stage]) => ({
      referral: [state],
      crm: [stage],
    })),
  },
  country: { kind: "country", crm: "code", languages: ["en"] },
  contact: { kind: "contacts", fields: memberFields },
};

const lenses = Object.fromEntries(
  Object.entries(lensSpecs).map(([name, spec]) => [name, lensOf(spec)]),
) as Readonly<Record<EditedField | "customer", Lens>>;

function fieldOf(name: EditedField, policy: FieldPolicy): MappedField {
  const isPut = name === "name" || name === "country";
  return {
    name,
    label: name,
    referralPath: referralPointers[name],
    crmField: crmNames[name],
    direction: "both",
    policy,
    referralWrite: isPut ? "put" : "patch",
    needsConsent: name === "contact",
    required: name === "country" || name === "currency",
    lens: lenses[name],
  };
}

/**
 * The customer's name goes one way at creation and never changes: accounts are found or created,
 * not rewritten.
 */
const customerField: MappedField = {
  name: "customer",
  label: "Customer",
  referralPath: "/customerProfile/name",
  crmField: "account.name",
  direction: "both",
  policy: "crm",
  referralWrite: "put",
  needsConsent: false,
  required: true,
  lens: lenses.customer,
};

/** The id of a deal stands in its referral, where a person can see which deal it is. */
const dealIdField: MappedField = {
  name: "dealId",
  label: "Deal",
  referralPath: "/externalReferenceId",
  crmField: ownIdField,
  direction: "to-referral",
  policy: "crm",
  referralWrite: "patch",
  needsConsent: false,
  required: false,
  lens: lensOf({ kind: "same" }),
};

/** How the model CRM's deals and referrals correspond. */
export function mappingOf(settings: Settings): Mapping {
  return {
    crmKind: "model",
    fields: [
      ...editedFields.map((name) => fieldOf(name, settings.policy)),
      customerField,
      ...(settings.showsDealId ? [dealIdField] : []),
    ],
    shareWhen: (crm) => crm.share === true,
    newReferral: (crm) => ({
      "/type": "Shared",
      "/qualification": "SalesQualified",
      "/consent/consentToContact": crm.consent === true,
      "/consent/consentToToShareInfoWithOthers": crm.consent === true,
      "/consent/consentToShareReferralWithMicrosoftSellers": true,
      "/target": [{ id: "solution-1", type: "SolutionProfile" }],
    }),
    newDeal: { share: true, consent: true },
    ...(settings.hasHoldingStage ? { holding: { crmField: "stage", value: "New" } } : {}),
  };
}
