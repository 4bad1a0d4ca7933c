import { contactFields, type FieldLayout } from "./mapping.ts";

/** A text in a query, quoted. */
export function quoted(text: string): string {
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("'", "\\'")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r");
  return `'${escaped}'`;
}

/** A list of texts in a query. */
export function quotedList(texts: readonly string[]): string {
  return `(${texts.map(quoted).join(",")})`;
}

const standardFields = [
  "Id",
  "IsDeleted",
  "SystemModstamp",
  "LastModifiedDate",
  "LastModifiedBy.Name",
  "StageName",
  "IsClosed",
  "IsWon",
];

/** `SELECT … FROM Opportunity` with everything that stands behind a deal. */
export function selectDeals({ account, children, hasContacts, own }: FieldLayout): string {
  const accountFields = ["Id", "SystemModstamp", "LastModifiedDate", ...account];
  const roleFields = [
    "Id",
    "IsPrimary",
    "SystemModstamp",
    "Contact.SystemModstamp",
    ...contactFields.map((name) => `Contact.${name}`),
  ];
  const parts = [
    ...new Set([...standardFields, ...own]),
    ...(account.length > 0 ? [...new Set(accountFields)].map((name) => `Account.${name}`) : []),
    // In a query that shows deleted deals, deleted rows below them would show too.
    ...(hasContacts
      ? [`(SELECT ${roleFields.join(",")} FROM OpportunityContactRoles WHERE IsDeleted = false)`]
      : []),
    ...children.map(
      ({ fields, relationship }) =>
        `(SELECT Id,SystemModstamp,${fields.join(",")} FROM ${relationship} ` +
        "WHERE IsDeleted = false)",
    ),
  ];
  return `SELECT ${parts.join(",")} FROM Opportunity`;
}
