import type { Customisation } from "./customisation.ts";
import type { Attribute, Option, Table } from "./model.ts";

/* What the connector's setup command would create, so that a sandbox can be used at once. */

const custom = (name: string, column: Omit<Attribute, "name">): Attribute => ({
  name,
  custom: true,
  ...column,
});

const text = (name: string, displayName: string, maxLength: number): Attribute =>
  custom(name, { type: "String", maxLength, displayName });

const yesNo = (name: string, displayName: string): Attribute =>
  custom(name, { type: "Boolean", defaultValue: false, displayName });

const firstOption = 727_000_000;

const helpChoices: readonly Option[] = [
  "General or other",
  "Customer technical architecture",
  "Proof of concept or demo",
  "Quotes or licensing",
  "Post-sales customer success",
  "Workload-specific value proposition",
].map((label, index) => ({ value: firstOption + index, label }));

const dealColumns: readonly Attribute[] = [
  yesNo("pr_syncwithpartnercenter", "Sync with Partner Center"),
  text("pr_referralid", "Referral identifier", 100),
  text("pr_referrallink", "Referral link", 500),
  custom("pr_microsofthelp", {
    type: "Picklist",
    options: helpChoices,
    displayName: "How can Microsoft help?",
  }),
  yesNo("pr_sharewithmicrosoft", "Share with Microsoft"),
  yesNo("pr_customerconsent", "Customer agreed to be contacted"),
  text("pr_microsoftcrmid", "Microsoft CRM identifier", 100),
  text("pr_syncstate", "Partner Center sync", 250),
  custom("pr_lasterror", { type: "Memo", maxLength: 2000, displayName: "Partner Center audit" }),
];

const referralKey = { name: "pr_referralkey", attributes: ["pr_referralid"] } as const;
const waiting: Option = { value: 727_000_001, label: "Waiting for Partner Center", state: 0 };

function childTable(
  name: string,
  displayName: string,
  columns: readonly Attribute[],
  standard: Readonly<Record<string, Attribute>>,
): Table {
  const primaryId = `${name}id`;
  const own: readonly Attribute[] = [
    custom(primaryId, { type: "Uniqueidentifier" }),
    text("pr_name", "Name", 200),
    ...columns,
    custom("pr_opportunity", {
      type: "Lookup",
      displayName: "Opportunity",
      targets: { pr_Opportunity: "opportunity" },
      collection: `pr_opportunity_${name}s`,
    }),
  ];
  return {
    name,
    setName: `${name}s`,
    primaryId,
    primaryName: "pr_name",
    displayName,
    changeTracking: true,
    custom: true,
    attributes: {
      ...Object.fromEntries(own.map((attribute) => [attribute.name, attribute])),
      ...standard,
    },
    keys: [],
  };
}

/** The connector's columns, key, status reason and child tables. */
export function connectorCustomisation(
  standard: Readonly<Record<string, Attribute>>,
): Customisation {
  return {
    tables: [
      childTable(
        "pr_solution",
        "Microsoft Partner Center Solution",
        [text("pr_solutioncode", "Solution id", 100), text("pr_type", "Solution type", 100)],
        standard,
      ),
      childTable(
        "pr_teammember",
        "Microsoft Partner Center Team Member",
        [
          text("pr_email", "E-mail", 200),
          text("pr_firstname", "First name", 100),
          text("pr_lastname", "Last name", 100),
          text("pr_phone", "Phone", 100),
        ],
        standard,
      ),
    ],
    attributes: { opportunity: dealColumns, lead: dealColumns },
    keys: { opportunity: [referralKey], lead: [referralKey] },
    tracked: ["connection"],
    statusReasons: { opportunity: [waiting], lead: [waiting] },
  };
}
