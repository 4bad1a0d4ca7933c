/** The kinds of objects that this emulator holds. */
export type ObjectKind = "deals" | "companies" | "contacts";

/** A property as `/crm/v3/properties` shows it. */
export interface PropertyDefinition {
  readonly name: string;
  readonly label: string;
  readonly type: "string" | "number" | "date" | "datetime" | "enumeration" | "bool";
  readonly fieldType: string;
  readonly groupName: string;
  readonly options: readonly { readonly label: string; readonly value: string }[];
  readonly hasUniqueValue: boolean;
  readonly hubspotDefined: boolean;
  /** True: only HubSpot writes it. */
  readonly readOnlyValue: boolean;
}

/** A stage of a pipeline; metadata holds texts, as HubSpot does. */
export interface PipelineStage {
  readonly id: string;
  readonly label: string;
  readonly displayOrder: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The names and numbers by which clients call a kind of object. */
const kindNames: Readonly<Record<string, ObjectKind>> = {
  deals: "deals",
  deal: "deals",
  "0-3": "deals",
  companies: "companies",
  company: "companies",
  "0-2": "companies",
  contacts: "contacts",
  contact: "contacts",
  "0-1": "contacts",
};

/** The kind of object that a path names, by name or by number. */
export function kindOf(name: string): ObjectKind | undefined {
  return kindNames[name.toLowerCase()];
}

/** The property that tells when an object changed; contacts have a name of their own for it. */
export function modifiedProperty(kind: ObjectKind): string {
  return kind === "contacts" ? "lastmodifieddate" : "hs_lastmodifieddate";
}

/** How objects of two kinds are linked, by HubSpot's own numbers. */
export const associationTypes: Readonly<Record<string, number>> = {
  "deals/contacts": 3,
  "contacts/deals": 4,
  "deals/companies": 341,
  "companies/deals": 342,
  "contacts/companies": 279,
  "companies/contacts": 280,
};

function property(
  kind: ObjectKind,
  name: string,
  label: string,
  type: PropertyDefinition["type"],
  more: Partial<PropertyDefinition> = {},
): PropertyDefinition {
  const fieldTypes = {
    string: "text",
    number: "number",
    date: "date",
    datetime: "date",
    enumeration: "select",
    bool: "booleancheckbox",
  };
  return {
    name,
    label,
    type,
    fieldType: fieldTypes[type],
    groupName: `${kind === "companies" ? "company" : kind.slice(0, -1)}information`,
    options: [],
    hasUniqueValue: false,
    hubspotDefined: true,
    readOnlyValue: false,
    ...more,
  };
}

const readOnly = { readOnlyValue: true };

function systemProperties(kind: ObjectKind): readonly PropertyDefinition[] {
  return [
    property(kind, "hs_object_id", "Record ID", "number", readOnly),
    property(kind, "createdate", "Create Date", "datetime"),
    property(kind, modifiedProperty(kind), "Last Modified Date", "datetime", readOnly),
    property(kind, "hs_updated_by_user_id", "Updated by user ID", "number", readOnly),
  ];
}

/** The currencies of the emulated account. */
const currencies = ["USD", "EUR", "GBP", "JPY", "SEK", "INR", "BRL", "AUD", "CAD", "ZAR"];

/** What every account has, as far as a sync of deals sees it. */
export const standardProperties: Readonly<Record<ObjectKind, readonly PropertyDefinition[]>> = {
  deals: [
    ...systemProperties("deals"),
    property("deals", "dealname", "Deal Name", "string"),
    property("deals", "amount", "Amount", "number"),
    property("deals", "closedate", "Close Date", "datetime"),
    property("deals", "description", "Deal Description", "string", { fieldType: "textarea" }),
    property("deals", "dealstage", "Deal Stage", "enumeration"),
    property("deals", "pipeline", "Pipeline", "enumeration"),
    property("deals", "deal_currency_code", "Currency", "enumeration", {
      options: currencies.map((code) => ({ label: code, value: code })),
    }),
    property("deals", "closed_lost_reason", "Closed Lost Reason", "string", {
      fieldType: "textarea",
    }),
    property("deals", "hs_is_closed", "Is Deal Closed?", "bool", readOnly),
    property("deals", "hs_is_closed_won", "Is Closed Won", "bool", readOnly),
  ],
  companies: [
    ...systemProperties("companies"),
    property("companies", "name", "Company name", "string"),
    property("companies", "address", "Street Address", "string"),
    property("companies", "address2", "Street Address 2", "string"),
    property("companies", "city", "City", "string"),
    property("companies", "state", "State/Region", "string"),
    property("companies", "zip", "Postal Code", "string"),
    property("companies", "country", "Country/Region", "string"),
  ],
  contacts: [
    ...systemProperties("contacts"),
    property("contacts", "email", "Email", "string", { hasUniqueValue: true }),
    property("contacts", "firstname", "First Name", "string"),
    property("contacts", "lastname", "Last Name", "string"),
    property("contacts", "phone", "Phone Number", "string"),
  ],
};

const stage = (
  id: string,
  label: string,
  displayOrder: number,
  probability: string,
): PipelineStage => ({
  id,
  label,
  displayOrder,
  metadata: { probability, isClosed: String(probability === "1.0" || probability === "0.0") },
});

/** The stages of a new account's only pipeline. */
export const standardStages: readonly PipelineStage[] = [
  stage("appointmentscheduled", "Appointment Scheduled", 0, "0.2"),
  stage("qualifiedtobuy", "Qualified To Buy", 1, "0.4"),
  stage("presentationscheduled", "Presentation Scheduled", 2, "0.6"),
  stage("decisionmakerboughtin", "Decision Maker Bought-In", 3, "0.8"),
  stage("contractsent", "Contract Sent", 4, "0.9"),
  stage("closedwon", "Closed Won", 5, "1.0"),
  stage("closedlost", "Closed Lost", 6, "0.0"),
];

const help = [
  ["GeneralOrOther", "General or other"],
  ["CustomerTechnicalArchitecture", "Customer technical architecture"],
  ["ProofOfConceptOrDemo", "Proof of concept or demo"],
  ["QuotesOrLicensing", "Quotes or licensing"],
  ["PostSalesCustomerSuccess", "Post-sales customer success"],
  ["WorkloadSpecificValueProposition", "Workload-specific value proposition"],
] as const;

const own = (
  name: string,
  label: string,
  type: PropertyDefinition["type"] = "string",
  more: Partial<PropertyDefinition> = {},
): PropertyDefinition => property("deals", name, label, type, { hubspotDefined: false, ...more });

const yesNo = [
  { label: "Yes", value: "true" },
  { label: "No", value: "false" },
];

/** What the connector's setup creates, for a sandbox that is prepared from the start. */
export const connectorProperties: Readonly<
  Partial<Record<ObjectKind, readonly PropertyDefinition[]>>
> = {
  deals: [
    own("pr_sync_with_partner_center", "Sync with Partner Center", "bool", { options: yesNo }),
    own("pr_referral_id", "Referral identifier", "string", { hasUniqueValue: true }),
    own("pr_referral_link", "Referral link"),
    own("pr_microsoft_help", "How can Microsoft help?", "enumeration", {
      options: help.map(([value, label]) => ({ label, value })),
    }),
    own("pr_share_with_microsoft", "Share with Microsoft", "bool", { options: yesNo }),
    own("pr_customer_consent", "Customer agreed to be contacted", "bool", { options: yesNo }),
    own("pr_microsoft_crm_id", "Microsoft CRM identifier"),
    own("pr_sync_state", "Partner Center sync"),
    own("pr_last_error", "Partner Center audit", "string", { fieldType: "textarea" }),
    own("pr_solutions", "Microsoft solutions", "string", { fieldType: "textarea" }),
    own("pr_team", "Partner Center team", "string", { fieldType: "textarea" }),
  ],
  companies: [
    property("companies", "pr_customer_key", "Partner Center customer", "string", {
      hasUniqueValue: true,
      hubspotDefined: false,
    }),
  ],
};

/** The stage in which inbound referrals wait, in a sandbox that is prepared. */
export const waitingStage: PipelineStage = stage(
  "190000001",
  "Waiting for Partner Center",
  7,
  "0.1",
);
