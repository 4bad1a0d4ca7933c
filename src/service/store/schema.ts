import { dialects } from "../../storage/index.ts";
import type { DialectName, Migration } from "../../storage/port.ts";
import { promotedColumns } from "./promoted-columns.ts";

/** A secondary index of the referrals table. */
interface ReferralIndex {
  readonly name: string;
  readonly columns: readonly string[];
}

/**
 * Invariant: every index begins with the organisation, so that isolation costs nothing. A column
 * with few values is indexed together with each order in which pages come, so that a page costs the
 * same among a thousand rows as among a million.
 */
const columnIndexes: readonly ReferralIndex[] = promotedColumns.flatMap(({ name, use }) => {
  if (use === "many") return [{ name, columns: ["tenantId", name] }];
  if (use === "order") return [{ name, columns: ["tenantId", name, "id"] }];
  return ["createdDateTime", "updatedDateTime"].map((order) => ({
    name: `${name}_${order}`,
    columns: ["tenantId", name, order, "id"],
  }));
});

const referralIndexes: readonly ReferralIndex[] = [
  ...columnIndexes,
  { name: "locationId", columns: ["tenantId", "locationId", "createdDateTime", "id"] },
];

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");

/**
 * The statements that make the referrals table's indexes, and those that take them away for a large
 * load.
 */
export const createIndexStatements: readonly string[] = referralIndexes.map(
  ({ name, columns }) =>
    `CREATE INDEX IF NOT EXISTS "referrals_${name}" ON "referrals" (${quoted(columns)})`,
);
export const dropIndexStatements: readonly string[] = referralIndexes.map(
  ({ name }) => `DROP INDEX IF EXISTS "referrals_${name}"`,
);

/** The service's tables, as numbered migrations. */
export function serviceMigrations(dialect: DialectName): readonly Migration[] {
  const { text, double, integer: stamp } = dialects[dialect].types;
  const columns = promotedColumns
    .map((column) => `"${column.name}" ${column.form === "number" ? double : text}`)
    .join(", ");
  const own = `"tenantId" ${text} NOT NULL, "eTag" ${text} NOT NULL, "locationId" ${text},
    ${columns}, "document" TEXT NOT NULL`;
  return [
    {
      version: 1,
      statements: [
        `CREATE TABLE "referrals" ("id" ${text} PRIMARY KEY, ${own})`,
        ...createIndexStatements,
        `CREATE INDEX "referrals_due" ON "referrals" ("expirationDateTime") WHERE "status" = 'New'`,
        `CREATE TABLE "referralVersions" (
          "id" ${text} NOT NULL, ${own}, "validUntil" ${text} NOT NULL,
          PRIMARY KEY ("id", "validUntil"))`,
        `CREATE INDEX "referralVersions_validUntil" ON "referralVersions" ("validUntil")`,
        `CREATE TABLE "requests" (
          "tenantId" ${text} NOT NULL, "requestId" ${text} NOT NULL, "fingerprint" ${text} NOT NULL,
          "body" TEXT NOT NULL, "expiresAt" ${stamp} NOT NULL,
          PRIMARY KEY ("tenantId", "requestId"))`,
        `CREATE INDEX "requests_expiresAt" ON "requests" ("expiresAt")`,
        `CREATE TABLE "webhookRegistrations" (
          "tenantId" ${text} PRIMARY KEY, "url" TEXT NOT NULL, "events" TEXT NOT NULL,
          "usesMsSignatureHeader" INTEGER NOT NULL)`,
        `CREATE TABLE "webhookDeliveries" (
          "id" ${text} PRIMARY KEY, "tenantId" ${text} NOT NULL, "event" ${text} NOT NULL,
          "body" TEXT NOT NULL, "state" ${text} NOT NULL, "attempts" INTEGER NOT NULL,
          "nextAttemptAt" ${stamp} NOT NULL, "createdAt" ${stamp} NOT NULL, "log" TEXT NOT NULL)`,
        `CREATE INDEX "webhookDeliveries_due" ON "webhookDeliveries" ("state", "nextAttemptAt")`,
      ],
    },
  ];
}
