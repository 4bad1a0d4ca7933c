import { decimalText, instantOf, type ScalarType, whiteSpace } from "../odata/index.ts";
import type { JsonPlace, ODataDialect, Template } from "./odata-sql-dialect.ts";
import { bound, raw, type SqlFragment, sql } from "./odata-sql-fragment.ts";

const placeOf = (json: SqlFragment, path: readonly string[]): JsonPlace => ({
  json,
  path: raw(`'{${path.map((name) => `"${name}"`).join(",")}}'`),
});

/** Calls a function of `odata-migrations.ts` with the text at a place. */
const fromText =
  (name: string) =>
  ({ json, path }: JsonPlace): SqlFragment =>
    sql`${raw(name)}(${json} #>> ${path})`;

const part =
  (name: string): Template =>
  (value) =>
    sql`odata_part('${raw(name)}', ${value})`;

const called =
  (name: string): Template =>
  (value) =>
    sql`${raw(name)}(${value})`;

const parameterTypes: Readonly<Record<ScalarType, string>> = {
  String: "text",
  Boolean: "boolean",
  Number: "numeric",
  DateTimeOffset: "text",
  Date: "text",
  TimeOfDay: "text",
  Duration: "numeric",
  Guid: "text",
};

const unicodeEscape = (character: string): string =>
  `\\${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;

/** The characters that trim() takes away, as a PostgreSQL string. */
const whiteSpaceText = raw(`U&'${[...whiteSpace].map(unicodeEscape).join("")}'`);

/**
 * PostgreSQL: numbers are `numeric`, which is exact; what SQL lacks are the functions of
 * odata-migrations.ts.
 */
export const postgresDialect: ODataDialect = {
  rowPlace: (document, path) => placeOf(sql`odata_json(${document})`, path),
  itemPlace: (alias, path) => placeOf(raw(`${alias}.item`), path),
  items: ({ json, path }, alias) =>
    sql`jsonb_array_elements(odata_items(${json} #> ${path})) AS ${raw(alias)}(item)`,
  read: {
    String: ({ json, path }) => sql`odata_string(${json} #> ${path})`,
    Boolean: ({ json, path }) => sql`odata_boolean(${json} #> ${path})`,
    Number: ({ json, path }) => sql`odata_number(${json} #> ${path})`,
    DateTimeOffset: ({ json, path }) => sql`(${json} #>> ${path})`,
    Date: fromText("odata_date"),
    TimeOfDay: fromText("odata_time"),
    Duration: fromText("odata_duration"),
    Guid: fromText("odata_guid"),
  },
  exists: ({ json, path }) => sql`(jsonb_typeof(${json} #> ${path}) <> 'null')`,
  constant: (type, value) => {
    if (typeof value === "boolean") return raw(value ? "TRUE" : "FALSE");
    const text = typeof value === "object" ? decimalText(value) : value;
    const key = type === "DateTimeOffset" ? (instantOf(text) ?? null) : text;
    return sql`CAST(${bound(key)} AS ${raw(parameterTypes[type])})`;
  },
  instant: called("odata_instant"),
  double: (value) => sql`CAST(${bound(value)} AS double precision)`,
  numberOfDouble: (value) => sql`CAST(CAST(${value} AS text) AS numeric)`,
  wholeNumber: (value) => sql`CAST(${value} AS numeric)`,
  booleanCode: (value) => sql`coalesce((${value})::int, 2)`,
  equals: (left, right) => sql`(${left} IS NOT DISTINCT FROM ${right})`,
  differs: (left, right) => sql`(${left} IS DISTINCT FROM ${right})`,
  byCodePoint: (value) => sql`${value} COLLATE "C"`,
  functions: {
    contains: (value, other) => sql`(strpos(${value}, ${other}) > 0)`,
    startswith: (value, other) => sql`starts_with(${value}, ${other})`,
    endswith: (value, other) => sql`(right(${value}, length(${other})) = ${other})`,
    concat: (left, right) => sql`(${left} || ${right})`,
    indexof: (value, other) => sql`CAST(strpos(${value}, ${other}) - 1 AS numeric)`,
    length: (value) => sql`CAST(length(${value}) AS numeric)`,
    substring: (value, start, length) =>
      sql`odata_substring(${value}, ${start}, ${length ?? raw("CAST(2147483647 AS numeric)")})`,
    tolower: (value) => sql`lower(${value} COLLATE "und-x-icu")`,
    toupper: (value) => sql`upper(${value} COLLATE "und-x-icu")`,
    trim: (value) => sql`btrim(${value}, ${whiteSpaceText})`,
    year: part("year"),
    month: part("month"),
    day: part("day"),
    hour: part("hour"),
    minute: part("minute"),
    second: part("second"),
    fractionalseconds: part("fraction"),
    totaloffsetminutes: part("offset"),
    date: called("odata_date_part"),
    time: called("odata_time_part"),
    totalseconds: (value) => value,
    mindatetime: () => raw("NULL"),
    maxdatetime: () => raw("NULL"),
    round: (value) => sql`round(${value})`,
    floor: (value) => sql`floor(${value})`,
    ceiling: (value) => sql`ceiling(${value})`,
    midnight: (value) => sql`(${value} || 'T00:00:00Z')`,
    secondsOf: (value) => sql`odata_seconds(odata_instant(${value}))`,
    instantOfSeconds: called("odata_instant_of_seconds"),
  },
  arithmetic: {
    add: (left, right) => sql`(${left} + ${right})`,
    sub: (left, right) => sql`(${left} - ${right})`,
    mul: (left, right) => sql`(${left} * ${right})`,
    // A product is exact, where a quotient would be rounded to a scale of PostgreSQL's choice.
    divide: (left, right) =>
      sql`(div(${left} * 1000000000000, NULLIF(${right}, 0)) * 0.000000000001)`,
    divideWhole: (left, right) => sql`div(${left}, NULLIF(${right}, 0))`,
    mod: (left, right) => sql`mod(${left}, NULLIF(${right}, 0))`,
  },
  nullOrder: { ascending: "ASC NULLS FIRST", descending: "DESC NULLS LAST" },
};
