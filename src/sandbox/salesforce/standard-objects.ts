import { type Field, type SalesforceObject, systemFields } from "./schema.ts";

const text = (name: string, label: string, length: number): Field => ({
  name,
  label,
  type: "string",
  length,
});

const area = (name: string, label: string, length: number): Field => ({
  name,
  label,
  type: "textarea",
  length,
});

const lookup = (name: string, label: string, referenceTo: string, relationship: string): Field => ({
  name,
  label,
  type: "reference",
  referenceTo,
  relationship,
});

const currencyCode: Field = {
  name: "CurrencyIsoCode",
  label: "Currency",
  type: "picklist",
  restricted: true,
};

const owner = lookup("OwnerId", "Owner ID", "User", "Owner");

const opportunity: SalesforceObject = {
  name: "Opportunity",
  label: "Opportunity",
  pluralLabel: "Opportunities",
  prefix: "006",
  fields: [
    ...systemFields,
    lookup("AccountId", "Account ID", "Account", "Account"),
    { ...text("Name", "Name", 120), required: true },
    area("Description", "Description", 32_000),
    // Stages may be written though the list doesn't hold them: the list isn't restricted.
    { name: "StageName", label: "Stage", type: "picklist", length: 255, required: true },
    { name: "Amount", label: "Amount", type: "currency", scale: 2 },
    { name: "Probability", label: "Probability (%)", type: "double", scale: 0 },
    { name: "CloseDate", label: "Close Date", type: "date", required: true },
    {
      name: "Type",
      label: "Opportunity Type",
      type: "picklist",
      length: 255,
      values: [
        { value: "Existing Business", label: "Existing Business" },
        { value: "New Business", label: "New Business" },
      ],
    },
    text("NextStep", "Next Step", 255),
    {
      name: "LeadSource",
      label: "Lead Source",
      type: "picklist",
      length: 255,
      values: ["Web", "Phone Inquiry", "Partner Referral", "Other"].map((value) => ({
        value,
        label: value,
      })),
    },
    { name: "IsClosed", label: "Closed", type: "boolean", writable: false },
    { name: "IsWon", label: "Won", type: "boolean", writable: false },
    currencyCode,
    owner,
  ],
  children: [
    {
      name: "OpportunityContactRoles",
      object: "OpportunityContactRole",
      field: "OpportunityId",
    },
  ],
};

const account: SalesforceObject = {
  name: "Account",
  label: "Account",
  pluralLabel: "Accounts",
  prefix: "001",
  fields: [
    ...systemFields,
    { ...text("Name", "Account Name", 255), required: true },
    area("BillingStreet", "Billing Street", 255),
    text("BillingCity", "Billing City", 40),
    text("BillingState", "Billing State/Province", 80),
    text("BillingPostalCode", "Billing Zip/Postal Code", 20),
    text("BillingCountry", "Billing Country", 80),
    { name: "Phone", label: "Account Phone", type: "phone", length: 40 },
    currencyCode,
    owner,
  ],
  children: [
    { name: "Contacts", object: "Contact", field: "AccountId" },
    { name: "Opportunities", object: "Opportunity", field: "AccountId" },
  ],
};

const contact: SalesforceObject = {
  name: "Contact",
  label: "Contact",
  pluralLabel: "Contacts",
  prefix: "003",
  fields: [
    ...systemFields,
    lookup("AccountId", "Account ID", "Account", "Account"),
    { ...text("LastName", "Last Name", 80), required: true },
    text("FirstName", "First Name", 40),
    { ...text("Name", "Full Name", 121), writable: false },
    { name: "Email", label: "Email", type: "email", length: 80 },
    { name: "Phone", label: "Business Phone", type: "phone", length: 40 },
    currencyCode,
    owner,
  ],
  children: [],
};

