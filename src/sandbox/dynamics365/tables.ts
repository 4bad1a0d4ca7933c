import type { Attribute, Option, Table } from "./model.ts";
import { standardLabel } from "./standard-labels.ts";

type Column = Omit<Attribute, "name">;

const text = (maxLength: number): Column => ({ type: "String", maxLength });
const memo = (maxLength: number): Column => ({ type: "Memo", maxLength });
const lookup = (targets: Readonly<Record<string, string>>): Column => ({ type: "Lookup", targets });
const system = (column: Column): Column => ({ ...column, readOnly: true });

const audit: Readonly<Record<string, Column>> = {
  createdon: system({ type: "DateTime" }),
  modifiedon: system({ type: "DateTime" }),
  createdby: system(lookup({ createdby: "systemuser" })),
  modifiedby: system(lookup({ modifiedby: "systemuser" })),
  versionnumber: system({ type: "BigInt" }),
};

const ownership: Readonly<Record<string, Column>> = {
  ownerid: lookup({ ownerid: "systemuser" }),
  overriddencreatedon: { type: "DateTime" },
};

const activeInactive: Readonly<Record<string, Column>> = states(
  ["Active", "Inactive"],
  [
    { value: 1, label: "Active", state: 0 },
    { value: 2, label: "Inactive", state: 1 },
  ],
);

function states(
  names: readonly string[],
  reasons: readonly Option[],
): Readonly<Record<string, Column>> {
  return {
    statecode: {
      type: "State",
      options: names.map((label, value) => ({ value, label })),
      defaultValue: 0,
    },
    statuscode: { type: "Status", options: reasons, defaultValue: reasons[0]?.value ?? 1 },
  };
}

function address(number: number): Readonly<Record<string, Column>> {
  const prefix = `address${number}_`;
  return {
    [`${prefix}line1`]: text(250),
    [`${prefix}line2`]: text(250),
    [`${prefix}line3`]: text(250),
    [`${prefix}city`]: text(80),
    [`${prefix}stateorprovince`]: text(50),
    [`${prefix}postalcode`]: text(20),
    [`${prefix}country`]: text(80),
  };
}

/** The columns that every table that a customiser creates has from the start. */
export const customTableColumns: Readonly<Record<string, Attribute>> = Object.fromEntries(
  Object.entries({ ...activeInactive, ...ownership, ...audit }).map(([name, column]) => [
    name,
    { name, ...column },
  ]),
);

function table(
  name: string,
  setName: string,
  primaryName: string,
  title: string,
  columns: Readonly<Record<string, Column>>,
  options: { readonly changeTracking?: boolean; readonly primaryId?: string } = {},
): Table {
  const primaryId = options.primaryId ?? `${name}id`;
  const all: Readonly<Record<string, Column>> = {
    [primaryId]: { type: "Uniqueidentifier" },
    ...columns,
    ...audit,
  };
  return {
    name,
    setName,
    primaryId,
    primaryName,
    displayName: title,
    changeTracking: options.changeTracking ?? true,
    custom: false,
    attributes: Object.fromEntries(
      Object.entries(all).map(([column, definition]) => {
        const displayName = standardLabel({ name, displayName: title, primaryId }, column);
        return [column, { name: column, ...definition, ...(displayName ? { displayName } : {}) }];
      }),
    ),
    keys: [],
  };
}

const opportunity = table("opportunity", "opportunities", "name", "Opportunity", {
  name: { ...text(300), required: true },
  description: memo(2000),
  estimatedvalue: { type: "Money", min: -922_337_203_685_477, max: 922_337_203_685_477 },
  estimatedvalue_base: system({ type: "Money" }),
  actualvalue: { type: "Money", min: -922_337_203_685_477, max: 922_337_203_685_477 },
  totalamount: { type: "Money", min: -922_337_203_685_477, max: 922_337_203_685_477 },
  isrevenuesystemcalculated: { type: "Boolean", defaultValue: false },
  estimatedclosedate: { type: "DateOnly" },
  actualclosedate: { type: "DateOnly" },
  closeprobability: { type: "Integer", min: 0, max: 100 },
  stepname: text(200),
  transactioncurrencyid: lookup({ transactioncurrencyid: "transactioncurrency" }),
  exchangerate: system({ type: "Decimal", precision: 12 }),
  customerid: lookup({ customerid_account: "account", customerid_contact: "contact" }),
  parentaccountid: lookup({ parentaccountid: "account" }),
  parentcontactid: lookup({ parentcontactid: "contact" }),
  originatingleadid: lookup({ originatingleadid: "lead" }),
  ...states(
    ["Open", "Won", "Lost"],
    [
      { value: 1, label: "In Progress", state: 0 },
      { value: 2, label: "On Hold", state: 0 },
      { value: 3, label: "Won", state: 1 },
      { value: 4, label: "Canceled", state: 2 },
      { value: 5, label: "Out-Sold", state: 2 },
    ],
  ),
  ...ownership,
});

