import type { Lens, MappedField, Mapping } from "../crm/mapping-port.ts";
import type { CrmValue } from "../crm/port.ts";

const same = (left: CrmValue, right: CrmValue): boolean =>
  left === right || JSON.stringify(left) === JSON.stringify(right);

/** A lens between equal forms. */
export const plainLens: Lens = {
  name: "plain",
  toCrm: (value) => ({ ok: true, value }),
  toReferral: (value) => ({ ok: true, value }),
  sameInCrm: same,
  sameInReferral: same,
};

/** Stages in the CRM and states of the referral. */
export const stages: Readonly<Record<string, string>> = {
  Waiting: "New/Pending",
  Open: "Active/Accepted",
  Won: "Closed/Won",
  Lost: "Closed/Lost",
  Declined: "Closed/Declined",
};

const stageLens: Lens = {
  ...plainLens,
  name: "stage",
  toCrm: (value) => {
    const stage = Object.keys(stages).find((one) => stages[one] === value);
    return stage === undefined
      ? { ok: false, reason: `no stage stands for ${String(value)}`, remedy: "map it" }
      : { ok: true, value: stage };
  },
  toReferral: (value) => ({ ok: true, value: stages[String(value)] ?? null }),
};

/** One mapped field with the usual defaults. */
export function mappedField(name: string, more: Partial<MappedField> = {}): MappedField {
  return {
    name,
    label: name,
    referralPath: `/details/${name}`,
    crmField: name,
    direction: "both",
    policy: "ask",
    referralWrite: "patch",
    needsConsent: false,
    required: false,
    lens: plainLens,
    ...more,
  };
}

/** The mapping of the small world. */
export const smallMapping: Mapping = {
  crmKind: "small",
  fields: [
    mappedField("name", { referralPath: "/name", referralWrite: "put" }),
    mappedField("dealValue"),
    mappedField("notes", { policy: "crm" }),
    mappedField("customer", {
      referralPath: "/customerProfile/name",
      referralWrite: "put",
      required: true,
    }),
    mappedField("team", { referralPath: "/customerProfile/team", needsConsent: true }),
    mappedField("status", { referralPath: "/status", crmField: "stage", lens: stageLens }),
  ],
  shareWhen: (crm) => crm.share === true,
  newReferral: (crm) => ({
    "/type": "Shared",
    "/qualification": "SalesQualified",
    "/consent": {
      consentToContact: crm.consent === true,
      consentToToShareInfoWithOthers: crm.consent === true,
      consentToShareReferralWithMicrosoftSellers: true,
    },
    "/target": [{ type: "SolutionProfile", id: "solution" }],
  }),
  newDeal: { share: true },
};
