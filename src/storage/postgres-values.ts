import { types } from "pg";
import type { SqlValue } from "./port.ts";
import { numberWhereExact } from "./values.ts";

const asInteger = (text: string): SqlValue => numberWhereExact(BigInt(text));
const asText = (text: string): SqlValue => text;

/**
 * A sum of integers is a numeric in PostgreSQL: it comes back as the integer that it is on SQLite.
 */
const asNumeric = (text: string): SqlValue =>
  /^-?\d+$/.test(text) ? asInteger(text) : Number(text);

const { BOOL, BYTEA, FLOAT4, FLOAT8, INT2, INT4, INT8, NUMERIC } = types.builtins;

/**
 * How columns are read: as SQLite would give them. What isn't listed comes as the text that
 * PostgreSQL prints.
 */
const parsers = new Map<number, (text: string) => SqlValue>([
  [BOOL, (text) => (text === "t" ? 1 : 0)],
  [INT2, Number],
  [INT4, Number],
  [INT8, asInteger],
  [FLOAT4, Number],
  [FLOAT8, Number],
  [NUMERIC, asNumeric],
  [BYTEA, (text) => new Uint8Array(Buffer.from(text.slice(2), "hex"))],
]);

/** The type parsers of one connection; the driver's own, which are global, are left alone. */
export const postgresTypes = {
  getTypeParser: (oid: number) => parsers.get(oid) ?? asText,
};
