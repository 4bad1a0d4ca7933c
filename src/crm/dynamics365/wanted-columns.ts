/* What the connector adds to a Dynamics 365 Sales environment, as data. */

/** One choice of a picklist. */
export interface WantedOption {
  readonly value: number;
  readonly label: string;
}

/** A column that the ready mapping uses. */
export interface WantedColumn {
  readonly schemaName: string;
  readonly label: string;
  readonly type: "String" | "Memo" | "Boolean" | "Picklist";
  readonly maxLength?: number;
  readonly options?: readonly WantedOption[];
}

/** A table of rows that belong to a deal. */
export interface WantedTable {
  readonly schemaName: string;
  readonly label: string;
  readonly pluralLabel: string;
  readonly columns: readonly WantedColumn[];
  /** The relationship to the deal's table, and the lookup that it makes. */
  readonly relationship: { readonly schemaName: string; readonly lookup: string };
}

/** Everything that an environment needs for one kind of deal. */
export interface WantedCustomisation {
  readonly table: string;
  readonly columns: readonly WantedColumn[];
  readonly key: { readonly schemaName: string; readonly label: string; readonly column: string };
  /** The status reason in which an inbound referral waits. */
  readonly statusReason: WantedOption & { readonly state: number };
  readonly tables: readonly WantedTable[];
  /** Tables whose changes are tracked. */
  readonly tracked: readonly string[];
}

const firstOption = 727_000_000;

const text = (schemaName: string, label: string, maxLength: number): WantedColumn => ({
  schemaName,
  label,
  type: "String",
  maxLength,
});

const helpOptions: readonly WantedOption[] = [
  "General or other",
  "Customer technical architecture",
  "Proof of concept or demo",
  "Quotes or licensing",
  "Post-sales customer success",
  "Workload-specific value proposition",
].map((label, index) => ({ value: firstOption + index, label }));

const dealColumns: readonly WantedColumn[] = [
  { schemaName: "pr_SyncWithPartnerCenter", label: "Sync with Partner Center", type: "Boolean" },
  text("pr_ReferralId", "Referral identifier", 100),
  text("pr_ReferralLink", "Referral link", 500),
  {
    schemaName: "pr_MicrosoftHelp",
    label: "How can Microsoft help?",
    type: "Picklist",
    options: helpOptions,
  },
  { schemaName: "pr_ShareWithMicrosoft", label: "Share with Microsoft", type: "Boolean" },
  { schemaName: "pr_CustomerConsent", label: "Customer agreed to be contacted", type: "Boolean" },
  text("pr_MicrosoftCrmId", "Microsoft CRM identifier", 100),
  text("pr_SyncState", "Partner Center sync", 250),
  { schemaName: "pr_LastError", label: "Partner Center audit", type: "Memo", maxLength: 2000 },
];

const key = {
  schemaName: "pr_ReferralKey",
  label: "Referral identifier",
  column: "pr_referralid",
} as const;

/** What opportunities need. */
export const opportunityCustomisation: WantedCustomisation = {
  table: "opportunity",
  columns: dealColumns,
  key,
  statusReason: { value: firstOption + 1, label: "Waiting for Partner Center", state: 0 },
  tables: [
    {
      schemaName: "pr_Solution",
      label: "Microsoft Partner Center Solution",
      pluralLabel: "Microsoft Partner Center Solutions",
      columns: [text("pr_SolutionCode", "Solution id", 100), text("pr_Type", "Solution type", 100)],
      relationship: { schemaName: "pr_opportunity_pr_solutions", lookup: "pr_Opportunity" },
    },
    {
      schemaName: "pr_TeamMember",
      label: "Microsoft Partner Center Team Member",
      pluralLabel: "Microsoft Partner Center Team Members",
      columns: [
        text("pr_Email", "E-mail", 200),
        text("pr_FirstName", "First name", 100),
        text("pr_LastName", "Last name", 100),
        text("pr_Phone", "Phone", 100),
      ],
      relationship: { schemaName: "pr_opportunity_pr_teammembers", lookup: "pr_Opportunity" },
    },
  ],
  tracked: ["opportunity", "account", "contact", "connection", "pr_solution", "pr_teammember"],
};

/** What leads need. */
export const leadCustomisation: WantedCustomisation = {
  table: "lead",
  columns: dealColumns,
  key,
  statusReason: { value: firstOption + 1, label: "Waiting for Partner Center", state: 0 },
  tables: [],
  tracked: ["lead"],
};
