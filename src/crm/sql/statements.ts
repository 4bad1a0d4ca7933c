import type { DialectName } from "../../storage/port.ts";
import type { StampKind } from "./layout.ts";

/** A name as SQL takes it; `schema.table` names a table of a schema. */
export function quoted(name: string): string {
  return name
    .split(".")
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join(".");
}

/** What the databases write differently about moments. */
interface StampText {
  /** Milliseconds since 1970 of a column. */
  read(column: string): string;
  /** The condition that a column is not before a bound number of milliseconds. */
  notBefore(column: string): string;
  /** The present moment. */
  readonly now: string;
}

const sqliteMs = (expression: string): string =>
  `CAST(round((julianday(${expression}) - 2440587.5) * 86400000) AS INTEGER)`;
const postgresMs = (expression: string): string =>
  `CAST(floor(extract(epoch FROM ${expression}) * 1000) AS bigint)`;

const counted = (unitMs: number, now: string): StampText => ({
  read: (column) => (unitMs === 1 ? column : `${column} * ${unitMs}`),
  notBefore: (column) => `${column} >= ${unitMs === 1 ? "?" : `? / ${unitMs}`}`,
  now,
});

const sqliteNowMs = sqliteMs("'now'");
const postgresNowMs = postgresMs("clock_timestamp()");

const sqliteText: StampText = {
  read: sqliteMs,
  notBefore: (column) => `${sqliteMs(column)} >= ?`,
  now: "strftime('%Y-%m-%d %H:%M:%f', 'now')",
};

/** Text without a zone is a moment in UTC, whatever the session's zone is. */
const asMoment = (column: string): string =>
  `(CASE WHEN ${column} ~ '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$' ` +
  `THEN ${column} ELSE ${column} || 'Z' END)::timestamptz`;

/** How moments are read, compared and written, by database and kind of column. */
export const stampTexts: Readonly<Record<DialectName, Readonly<Record<StampKind, StampText>>>> = {
  sqlite: {
    timestamp: sqliteText,
    text: sqliteText,
    milliseconds: counted(1, sqliteNowMs),
    seconds: counted(1000, `${sqliteNowMs} / 1000`),
  },
  postgres: {
    timestamp: {
      read: postgresMs,
      notBefore: (column) => `${column} >= to_timestamp(CAST(? AS bigint) / 1000.0)`,
      now: "clock_timestamp()",
    },
    text: {
      read: (column) => postgresMs(asMoment(column)),
      notBefore: (column) => `${postgresMs(asMoment(column))} >= ?`,
      now: "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS')",
    },
    milliseconds: counted(1, postgresNowMs),
    seconds: counted(1000, `${postgresNowMs} / 1000`),
  },
};

/** `INSERT INTO t (a, b) VALUES (?, ?)`; `raw` are columns with an expression of ours. */
export function insertText(
  table: string,
  columns: readonly string[],
  raw: Readonly<Record<string, string>> = {},
): string {
  const names = [...columns, ...Object.keys(raw)].map(quoted);
  const values = [...columns.map(() => "?"), ...Object.values(raw)];
  return names.length === 0
    ? `INSERT INTO ${quoted(table)} DEFAULT VALUES`
    : `INSERT INTO ${quoted(table)} (${names.join(", ")}) VALUES (${values.join(", ")})`;
}

/** `UPDATE t SET a = ? WHERE …`. */
export function updateText(
  table: string,
  columns: readonly string[],
  where: string,
  raw: Readonly<Record<string, string>> = {},
): string {
  const sets = [
    ...columns.map((column) => `${quoted(column)} = ?`),
    ...Object.entries(raw).map(([column, value]) => `${quoted(column)} = ${value}`),
  ];
  return `UPDATE ${quoted(table)} SET ${sets.join(", ")} WHERE ${where}`;
}
