import { dialects } from "../../storage/index.ts";
import type { DialectName, Migration } from "../../storage/port.ts";
import { promotedByPath, promotedColumns } from "./promoted-columns.ts";

/** A secondary index of the referrals table. */
interface ReferralIndex {
  readonly name: string;
  readonly columns: readonly string[];
  /** The column by which pages are ordered, where it may hold null: null comes first. */
  readonly nullFirst?: string;
  /** Rows that share the first so many columns' values, of a million of one organisation. */
  readonly rowsPerPrefix: readonly number[];
}

/** What the planner of SQLite is told of sizes; only their proportions matter. */
const assumedRows = 1_000_000;
const fewShare = assumedRows / 4;
const manyShare = 3;

/**
 * Invariant: every index begins with the organisation, so that isolation costs nothing. A column
 * with few values is indexed together with each order in which pages come, so that a page costs the
 * same among a thousand rows as among a million.
 */
const columnIndexes: readonly ReferralIndex[] = promotedColumns.flatMap(({ name, path, use }) => {
  if (use === "many") {
    const columns = ["tenantId", name];
    return [{ name, columns, rowsPerPrefix: [assumedRows, manyShare] }];
  }
  if (use === "order") {
    const columns = ["tenantId", name, "id"];
    const nullFirst = promotedByPath[path]?.nullable === false ? {} : { nullFirst: name };
    return [{ name, columns, ...nullFirst, rowsPerPrefix: [assumedRows, 2, 1] }];
  }
  return ["createdDateTime", "updatedDateTime"].map((order) => ({
    name: `${name}_${order}`,
    columns: ["tenantId", name, order, "id"],
    rowsPerPrefix: [assumedRows, fewShare, 2, 1],
  }));
});

const referralIndexes: readonly ReferralIndex[] = [
  ...columnIndexes,
  {
    name: "locationId",
    columns: ["tenantId", "locationId", "createdDateTime", "id"],
    rowsPerPrefix: [assumedRows, fewShare, 2, 1],
  },
];

/** Where null stands in an index; SQLite has it first in any case. */
const nullPlace: Readonly<Record<DialectName, string>> = { sqlite: "", postgres: " NULLS FIRST" };

const terms = ({ columns, nullFirst }: ReferralIndex, dialect: DialectName): string =>
  columns.map((name) => `"${name}"${name === nullFirst ? nullPlace[dialect] : ""}`).join(", ");

/**
 * SQLite plans without statistics unless it is told some, and would then rather walk a whole index
 * in order than sort three rows. PostgreSQL gathers its own, and after a large load is asked to.
 */
const statisticsStatements: Readonly<Record<DialectName, readonly string[]>> = {
  sqlite: [
    "ANALYZE sqlite_schema",
    `DELETE FROM sqlite_stat1 WHERE tbl = 'referrals'`,
    ...referralIndexes.map(({ name, rowsPerPrefix }) => {
      const sizes = [assumedRows, ...rowsPerPrefix].join(" ");
      return `INSERT INTO sqlite_stat1 VALUES ('referrals', 'referrals_${name}', '${sizes}')`;
    }),
  ],
  postgres: [`ANALYZE "referrals"`],
};

/** The statements that make the referrals table's indexes. */
export const createIndexStatements = (dialect: DialectName): readonly string[] => [
  ...referralIndexes.map((index) => {
    const name = `"referrals_${index.name}"`;
    return `CREATE INDEX IF NOT EXISTS ${name} ON "referrals" (${terms(index, dialect)})`;
  }),
  ...statisticsStatements[dialect],
];

/** The statements that take the indexes away for a large load. */
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
        ...createIndexStatements(dialect),
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
