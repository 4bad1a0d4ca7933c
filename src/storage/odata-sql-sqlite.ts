import {
  type BoundFunction,
  decimalKey,
  functions,
  instantOf,
  type ScalarType,
} from "../odata/index.ts";
import type { JsonPlace, ODataDialect, Template } from "./odata-sql-dialect.ts";
import { bound, joined, raw, type SqlFragment, sql } from "./odata-sql-fragment.ts";

const steps = (path: readonly string[]): string => path.map((name) => `."${name}"`).join("");

/** Calls a function that registerODataFunctions gives to each connection. */
const registered =
  (name: string): Template =>
  (...operands) =>
    sql`${raw(name)}(${joined(operands, ", ")})`;

const fromText =
  (type: ScalarType) =>
  ({ json, path }: JsonPlace): SqlFragment =>
    sql`${raw(`odata_as_${type}`)}(${json} ->> ${path})`;

const asNumber = registered("odata_as_Number");

const nativeFunctions: Readonly<Partial<Record<BoundFunction, Template>>> = {
  contains: (value, part) => sql`(instr(${value}, ${part}) > 0)`,
  startswith: (value, part) => sql`(substr(${value}, 1, length(${part})) = ${part})`,
  endswith: (value, part) =>
    sql`CASE length(${part}) WHEN 0 THEN (${value} IS NOT NULL OR NULL)
      ELSE substr(${value}, -length(${part})) = ${part} END`,
  concat: (left, right) => sql`(${left} || ${right})`,
  indexof: (value, part) => asNumber(sql`instr(${value}, ${part}) - 1`),
  length: (value) => asNumber(sql`length(${value})`),
  totalseconds: (value) => value,
};

/**
 * What SQL can't compute exactly as OData wants it is computed by the very functions that
 * evaluation uses.
 */
const allFunctions = Object.fromEntries(
  Object.keys(functions).map((name) => [
    name,
    nativeFunctions[name as BoundFunction] ?? registered(`odata_${name}`),
  ]),
) as Readonly<Record<BoundFunction, Template>>;

/**
 * SQLite: numbers are keys of text that order as the numbers do, since SQLite has no exact
 * decimals.
 */
export const sqliteDialect: ODataDialect = {
  rowPlace: (document, path) => ({ json: document, path: raw(`'$${steps(path)}'`) }),
  itemPlace: (alias, path) => ({
    json: raw(`${alias}.json`),
    path: raw(path.length === 0 ? `${alias}.fullkey` : `(${alias}.fullkey || '${steps(path)}')`),
  }),
  items: ({ json, path }, alias) =>
    sql`json_each(CASE json_type(${json}, ${path}) WHEN 'array' THEN ${json} -> ${path}
      ELSE '[]' END) AS ${raw(alias)}`,
  read: {
    String: ({ json, path }) =>
      sql`CASE json_type(${json}, ${path}) WHEN 'text' THEN ${json} ->> ${path} END`,
    Boolean: ({ json, path }) =>
      sql`CASE json_type(${json}, ${path}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END`,
    Number: ({ json, path }) => asNumber(sql`${json} -> ${path}`),
    DateTimeOffset: ({ json, path }) => sql`(${json} ->> ${path})`,
    Date: fromText("Date"),
    TimeOfDay: fromText("TimeOfDay"),
    Duration: fromText("Duration"),
    Guid: fromText("Guid"),
  },
  exists: ({ json, path }) => sql`(json_type(${json}, ${path}) <> 'null')`,
  constant: (type, value) => {
    if (typeof value === "boolean") return raw(value ? "TRUE" : "FALSE");
    if (typeof value === "object") return bound(decimalKey(value));
    return bound(type === "DateTimeOffset" ? (instantOf(value) ?? null) : value);
  },
  instant: registered("odata_as_DateTimeOffset"),
  double: bound,
  numberOfDouble: asNumber,
  wholeNumber: asNumber,
  booleanCode: (value) => sql`coalesce(${value}, 2)`,
  equals: (left, right) => sql`(${left} IS ${right})`,
  differs: (left, right) => sql`(${left} IS NOT ${right})`,
  byCodePoint: (value) => value,
  functions: allFunctions,
  arithmetic: {
    add: registered("odata_arithmetic_add"),
    sub: registered("odata_arithmetic_sub"),
    mul: registered("odata_arithmetic_mul"),
    divide: registered("odata_arithmetic_divide"),
    divideWhole: registered("odata_arithmetic_divideWhole"),
    mod: registered("odata_arithmetic_mod"),
  },
  nullOrder: { ascending: "ASC", descending: "DESC" },
};
