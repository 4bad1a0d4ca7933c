import type { CrmValue } from "../port.ts";

/** Rows of a table of their own that belong to a deal: team members, solutions. */
export interface ChildTable {
  /** The field under which the list stands. */
  readonly field: string;
  readonly setName: string;
  readonly logicalName: string;
  readonly idColumn: string;
  /** The lookup to the deal, as it is read and as it is written. */
  readonly dealColumn: string;
  readonly dealNavigation: string;
  /** The column that tells the rows of one deal apart. */
  readonly keyColumn: string;
  readonly columns: readonly string[];
  /** The row's name, from its other columns. */
  nameOf(row: Readonly<Record<string, CrmValue>>): string;
}

/** The table whose rows are the deals, with what is peculiar to it. */
export interface DealTable {
  readonly logicalName: "opportunity" | "lead";
  readonly setName: string;
  readonly idColumn: string;
  /** The names of the states 0, 1 and 2. */
  readonly stateNames: readonly string[];
  /** The state reason with which a row is open again. */
  readonly openReason: number;
  /** True where accounts and contacts are rows of their own. */
  readonly hasParties: boolean;
  /** Columns that must be sent along with another, so that it is kept as it is sent. */
  readonly companions: Readonly<Record<string, Readonly<Record<string, CrmValue>>>>;
  readonly children: readonly ChildTable[];
}

const textOf = (value: CrmValue | undefined): string => (typeof value === "string" ? value : "");

const childTables: readonly ChildTable[] = [
  {
    field: "team",
    setName: "pr_teammembers",
    logicalName: "pr_teammember",
    idColumn: "pr_teammemberid",
    dealColumn: "_pr_opportunity_value",
    dealNavigation: "pr_Opportunity",
    keyColumn: "pr_email",
    columns: ["pr_email", "pr_firstname", "pr_lastname", "pr_phone"],
    nameOf: (row) =>
      `${textOf(row.pr_firstname)} ${textOf(row.pr_lastname)}`.trim() || textOf(row.pr_email),
  },
  {
    field: "solutions",
    setName: "pr_solutions",
    logicalName: "pr_solution",
    idColumn: "pr_solutionid",
    dealColumn: "_pr_opportunity_value",
    dealNavigation: "pr_Opportunity",
    keyColumn: "pr_solutioncode",
    columns: ["pr_solutioncode", "pr_name", "pr_type"],
    nameOf: (row) => textOf(row.pr_name) || textOf(row.pr_solutioncode),
  },
];

/** Opportunities, the usual deals. */
export const opportunityTable: DealTable = {
  logicalName: "opportunity",
  setName: "opportunities",
  idColumn: "opportunityid",
  stateNames: ["open", "won", "lost"],
  openReason: 1,
  hasParties: true,
  // A revenue that the system computes would silently replace the amount.
  companions: { estimatedvalue: { isrevenuesystemcalculated: false } },
  children: childTables,
};

/** Leads, for partners who qualify first. */
export const leadTable: DealTable = {
  logicalName: "lead",
  setName: "leads",
  idColumn: "leadid",
  stateNames: ["open", "qualified", "disqualified"],
  openReason: 1,
  hasParties: false,
  companions: {},
  children: [],
};
