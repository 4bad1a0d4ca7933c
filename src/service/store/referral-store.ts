import type { Referral } from "../../contract/index.ts";
import type {
  Database,
  DialectName,
  Queryable,
  Row,
  SqlValue,
  Transaction,
} from "../../storage/port.ts";
import type { JsonPart } from "../json-parts.ts";
import { millisecondsOf, stampOf } from "../stamps.ts";
import { promotedColumns, promotedValues } from "./promoted-columns.ts";

/**
 * Whose referrals a caller may see: one organisation's, and of these only some locations' where
 * they are named.
 */
export interface Scope {
  readonly tenantId: string;
  readonly locations?: readonly string[];
}

/** A referral as it lies in the database. The document's text is what is sent. */
export interface StoredReferral {
  readonly id: string;
  readonly engagementId: string;
  readonly eTag: string;
  /** JSON: text, or its bytes where it was read to be sent. */
  readonly document: JsonPart;
  readonly locationId: string | null;
}

/** A referral on its way into the database. */
export interface ReferralRow {
  readonly tenantId: string;
  readonly locationId: string | null;
  readonly document: Referral;
  /** The document as JSON: what will be sent. */
  readonly text: string;
}

const leadColumns = ["tenantId", "id", "eTag", "locationId"];
const allColumns = [...leadColumns, ...promotedColumns.map(({ name }) => name), "document"];
const insertHead = `INSERT INTO "referrals" (${allColumns.map((name) => `"${name}"`).join(", ")})`;
const insertTuple = `(${allColumns.map(() => "?").join(", ")})`;
const insertSql = `${insertHead} VALUES ${insertTuple}`;
/** The columns that make a StoredReferral. */
export const storedColumns = `"id", "engagementId", "eTag", "document", "locationId"`;

/**
 * The same for whoever sends many documents on. SQLite keeps text as the UTF-8 bytes that go
 * over the wire, and needs not decode them; PostgreSQL's driver brings text in any case.
 */
export const sentColumns: Readonly<Record<DialectName, string>> = {
  sqlite: `"id", "engagementId", "eTag", CAST("document" AS BLOB) AS "document", "locationId"`,
  postgres: storedColumns,
};

const getSql = (columns: string): string =>
  `SELECT ${columns} FROM "referrals" WHERE "id" = ? AND "tenantId" = ?`;
const findSql = getSql(storedColumns);
const findToSendSql: Readonly<Record<DialectName, string>> = {
  sqlite: getSql(sentColumns.sqlite),
  postgres: getSql(sentColumns.postgres),
};

const textOrNull = (value: SqlValue | undefined): string | null =>
  typeof value === "string" ? value : null;

/** A row of `storedColumns` as a StoredReferral. */
export const storedReferral = (row: Row): StoredReferral => ({
  id: String(row.id),
  engagementId: String(row.engagementId),
  eTag: String(row.eTag),
  document: row.document instanceof Uint8Array ? row.document : String(row.document),
  locationId: textOrNull(row.locationId),
});

function valuesOf(row: ReferralRow): SqlValue[] {
  const { document, locationId, text } = row;
  return [String(document.eTag), locationId, ...promotedValues(document), text];
}

async function findBy(
  sql: string,
  from: Queryable,
  { tenantId, locations }: Scope,
  id: string,
): Promise<StoredReferral | undefined> {
  const row = await from.get(sql, [id, tenantId]);
  if (row === undefined) return undefined;
  if (locations && !locations.includes(String(row.locationId))) return undefined;
  return storedReferral(row);
}

/** The referral, or undefined where there is none that the scope may see. */
export const findReferral = (from: Queryable, scope: Scope, id: string) =>
  findBy(findSql, from, scope, id);

/** As findReferral, for whoever sends the document on: as bytes where they are at hand. */
export const findReferralToSend = (from: Database, scope: Scope, id: string) =>
  findBy(findToSendSql[from.dialect], from, scope, id);

/** All referrals of one engagement that the scope may see, oldest first. */
export async function referralsOfEngagement(
  from: Queryable,
  scope: Scope,
  engagementId: string,
): Promise<readonly StoredReferral[]> {
  const rows = await from.all(
    `SELECT ${storedColumns} FROM "referrals" WHERE "tenantId" = ? AND "engagementId" = ?
     ORDER BY "createdDateTime", "id"`,
    [scope.tenantId, engagementId],
  );
  const { locations } = scope;
  return rows
    .map(storedReferral)
    .filter(({ locationId }) => !locations || locations.includes(locationId ?? ""));
}

