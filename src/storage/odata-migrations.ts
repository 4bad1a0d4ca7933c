import type { DialectName, Migration } from "./port.ts";

const define = (signature: string, result: string, body: string): string =>
  `CREATE OR REPLACE FUNCTION ${signature} RETURNS ${result}
   LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT ${body} $$`;

const dateTimePattern =
  "^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])[Tt]([01]\\d|2[0-3]):[0-5]\\d" +
  "(:([0-5]\\d|60)(\\.\\d{1,12})?)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)$";
const datePattern = "^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$";
const timePattern = "^([01]\\d|2[0-3]):[0-5]\\d(:([0-5]\\d|60)(\\.\\d{1,12})?)?$";
const durationPattern =
  "^([+-]?)P(?=[\\dT])(?:(\\d+)D)?(?:T(?=\\d)(?:(\\d+)H)?(?:(\\d+)M)?(?:(\\d+(?:\\.\\d+)?)S)?)?$";
const numberPattern = "^-?\\d+(\\.\\d+)?(e[+-]?\\d{1,3})?$";
const guidPattern = "^[\\da-f]{8}(-[\\da-f]{4}){3}-[\\da-f]{12}$";

/** The first of the month and so many days make no error where the day doesn't exist. */
const day = (text: string): string =>
  `(make_date(left(${text}, 4)::int, substr(${text}, 6, 2)::int, 1)
    + (substr(${text}, 9, 2)::int - 1))`;
const dayExists = (text: string): string =>
  `extract(month FROM ${day(text)}) = substr(${text}, 6, 2)::int`;
const second = (text: string): string =>
  `CASE WHEN substr(${text}, 17, 1) = ':' THEN substr(${text}, 18, 2)::int ELSE 0 END`;
const fraction = (text: string): string => `coalesce(substring(${text} from '\\.(\\d+)'), '')`;
const offset = (text: string): string =>
  `CASE WHEN right(${text}, 1) IN ('Z', 'z') THEN 0
    ELSE (substr(right(${text}, 6), 1, 1) || '1')::int
      * (substr(right(${text}, 6), 2, 2)::int * 60 + right(${text}, 2)::int) END`;
/** Already in UTC, and on a day that every month has: no computing with dates is needed. */
const isPlain = (text: string): string =>
  `right(${text}, 1) IN ('Z', 'z') AND substr(${text}, 9, 2) <= '28'
    AND substr(${text}, 17, 1) = ':' AND substr(${text}, 18, 2) <> '60'`;
const inYears = (moment: string): string =>
  `${moment} >= timestamp '0001-01-01' AND ${moment} < timestamp '10000-01-01'`;
const format = "'YYYY-MM-DD\"T\"HH24:MI:SS'";

const high = String.raw`\\u[dD][89abAB][\da-fA-F]{2}`;
const low = String.raw`\\u[dD][c-fC-F][\da-fA-F]{2}`;
const noCharacter = String.raw`'\\ufffd', 'g'`;

/**
 * JSON text as jsonb, which can hold neither NUL nor half a surrogate pair: here they read as
 * U+FFFD, so that one odd document doesn't break every query. Escaped backslashes are written
 * another way first, so that each backslash that is left begins an escape. Not STRICT, so that
 * PostgreSQL inlines it.
 */
const jsonFunction = String.raw`CREATE OR REPLACE FUNCTION odata_json(value text) RETURNS jsonb
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN strpos(value, '\u0000') = 0 AND strpos(value, '\ud') = 0
    AND strpos(value, '\uD') = 0 THEN value::jsonb
  ELSE regexp_replace(regexp_replace(
    replace(replace(value, '\\', '\u005c'), '\u0000', '\ufffd'),
    '${high}(?!${low})', ${noCharacter}), '(?<!${high})${low}', ${noCharacter})::jsonb END $$`;

/**
 * Each gives null, never an error, for what it can't read, and agrees with evaluation in memory.
 */
