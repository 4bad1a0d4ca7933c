import { ownCloseDateField } from "./mapping.ts";

/* What the connector adds to a Salesforce organisation, as data in the Metadata API's own words. */

/** A value in a metadata component. */
export type MetadataValue =
  | string
  | number
  | boolean
  | readonly MetadataValue[]
  | { readonly [name: string]: MetadataValue };

/** A custom field that the ready mapping uses. */
export interface WantedField {
  readonly object: string;
  readonly name: string;
  readonly label: string;
  /** The type that describe tells of such a field. */
  readonly describedType: string;
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  /** False: its visibility follows the parent's, and can't be granted by itself. */
  readonly isGranted: boolean;
}

/** A custom object for rows that belong to a deal. */
export interface WantedObject {
  readonly name: string;
  readonly label: string;
  readonly pluralLabel: string;
  /** The field of the port that needs it. */
  readonly field: string;
}

type Column = Omit<WantedField, "object" | "isGranted">;

const text = (name: string, label: string, length: number): Column => ({
  name,
  label,
  describedType: "string",
  metadata: { type: "Text", length },
});

const checkbox = (name: string, label: string): Column => ({
  name,
  label,
  describedType: "boolean",
  metadata: { type: "Checkbox", defaultValue: "false" },
});

const help: readonly (readonly [code: string, label: string])[] = [
  ["GeneralOrOther", "General or other"],
  ["CustomerTechnicalArchitecture", "Customer technical architecture"],
  ["ProofOfConceptOrDemo", "Proof of concept or demo"],
  ["QuotesOrLicensing", "Quotes or licensing"],
  ["PostSalesCustomerSuccess", "Post-sales customer success"],
  ["WorkloadSpecificValueProposition", "Workload-specific value proposition"],
];

const helpField: Column = {
  name: "PR_MicrosoftHelp__c",
  label: "How can Microsoft help?",
  describedType: "picklist",
  metadata: {
    type: "Picklist",
    valueSet: {
      restricted: true,
      valueSetDefinition: {
        sorted: false,
        value: help.map(([fullName, label]) => ({ fullName, default: false, label })),
      },
    },
  },
};

const ownCloseDate: Column = {
  name: ownCloseDateField,
  label: "Close date set by the sync",
  describedType: "date",
  metadata: { type: "Date" },
};

const dealColumns: readonly Column[] = [
  checkbox("PR_SyncWithPartnerCenter__c", "Sync with Partner Center"),
  {
    ...text("PR_ReferralId__c", "Referral identifier", 100),
    metadata: { type: "Text", length: 100, externalId: true, unique: true, caseSensitive: false },
  },
  text("PR_ReferralLink__c", "Referral link", 255),
  helpField,
  checkbox("PR_ShareWithMicrosoft__c", "Share with Microsoft"),
  checkbox("PR_CustomerConsent__c", "Customer agreed to be contacted"),
  text("PR_MicrosoftCrmId__c", "Microsoft CRM identifier", 100),
  ownCloseDate,
  text("PR_SyncState__c", "Partner Center sync", 255),
  {
    name: "PR_LastError__c",
    label: "Partner Center audit",
    describedType: "textarea",
    metadata: { type: "LongTextArea", length: 2000, visibleLines: 4 },
  },
];

/** The objects of solutions and of the referral's team. */
export const wantedObjects: readonly WantedObject[] = [
  {
    name: "PR_Solution__c",
    label: "Microsoft Partner Center Solution",
    pluralLabel: "Microsoft Partner Center Solutions",
    field: "solutions",
  },
  {
    name: "PR_TeamMember__c",
    label: "Microsoft Partner Center Team Member",
    pluralLabel: "Microsoft Partner Center Team Members",
    field: "team",
  },
];

const childColumns: Readonly<Record<string, readonly Column[]>> = {
  PR_Solution__c: [
    text("PR_SolutionCode__c", "Solution id", 100),
    text("PR_Type__c", "Solution type", 100),
  ],
  PR_TeamMember__c: [
    { ...text("PR_Email__c", "E-mail", 80), describedType: "email", metadata: { type: "Email" } },
    text("PR_FirstName__c", "First name", 100),
    text("PR_LastName__c", "Last name", 100),
    { ...text("PR_Phone__c", "Phone", 40), describedType: "phone", metadata: { type: "Phone" } },
  ],
};

function masterDetail(relationshipName: string): Column {
  return {
    name: "PR_Opportunity__c",
    label: "Opportunity",
    describedType: "reference",
    metadata: {
      type: "MasterDetail",
      referenceTo: "Opportunity",
      relationshipName,
      relationshipLabel: relationshipName.slice("PR_".length),
      writeRequiresMasterRead: false,
    },
  };
}

const ofObject = (object: string, columns: readonly Column[]): readonly WantedField[] =>
  columns.map((column) => ({
    ...column,
    object,
    isGranted: column.metadata.type !== "MasterDetail",
  }));

/** All fields, parents before what hangs on them. */
export const wantedFields: readonly WantedField[] = [
  ...ofObject("Opportunity", dealColumns),
  ...ofObject("PR_Solution__c", [
    masterDetail("PR_Solutions"),
    ...(childColumns.PR_Solution__c ?? []),
  ]),
  ...ofObject("PR_TeamMember__c", [
    masterDetail("PR_TeamMembers"),
    ...(childColumns.PR_TeamMember__c ?? []),
  ]),
];

/** The permission set that shows the connector's fields to whoever has it. */
export const permissionSetName = "PR_Partner_Center";
