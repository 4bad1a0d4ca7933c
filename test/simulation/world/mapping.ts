import { decimalLens } from "../../../src/crm/lenses/decimal-lens.ts";
import { refused, relationLens, translated } from "../../../src/crm/lenses/relation-lens.ts";
import { textLens } from "../../../src/crm/lenses/text-lens.ts";
import type { FieldPolicy, Lens, MappedField, Mapping } from "../../../src/crm/mapping-port.ts";
import type { CrmValue } from "../../../src/crm/port.ts";
import { crmNames, editedFields, referralPointers, stageOfState } from "../check/values.ts";
import type { EditedField, Settings } from "../schedule/schedule.ts";

const same = (left: CrmValue, right: CrmValue): boolean =>
  left === right || JSON.stringify(left) === JSON.stringify(right);

/** Dates without a time in the CRM, with one in the referral. */
const dateLens: Lens = relationLens({
  name: "date",
  represents: (crm, referral) =>
    crm === null || referral === null
      ? crm === referral
      : String(crm) === String(referral).slice(0, 10),
  toCrm: (value) => translated(value === null ? null : String(value).slice(0, 10)),
  toReferral: (value) => translated(value === null ? null : `${String(value)}T00:00:00Z`),
  sameInCrm: same,
  sameInReferral: (left, right) =>
    left === null || right === null
      ? left === right
      : Date.parse(String(left)) === Date.parse(String(right)),
});

const stateOfStage = new Map(Object.entries(stageOfState).map(([state, stage]) => [stage, state]));

/** Stages and lifecycle states, one to one. */
const stageLens: Lens = relationLens({
  name: "stage",
  represents: (crm, referral) => stateOfStage.get(String(crm)) === referral,
  toCrm: (value) => {
    const stage = stageOfState[String(value)];
    return stage === undefined
      ? refused(`no stage stands for ${String(value)}`, "map it")
      : translated(stage);
  },
  toReferral: (value) => {
    const state = stateOfStage.get(String(value));
    return state === undefined
      ? refused(`no state stands for ${String(value)}`, "map it")
      : translated(state);
  },
  sameInCrm: same,
  sameInReferral: same,
});

/** Codes that the sides spell in either case. */
const codeLens: Lens = relationLens({
  name: "code",
  represents: (crm, referral) => folded(crm) === folded(referral),
  toCrm: (value) => translated(value),
  toReferral: (value) => translated(typeof value === "string" ? value.toUpperCase() : value),
  sameInCrm: (left, right) => folded(left) === folded(right),
  sameInReferral: (left, right) => folded(left) === folded(right),
});

function folded(value: CrmValue): CrmValue {
  return typeof value === "string" ? value.trim().toUpperCase() : value;
}

/** Lists of people, alike on both sides. */
const peopleLens: Lens = relationLens({
  name: "people",
  represents: same,
  toCrm: (value) => translated(value),
  toReferral: (value) => translated(value),
  sameInCrm: same,
  sameInReferral: same,
});

const lenses: Readonly<Record<EditedField, Lens>> = {
  name: textLens({}),
  dealValue: decimalLens({ scale: 2 }),
  currency: codeLens,
  closingDate: dateLens,
  notes: textLens({}),
  status: stageLens,
  country: codeLens,
  contact: peopleLens,
};

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

/** The customer's name goes one way at creation and never changes: accounts are found or created, not rewritten. */
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
  lens: textLens({}),
};

/** How the model CRM's deals and referrals correspond. */
export function mappingOf(settings: Settings): Mapping {
  return {
    crmKind: "model",
    fields: [...editedFields.map((name) => fieldOf(name, settings.policy)), customerField],
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