const postgresFunctions: readonly string[] = [
  jsonFunction,
  define(
    "odata_string(value jsonb)",
    "text",
    "CASE jsonb_typeof(value) WHEN 'string' THEN value #>> '{}' END",
  ),
  define(
    "odata_boolean(value jsonb)",
    "boolean",
    "CASE jsonb_typeof(value) WHEN 'boolean' THEN value::boolean END",
  ),
  define(
    "odata_items(value jsonb)",
    "jsonb",
    "CASE jsonb_typeof(value) WHEN 'array' THEN value END",
  ),
  define(
    "odata_number(value jsonb)",
    "numeric",
    `CASE jsonb_typeof(value) WHEN 'number' THEN value::numeric
      WHEN 'string' THEN CASE WHEN value #>> '{}' ~* '${numberPattern}'
        AND length(value #>> '{}') <= 250 THEN (value #>> '{}')::numeric END END`,
  ),
  define(
    "odata_instant(value text)",
    "text",
    `CASE WHEN left(value, 4) <> '0000' AND value ~ '${dateTimePattern}' THEN
      CASE WHEN ${isPlain("value")} THEN left(value, 10) || 'T' || substr(value, 12, 8) || '.'
        || rpad(substr(value, 21, greatest(length(value) - 21, 0)), 12, '0') || 'Z'
      WHEN ${dayExists("value")} THEN (
        SELECT CASE WHEN ${inYears("moment")} THEN to_char(moment, ${format})
          || '.' || rpad(${fraction("value")}, 12, '0') || 'Z' END
        FROM (SELECT ${day("value")} + make_interval(
          hours => substr(value, 12, 2)::int,
          mins => substr(value, 15, 2)::int - (${offset("value")}),
          secs => ${second("value")}) AS moment) AS moments) END END`,
  ),
  define(
    "odata_date(value text)",
    "text",
    `CASE WHEN left(value, 4) <> '0000' AND value ~ '${datePattern}'
      THEN CASE WHEN ${dayExists("value")} THEN value END END`,
  ),
  define(
    "odata_time(value text)",
    "text",
    `CASE WHEN value ~ '${timePattern}' THEN left(value, 5) || ':'
      || coalesce(nullif(substr(value, 7, 2), ''), '00') || '.'
      || rpad(${fraction("value")}, 12, '0') END`,
  ),
  define(
    "odata_date_part(value text)",
    "text",
    "CASE WHEN odata_instant(value) IS NOT NULL THEN left(value, 10) END",
  ),
  define(
    "odata_time_part(value text)",
    "text",
    `CASE WHEN odata_instant(value) IS NOT NULL THEN odata_time(substring(value from
      '^.{11}(\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d+)?)?)')) END`,
  ),
  define(
    "odata_duration(value text)",
    "numeric",
    `(SELECT CASE WHEN length(trunc(whole)::text) <= 18 THEN
        (CASE WHEN groups[1] = '-' THEN -1 ELSE 1 END) * (whole + coalesce(groups[5], '0')::numeric)
        END
      FROM (SELECT groups, coalesce(groups[2], '0')::numeric * 86400
          + coalesce(groups[3], '0')::numeric * 3600
          + coalesce(groups[4], '0')::numeric * 60 AS whole
        FROM (SELECT regexp_match(value, '${durationPattern}') AS groups) AS matches
        WHERE groups IS NOT NULL) AS durations)`,
  ),
  define(
    "odata_guid(value text)",
    "text",
    `CASE WHEN value ~* '${guidPattern}' THEN lower(value COLLATE "C") END`,
  ),
  define(
    "odata_part(part text, value text)",
    "numeric",
    `(SELECT CASE WHEN odata_instant(moment) IS NOT NULL THEN CASE part
        WHEN 'year' THEN left(moment, 4)::numeric
        WHEN 'month' THEN substr(moment, 6, 2)::numeric
        WHEN 'day' THEN substr(moment, 9, 2)::numeric
        WHEN 'hour' THEN substr(moment, 12, 2)::numeric
        WHEN 'minute' THEN substr(moment, 15, 2)::numeric
        WHEN 'second' THEN (${second("moment")})::numeric
        WHEN 'fraction' THEN ('0.' || ${fraction("moment")} || '0')::numeric
        WHEN 'offset' THEN (${offset("moment")})::numeric END END
      FROM (SELECT CASE WHEN value ~ '^\\d\\d:' THEN '2000-01-01T' || value || 'Z'
        WHEN length(value) = 10 THEN value || 'T00:00:00Z' ELSE value END AS moment) AS moments)`,
  ),
  define(
    "odata_seconds(instant text)",
    "numeric",
    `extract(epoch FROM ${day("instant")} + make_interval(hours => substr(instant, 12, 2)::int,
      mins => substr(instant, 15, 2)::int, secs => substr(instant, 18, 2)::int))::numeric
      + ('0.' || substr(instant, 21, 12))::numeric`,
  ),
  define(
    "odata_instant_of_seconds(seconds numeric)",
    "text",
    `CASE WHEN seconds >= -62135596800 AND seconds < 253402300800 THEN
      to_char(timestamp '1970-01-01'
        + make_interval(secs => floor(seconds)::double precision), ${format})
      || '.' || lpad(trunc((seconds - floor(seconds)) * 1000000000000)::text, 12, '0') || 'Z' END`,
  ),
  define(
    "odata_substring(value text, start numeric, length numeric)",
    "text",
    `substr(value,
      (CASE WHEN start < 0 THEN greatest(length(value) + floor(start), 0)
        ELSE least(floor(start), 2147483646) END)::int + 1,
      greatest(least(floor(length), 2147483647), 0)::int)`,
  ),
];

/**
 * What a database must have before a compiled OData query runs on it. On SQLite every connection
 * registers its functions by itself.
 */
export const odataMigrations = (dialect: DialectName): readonly Migration[] => [
  { version: 1, statements: dialect === "postgres" ? postgresFunctions : [] },
];
