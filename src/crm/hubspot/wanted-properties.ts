/* What the connector adds to a HubSpot account, as data in the API's own words. */

/** A property that the ready mapping uses. */
export interface WantedProperty {
  readonly kind: "deals" | "companies";
  readonly name: string;
  readonly label: string;
  readonly type: "string" | "bool" | "enumeration";
  readonly fieldType: string;
  readonly hasUniqueValue?: boolean;
  readonly options?: readonly { readonly label: string; readonly value: string }[];
  /** The field of the port that needs it, where that has another name. */
  readonly field?: string;
}

const text = (name: string, label: string, more: Partial<WantedProperty> = {}): WantedProperty => ({
  kind: "deals",
  name,
  label,
  type: "string",
  fieldType: "text",
  ...more,
});

const yesNo = [
  { label: "Yes", value: "true" },
  { label: "No", value: "false" },
];

const checkbox = (name: string, label: string): WantedProperty => ({
  kind: "deals",
  name,
  label,
  type: "bool",
  fieldType: "booleancheckbox",
  options: yesNo,
});

const help = [
  { value: "GeneralOrOther", label: "General or other" },
  { value: "CustomerTechnicalArchitecture", label: "Customer technical architecture" },
  { value: "ProofOfConceptOrDemo", label: "Proof of concept or demo" },
  { value: "QuotesOrLicensing", label: "Quotes or licensing" },
  { value: "PostSalesCustomerSuccess", label: "Post-sales customer success" },
  { value: "WorkloadSpecificValueProposition", label: "Workload-specific value proposition" },
];

const area = { fieldType: "textarea" };

/** All properties that the setup creates. */
export const wantedProperties: readonly WantedProperty[] = [
  checkbox("pr_sync_with_partner_center", "Sync with Partner Center"),
  text("pr_referral_id", "Referral identifier", { hasUniqueValue: true }),
  text("pr_referral_link", "Referral link"),
  {
    kind: "deals",
    name: "pr_microsoft_help",
    label: "How can Microsoft help?",
    type: "enumeration",
    fieldType: "select",
    options: help,
  },
  checkbox("pr_share_with_microsoft", "Share with Microsoft"),
  checkbox("pr_customer_consent", "Customer agreed to be contacted"),
  text("pr_microsoft_crm_id", "Microsoft CRM identifier"),
  text("pr_sync_state", "Partner Center sync"),
  text("pr_last_error", "Partner Center audit", area),
  text("pr_solutions", "Microsoft solutions", { ...area, field: "solutions" }),
  text("pr_team", "Partner Center team", { ...area, field: "team" }),
  text("pr_customer_key", "Partner Center customer", {
    kind: "companies",
    hasUniqueValue: true,
    field: "company.",
  }),
];

/** The group under which HubSpot shows the properties of a kind. */
export const groupOf = { deals: "dealinformation", companies: "companyinformation" } as const;