const contactRole: SalesforceObject = {
  name: "OpportunityContactRole",
  label: "Opportunity Contact Role",
  pluralLabel: "Opportunity Contact Role",
  prefix: "00K",
  fields: [
    ...systemFields,
    {
      ...lookup("OpportunityId", "Opportunity ID", "Opportunity", "Opportunity"),
      required: true,
      updateable: false,
    },
    { ...lookup("ContactId", "Contact ID", "Contact", "Contact"), required: true },
    { name: "Role", label: "Role", type: "picklist", length: 255 },
    { name: "IsPrimary", label: "Primary", type: "boolean" },
  ],
  children: [],
};

const stage: SalesforceObject = {
  name: "OpportunityStage",
  label: "Opportunity Stage",
  pluralLabel: "Opportunity Stage",
  prefix: "01J",
  readOnly: true,
  fields: [
    ...systemFields,
    text("MasterLabel", "Master Label", 255),
    text("ApiName", "API Name", 255),
    { name: "IsActive", label: "Is Active", type: "boolean" },
    { name: "IsClosed", label: "Closed", type: "boolean" },
    { name: "IsWon", label: "Won", type: "boolean" },
    { name: "SortOrder", label: "Sort Order", type: "int" },
  ],
  children: [],
};

const currencyType: SalesforceObject = {
  name: "CurrencyType",
  label: "Currency Type",
  pluralLabel: "Currency Types",
  prefix: "01L",
  readOnly: true,
  fields: [
    ...systemFields,
    text("IsoCode", "Currency ISO Code", 3),
    { name: "IsActive", label: "Active", type: "boolean" },
    { name: "IsCorporate", label: "Corporate Currency", type: "boolean" },
  ],
  children: [],
};

const user: SalesforceObject = {
  name: "User",
  label: "User",
  pluralLabel: "People",
  prefix: "005",
  readOnly: true,
  fields: [...systemFields, text("Name", "Full Name", 121), text("Username", "Username", 80)],
  children: [],
};

const permissionSet: SalesforceObject = {
  name: "PermissionSet",
  label: "Permission Set",
  pluralLabel: "Permission Sets",
  prefix: "0PS",
  readOnly: true,
  fields: [...systemFields, text("Name", "Permission Set Name", 80), text("Label", "Label", 80)],
  children: [],
};

const permissionSetAssignment: SalesforceObject = {
  name: "PermissionSetAssignment",
  label: "Permission Set Assignment",
  pluralLabel: "Permission Set Assignments",
  prefix: "0Pa",
  fields: [
    ...systemFields,
    { ...lookup("AssigneeId", "User ID", "User", "Assignee"), required: true, updateable: false },
    {
      ...lookup("PermissionSetId", "PermissionSet ID", "PermissionSet", "PermissionSet"),
      required: true,
      updateable: false,
    },
  ],
  children: [],
};

/** What every Sales Cloud organisation has, as far as a sync of deals sees it. */
export const standardObjects: readonly SalesforceObject[] = [
  opportunity,
  account,
  contact,
  contactRole,
  stage,
  currencyType,
  user,
  permissionSet,
  permissionSetAssignment,
];

/** The stages of a new organisation, with the one that the connector's guide asks for. */
export const standardStages: readonly {
  readonly name: string;
  readonly isClosed: boolean;
  readonly isWon: boolean;
}[] = [
  { name: "Prospecting", isClosed: false, isWon: false },
  { name: "Qualification", isClosed: false, isWon: false },
  { name: "Needs Analysis", isClosed: false, isWon: false },
  { name: "Proposal/Price Quote", isClosed: false, isWon: false },
  { name: "Negotiation/Review", isClosed: false, isWon: false },
  { name: "Closed Won", isClosed: true, isWon: true },
  { name: "Closed Lost", isClosed: true, isWon: false },
];

/** The currencies of the emulated organisation; the first is the corporate one. */
export const standardCurrencies = [
  "USD",
  "EUR",
  "GBP",
  "JPY",
  "SEK",
  "INR",
  "BRL",
  "AUD",
  "CAD",
  "ZAR",
] as const;