const account = table("account", "accounts", "name", "Account", {
  name: { ...text(160), required: true },
  accountnumber: text(20),
  telephone1: text(50),
  emailaddress1: text(100),
  websiteurl: text(200),
  numberofemployees: { type: "Integer", min: 0, max: 1_000_000_000 },
  description: memo(2000),
  ...address(1),
  primarycontactid: lookup({ primarycontactid: "contact" }),
  transactioncurrencyid: lookup({ transactioncurrencyid: "transactioncurrency" }),
  ...activeInactive,
  ...ownership,
});

const contact = table("contact", "contacts", "fullname", "Contact", {
  firstname: text(50),
  lastname: text(50),
  fullname: system(text(160)),
  jobtitle: text(100),
  emailaddress1: text(100),
  telephone1: text(50),
  mobilephone: text(50),
  parentcustomerid: lookup({
    parentcustomerid_account: "account",
    parentcustomerid_contact: "contact",
  }),
  ...activeInactive,
  ...ownership,
});

const currency = table(
  "transactioncurrency",
  "transactioncurrencies",
  "currencyname",
  "Currency",
  {
    currencyname: { ...text(100), required: true },
    isocurrencycode: { ...text(5), required: true },
    currencysymbol: text(13),
    currencyprecision: { type: "Integer", min: 0, max: 4, defaultValue: 2 },
    exchangerate: { type: "Decimal", precision: 12 },
    ...activeInactive,
  },
  { changeTracking: false },
);

const systemuser = table(
  "systemuser",
  "systemusers",
  "fullname",
  "User",
  {
    firstname: text(256),
    lastname: text(256),
    fullname: system(text(200)),
    internalemailaddress: text(100),
    address1_telephone1: text(64),
    isdisabled: { type: "Boolean", defaultValue: false },
  },
  { changeTracking: false },
);

const connectionEnds = (end: "record1id" | "record2id"): Column =>
  lookup(
    Object.fromEntries(
      ["opportunity", "account", "contact", "systemuser", "lead"].map((target) => [
        `${end}_${target}`,
        target,
      ]),
    ),
  );

const connectionColumns: Readonly<Record<string, Column>> = {
  name: system(text(500)),
  description: memo(2000),
  record1id: { ...connectionEnds("record1id"), required: true },
  record2id: { ...connectionEnds("record2id"), required: true },
  record1roleid: lookup({ record1roleid: "connectionrole" }),
  record2roleid: lookup({ record2roleid: "connectionrole" }),
  relatedconnectionid: system(lookup({ relatedconnectionid: "connection" })),
  ismaster: system({ type: "Boolean", defaultValue: true }),
  ...activeInactive,
  ...ownership,
};

const connection = table("connection", "connections", "name", "Connection", connectionColumns, {
  changeTracking: false,
});

const connectionrole = table(
  "connectionrole",
  "connectionroles",
  "name",
  "Connection Role",
  { name: { ...text(100), required: true }, category: { type: "Integer" }, ...activeInactive },
  { changeTracking: false },
);

const opportunityclose = table(
  "opportunityclose",
  "opportunitycloses",
  "subject",
  "Opportunity Close",
  {
    subject: text(200),
    description: memo(2000),
    opportunityid: lookup({ opportunityid: "opportunity" }),
    actualrevenue: { type: "Money" },
    actualend: { type: "DateTime" },
    ...activeInactive,
    ...ownership,
  },
  { changeTracking: false, primaryId: "activityid" },
);

const lead = table("lead", "leads", "fullname", "Lead", {
  subject: { ...text(300), required: true },
  firstname: text(50),
  lastname: text(50),
  fullname: system(text(160)),
  companyname: text(100),
  emailaddress1: text(100),
  telephone1: text(50),
  description: memo(2000),
  estimatedamount: { type: "Money", min: 0, max: 922_337_203_685_477 },
  estimatedclosedate: { type: "DateOnly" },
  transactioncurrencyid: lookup({ transactioncurrencyid: "transactioncurrency" }),
  exchangerate: system({ type: "Decimal", precision: 12 }),
  ...address(1),
  parentaccountid: lookup({ parentaccountid: "account" }),
  parentcontactid: lookup({ parentcontactid: "contact" }),
  qualifyingopportunityid: lookup({ qualifyingopportunityid: "opportunity" }),
  ...states(
    ["Open", "Qualified", "Disqualified"],
    [
      { value: 1, label: "New", state: 0 },
      { value: 2, label: "Contacted", state: 0 },
      { value: 3, label: "Qualified", state: 1 },
      { value: 4, label: "Lost", state: 2 },
      { value: 5, label: "Cannot Contact", state: 2 },
      { value: 6, label: "No Longer Interested", state: 2 },
      { value: 7, label: "Canceled", state: 2 },
    ],
  ),
  ...ownership,
});

/** The tables that every environment with Dynamics 365 Sales has, as far as a deal needs them. */
export const standardTables: readonly Table[] = [
  opportunity,
  account,
  contact,
  currency,
  systemuser,
  connection,
  connectionrole,
  opportunityclose,
  lead,
];
