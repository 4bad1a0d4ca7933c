import { type Customisation, type Organisation, systemRow } from "./organisation.ts";
import { type Field, type SalesforceObject, systemFields } from "./schema.ts";

/* What the connector's setup creates, for a sandbox that is prepared from the start. */

const custom = (field: Omit<Field, "custom">): Field => ({ ...field, custom: true });
const text = (name: string, label: string, length: number): Field =>
  custom({ name, label, type: "string", length });
const checkbox = (name: string, label: string): Field => custom({ name, label, type: "boolean" });

const help = [
  ["GeneralOrOther", "General or other"],
  ["CustomerTechnicalArchitecture", "Customer technical architecture"],
  ["ProofOfConceptOrDemo", "Proof of concept or demo"],
  ["QuotesOrLicensing", "Quotes or licensing"],
  ["PostSalesCustomerSuccess", "Post-sales customer success"],
  ["WorkloadSpecificValueProposition", "Workload-specific value proposition"],
] as const;

const dealFields: readonly Field[] = [
  checkbox("PR_SyncWithPartnerCenter__c", "Sync with Partner Center"),
  { ...text("PR_ReferralId__c", "Referral identifier", 100), unique: true, externalId: true },
  text("PR_ReferralLink__c", "Referral link", 255),
  custom({
    name: "PR_MicrosoftHelp__c",
    label: "How can Microsoft help?",
    type: "picklist",
    length: 255,
    restricted: true,
    values: help.map(([value, label]) => ({ value, label })),
  }),
  checkbox("PR_ShareWithMicrosoft__c", "Share with Microsoft"),
  checkbox("PR_CustomerConsent__c", "Customer agreed to be contacted"),
  text("PR_MicrosoftCrmId__c", "Microsoft CRM identifier", 100),
  custom({ name: "PR_OwnCloseDate__c", label: "Close date set by the sync", type: "date" }),
  text("PR_SyncState__c", "Partner Center sync", 255),
  custom({
    name: "PR_LastError__c",
    label: "Partner Center audit",
    type: "textarea",
    length: 2000,
  }),
];

function childObject(
  name: string,
  label: string,
  prefix: string,
  fields: readonly Field[],
): SalesforceObject {
  return {
    name,
    label,
    pluralLabel: `${label}s`,
    prefix,
    custom: true,
    children: [],
    fields: [
      ...systemFields,
      { name: "Name", label: "Name", type: "string", length: 80 },
      ...fields,
    ],
  };
}

const masterDetail = custom({
  name: "PR_Opportunity__c",
  label: "Opportunity",
  type: "reference",
  referenceTo: "Opportunity",
  relationship: "PR_Opportunity__r",
  masterDetail: true,
});

const children: readonly (readonly [SalesforceObject, string])[] = [
  [
    childObject("PR_Solution__c", "Microsoft Partner Center Solution", "a00", [
      text("PR_SolutionCode__c", "Solution id", 100),
      text("PR_Type__c", "Solution type", 100),
    ]),
    "PR_Solutions__r",
  ],
  [
    childObject("PR_TeamMember__c", "Microsoft Partner Center Team Member", "a01", [
      custom({ name: "PR_Email__c", label: "E-mail", type: "email", length: 80 }),
      text("PR_FirstName__c", "First name", 100),
      text("PR_LastName__c", "Last name", 100),
      custom({ name: "PR_Phone__c", label: "Phone", type: "phone", length: 40 }),
    ]),
    "PR_TeamMembers__r",
  ],
];

const customisation: Customisation = {
  objects: children.map(([object]) => object),
  fields: [
    ...dealFields.map((field) => ({ object: "Opportunity", field })),
    ...children.map(([object, childRelationship]) => ({
      object: object.name,
      field: masterDetail,
      childRelationship,
    })),
  ],
};

/** Adds the connector's fields and objects, and lets every user see them. */
export function addConnectorCustomisation(organisation: Organisation): void {
  const { store } = organisation;
  if (organisation.schema().object("PR_Solution__c")) return;
  organisation.customise(customisation);
  const grants = [
    ...dealFields.map(({ name }) => `Opportunity.${name}`),
    ...children.flatMap(([object]) => [
      object.name,
      ...object.fields.filter((field) => field.custom).map(({ name }) => `${object.name}.${name}`),
    ]),
  ];
  const values = { Name: "PR_Partner_Center", Label: "Partner Center sync", Grants: grants };
  const setId = systemRow(organisation, "PermissionSet", values);
  for (const user of store.all("User")) {
    const assignment = { AssigneeId: user.Id, PermissionSetId: setId };
    systemRow(organisation, "PermissionSetAssignment", assignment);
  }
}
