import { digest } from "../adapting/digest.ts";
import type { CrmFields, CrmRecord, CrmValue } from "../port.ts";

/** A record as the REST API shows it. */
export type SalesforceRow = Readonly<Record<string, unknown>>;

/** The virtual field that holds a deal's state and stage together: `open/Qualification`. */
export const statusField = "status";
/** The list of the customer's people on a deal. */
export const contactsField = "contacts";
/** Begins the names of fields that stand in the deal's account. */
export const accountPrefix = "Account.";
/** The currency's code; a field of its own where the organisation has several. */
export const currencyField = "CurrencyIsoCode";

/** The day on which a deal is to close: Salesforce takes no deal without one. */
export const closeDateField = "CloseDate";
/**
 * Holds the close date that the connector had to set where nobody has named one. As long as both
 * are the same, the deal counts as one without a close date.
 */
export const ownCloseDateField = "PR_OwnCloseDate__c";

/** The fields of a contact that are read. */
export const contactFields = ["Id", "Email", "FirstName", "LastName", "Phone"] as const;

/** Rows of an object of the connector's own that belong to a deal. */
export interface ChildObject {
  /** The field under which the list stands. */
  readonly field: string;
  readonly object: string;
  /** How a query of deals names these rows. */
  readonly relationship: string;
  /** The field that points to the deal. */
  readonly dealField: string;
  /** The field that tells the rows of one deal apart. */
  readonly keyField: string;
  readonly fields: readonly string[];
}

/** The objects that hold a deal's team and solutions. */
export const childObjects: readonly ChildObject[] = [
  {
    field: "team",
    object: "PR_TeamMember__c",
    relationship: "PR_TeamMembers__r",
    dealField: "PR_Opportunity__c",
    keyField: "PR_Email__c",
    fields: ["Name", "PR_Email__c", "PR_FirstName__c", "PR_LastName__c", "PR_Phone__c"],
  },
  {
    field: "solutions",
    object: "PR_Solution__c",
    relationship: "PR_Solutions__r",
    dealField: "PR_Opportunity__c",
    keyField: "PR_SolutionCode__c",
    fields: ["Name", "PR_SolutionCode__c", "PR_Type__c"],
  },
];

/** Which fields an adapter carries, sorted by where they stand. */
export interface FieldLayout {
  /** Fields of the opportunity itself. */
  readonly own: readonly string[];
  /** Fields of the account. */
  readonly account: readonly string[];
  readonly hasContacts: boolean;
  readonly children: readonly ChildObject[];
  /** The only currency of an organisation that has no field for it. */
  readonly soleCurrency?: string;
}

/** Sorts the names of fields by where they stand. */
export function layoutOf(
  fields: readonly string[],
  keyField: string,
  soleCurrency?: string,
): FieldLayout {
  const virtual = new Set<string>([
    statusField,
    contactsField,
    ...(soleCurrency === undefined ? [] : [currencyField]),
    ...childObjects.map(({ field }) => field),
  ]);
  const own = fields.filter((field) => !virtual.has(field) && !field.startsWith(accountPrefix));
  const account = fields.filter((field) => field.startsWith(accountPrefix));
  const isCurrencyUsed = fields.includes(currencyField) && soleCurrency !== undefined;
  const marks = fields.includes(closeDateField) ? [ownCloseDateField] : [];
  return {
    own: [...new Set([...own, ...marks, keyField])].sort(),
    account: account.map((field) => field.slice(accountPrefix.length)),
    hasContacts: fields.includes(contactsField),
    children: childObjects.filter(({ field }) => fields.includes(field)),
    ...(isCurrencyUsed ? { soleCurrency } : {}),
  };
}

/** True where a deal's values stand in other records than its own. */
export function hasLinkedParts({ account, children, hasContacts }: FieldLayout): boolean {
  return account.length > 0 || hasContacts || children.length > 0;
}

/** A moment of Salesforce's as ISO 8601 in UTC. */
export function isoOf(stamp: unknown): string {
  return String(stamp).replace(/\+0000$/, "Z");
}

/** `open/Qualification`, `won/Closed Won`, `lost/Closed Lost`. */
export function formatStatus({ IsClosed, IsWon, StageName }: SalesforceRow): string {
  return `${IsWon ? "won" : IsClosed ? "lost" : "open"}/${String(StageName)}`;
}

/** The state and the stage in `open/Qualification`; undefined where the text is something else. */
export function parseStatus(
  value: CrmValue | undefined,
): { readonly state: string; readonly stage: string } | undefined {
  const [, state, stage] = /^(open|won|lost)\/(.+)$/s.exec(String(value ?? "")) ?? [];
  return state === undefined || stage === undefined ? undefined : { state, stage };
}

function rowOf(value: unknown): SalesforceRow | undefined {
  return value !== null && typeof value === "object" ? (value as SalesforceRow) : undefined;
}