const insertValues = (row: ReferralRow): SqlValue[] => [
  row.tenantId,
  String(row.document.id),
  ...valuesOf(row),
];

/** Adds a referral. */
export async function insertReferral(to: Transaction, row: ReferralRow): Promise<void> {
  await to.run(insertSql, insertValues(row));
}

/** Adds several referrals by one statement. */
export async function insertReferrals(
  to: Transaction,
  rows: readonly ReferralRow[],
): Promise<void> {
  const tuples = rows.map(() => insertTuple).join(", ");
  await to.run(`${insertHead} VALUES ${tuples}`, rows.flatMap(insertValues));
}

const keepSql = `INSERT INTO "referralVersions"
  (${allColumns.map((name) => `"${name}"`).join(", ")}, "validUntil")
  SELECT ${allColumns.map((name) => `"${name}"`).join(", ")}, ? FROM "referrals" WHERE "id" = ?`;

/** For how long a superseded version can still be read by a walk over pages that began before. */
export const versionLifetimeMs = 900_000;

/**
 * Keeps what a referral was until `moment`, for walks under way, and forgets what no walk needs any
 * more.
 */
export async function keepVersion(to: Transaction, id: string, moment: string): Promise<void> {
  const forgotten = stampOf(millisecondsOf(moment) - versionLifetimeMs);
  await to.run(`DELETE FROM "referralVersions" WHERE "validUntil" < ?`, [forgotten]);
  await to.run(keepSql, [moment, id]);
}

/** The columns behind the identifying ones, in the order of `valuesOf`. */
const writtenColumns = allColumns.slice(leadColumns.indexOf("eTag"));

/**
 * Writes a referral in place of what was stored under its id. Only columns whose value differs are
 * named: SQLite writes every index that holds a named column anew, whether its value changes or
 * not, and most changes touch two of the twenty indexes.
 */
export async function replaceReferral(
  to: Transaction,
  before: ReferralRow,
  after: ReferralRow,
): Promise<void> {
  const values = valuesOf(after);
  const old = valuesOf(before);
  const changed = values.flatMap((value, place) => (value === old[place] ? [] : [place]));
  const assignments = changed.map((place) => `"${writtenColumns[place]}" = ?`).join(", ");
  if (changed.length === 0) return;
  await to.run(`UPDATE "referrals" SET ${assignments} WHERE "id" = ? AND "tenantId" = ?`, [
    ...changed.map((place) => values[place] ?? null),
    String(after.document.id),
    after.tenantId,
  ]);
}

/** The moment of an organisation's latest change; the empty text where it has no referral. */
export async function latestChange(from: Queryable, tenantId: string): Promise<string> {
  const row = await from.get(
    `SELECT "updatedDateTime" FROM "referrals" WHERE "tenantId" = ?
     ORDER BY "updatedDateTime" DESC LIMIT 1`,
    [tenantId],
  );
  return row === undefined ? "" : String(row.updatedDateTime);
}

/** The organisation that a referral belongs to, or undefined where there is no such referral. */
export async function organizationOf(from: Queryable, id: string): Promise<string | undefined> {
  const row = await from.get(`SELECT "tenantId" FROM "referrals" WHERE "id" = ?`, [id]);
  return row === undefined ? undefined : String(row.tenantId);
}

/** The earliest moment at which an unanswered referral expires, or undefined where none waits. */
export async function nextExpiry(database: Database): Promise<string | undefined> {
  const row = await database.get(
    `SELECT "expirationDateTime" FROM "referrals" WHERE "status" = 'New'
     AND "expirationDateTime" IS NOT NULL ORDER BY "expirationDateTime" LIMIT 1`,
  );
  return row === undefined ? undefined : String(row.expirationDateTime);
}

/** Unanswered referrals whose time is over, at most `limit` of them. */
export function overdueReferrals(
  from: Queryable,
  now: string,
  limit: number,
): Promise<readonly Row[]> {
  return from.all(
    `SELECT "tenantId", ${storedColumns} FROM "referrals" WHERE "status" = 'New'
     AND "expirationDateTime" <= ? ORDER BY "expirationDateTime" LIMIT ?`,
    [now, limit],
  );
}