/** The rows of a subquery; Salesforce shows null in place of an empty list. */
export function childRows(row: SalesforceRow, relationship: string): readonly SalesforceRow[] {
  const list = rowOf(row[relationship])?.records;
  return Array.isArray(list) ? (list as readonly SalesforceRow[]) : [];
}

function pick(row: SalesforceRow | undefined, names: readonly string[]): CrmFields {
  return Object.fromEntries(names.map((name) => [name, (row?.[name] ?? null) as CrmValue]));
}

const byId = (left: SalesforceRow, right: SalesforceRow): number =>
  String(left.Id) < String(right.Id) ? -1 : 1;

/** The contact roles of a deal: the primary one first, the others by id. */
export function rolesOf(row: SalesforceRow): readonly SalesforceRow[] {
  const roles = [...childRows(row, "OpportunityContactRoles")].sort(byId);
  return [...roles.filter((role) => role.IsPrimary), ...roles.filter((role) => !role.IsPrimary)];
}

/** The contacts of a deal, each once, in the order of their roles. */
export function contactsOf(row: SalesforceRow): readonly SalesforceRow[] {
  const contacts = new Map<string, SalesforceRow>();
  for (const role of rolesOf(row)) {
    const contact = rowOf(role.Contact);
    const id = String(contact?.Id);
    if (contact && !contacts.has(id)) contacts.set(id, contact);
  }
  return [...contacts.values()];
}

/** The rows of a child object, in the order of their ids. */
export function rowsOfChild(row: SalesforceRow, child: ChildObject): readonly SalesforceRow[] {
  return [...childRows(row, child.relationship)].sort(byId);
}

/** The account of a deal, where it has one. */
export function accountOf(row: SalesforceRow): SalesforceRow | undefined {
  return rowOf(row.Account);
}

/** The fields of the opportunity itself; a close date that nobody has named is none. */
function ownFieldsOf({ own }: FieldLayout, row: SalesforceRow): CrmFields {
  const { [ownCloseDateField]: set, ...fields } = pick(row, own);
  const isSet = typeof set === "string" && fields[closeDateField] === set;
  return isSet ? { ...fields, [closeDateField]: null } : fields;
}

/** All values of a deal under the names of the port. */
export function fieldsOf(layout: FieldLayout, row: SalesforceRow): CrmFields {
  const account = pick(accountOf(row), layout.account);
  const { soleCurrency } = layout;
  return {
    ...ownFieldsOf(layout, row),
    [statusField]: formatStatus(row),
    ...(soleCurrency === undefined ? {} : { [currencyField]: soleCurrency }),
    ...Object.fromEntries(
      Object.entries(account).map(([name, value]) => [accountPrefix + name, value]),
    ),
    ...(layout.hasContacts
      ? { [contactsField]: contactsOf(row).map((contact) => pick(contact, contactFields)) }
      : {}),
    ...Object.fromEntries(
      layout.children.map((child) => [
        child.field,
        rowsOfChild(row, child).map((each) => pick(each, ["Id", ...child.fields])),
      ]),
    ),
  };
}

const versionSeparator = "+";

/** The moment of the last change inside a version, as ISO 8601. */
export function stampInVersion(version: string): string {
  return version.slice(0, version.indexOf(versionSeparator));
}

/**
 * A deal from its row. Salesforce gives opportunities no version; it compares dates of whole
 * seconds. So the version is that date with a digest of all values: two changes within one second
 * differ, and so does a changed contact.
 */
export function rowToRecord(
  layout: FieldLayout,
  row: SalesforceRow,
  instanceUrl: string,
): CrmRecord {
  const fields = fieldsOf(layout, row);
  const modifiedAt = isoOf(row.LastModifiedDate);
  const by = rowOf(row.LastModifiedBy)?.Name;
  return {
    id: String(row.Id),
    version: modifiedAt + versionSeparator + digest(JSON.stringify(fields)),
    modifiedAt,
    fields,
    ...(typeof by === "string" ? { modifiedBy: by } : {}),
    url: `${instanceUrl}/${String(row.Id)}`,
  };
}

/** When a deal or what is linked to it changed last, in milliseconds since 1970. */
export function newestStampMs(layout: FieldLayout, row: SalesforceRow): number {
  const stamps = [
    row.SystemModstamp,
    accountOf(row)?.SystemModstamp,
    ...rolesOf(row).flatMap((role) => [role.SystemModstamp, rowOf(role.Contact)?.SystemModstamp]),
    ...layout.children.flatMap((child) =>
      rowsOfChild(row, child).map((each) => each.SystemModstamp),
    ),
  ];
  const times = stamps
    .filter((stamp) => typeof stamp === "string")
    .map((stamp) => Date.parse(isoOf(stamp)));
  return Math.max(...times);
}

/** True where two values are one to Salesforce, which trims texts and changes their line ends. */
export function sameValue(left: CrmValue | undefined, right: CrmValue | undefined): boolean {
  const plain = (value: CrmValue | undefined): CrmValue =>
    typeof value === "string" ? value.replaceAll("\r\n", "\n").trim() || null : (value ?? null);
  return plain(left) === plain(right);
}
