import type { LiteralType } from "./ast.ts";
import { isCalendarDay } from "./calendar.ts";

/** An unquoted literal found in a text, or what is wrong with it. */
export interface ScannedLiteral {
  readonly type: LiteralType;
  readonly end: number;
  /** Why the text has the shape of the type but not a value of it. */
  readonly problem?: string;
}

const guidPattern = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/iy;
const datePattern = /(-?(?:0\d{3}|[1-9]\d{3,8}))-(\d{2})-(\d{2})/y;
const timePattern = /(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,12})?)?/y;
const offsetPattern = /Z|[+-](\d{2}):(\d{2})/iy;
const numberPattern = /[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?/iy;

const matchAt = (pattern: RegExp, text: string, index: number): RegExpExecArray | null => {
  pattern.lastIndex = index;
  return pattern.exec(text);
};

function dateProblem(match: RegExpExecArray): string | undefined {
  const [text, year, month, day] = match;
  if (isCalendarDay(Number(year), Number(month), Number(day))) return undefined;
  return `${text} is not a day of the calendar`;
}

function timeProblem(match: RegExpExecArray): string | undefined {
  const [text, hour, minute, second = "0"] = match;
  // Second 60 is a leap second (OData ABNF: second).
  if (Number(hour) <= 23 && Number(minute) <= 59 && Number(second) <= 60) return undefined;
  return `${text} is not a time of the day; the last one is 23:59:59.999…`;
}

function offsetProblem(match: RegExpExecArray | null): string | undefined {
  if (!match) return "a date and time needs an offset from UTC, such as Z or +02:00";
  if (Number(match[1] ?? 0) <= 23 && Number(match[2] ?? 0) <= 59) return undefined;
  return `${match[0]} is not an offset from UTC`;
}

function scanDate(text: string, start: number): ScannedLiteral | undefined {
  const date = matchAt(datePattern, text, start);
  if (!date) return undefined;
  const end = datePattern.lastIndex;
  const separator = text[end];
  const time = separator === "T" || separator === "t" ? matchAt(timePattern, text, end + 1) : null;
  if (!time) return withProblem("date", end, dateProblem(date));
  const offset = matchAt(offsetPattern, text, timePattern.lastIndex);
  const problem = dateProblem(date) ?? timeProblem(time) ?? offsetProblem(offset);
  const literalEnd = offset ? offsetPattern.lastIndex : timePattern.lastIndex;
  return withProblem("dateTimeOffset", literalEnd, problem);
}

function scanTime(text: string, start: number): ScannedLiteral | undefined {
  const time = matchAt(timePattern, text, start);
  return time ? withProblem("timeOfDay", timePattern.lastIndex, timeProblem(time)) : undefined;
}

function withProblem(type: LiteralType, end: number, problem: string | undefined): ScannedLiteral {
  return problem === undefined ? { type, end } : { type, end, problem };
}

/** A guid may begin with a letter, so words are tried too. */
export function scanGuid(text: string, start: number): ScannedLiteral | undefined {
  if (text[start + 8] !== "-" || !matchAt(guidPattern, text, start)) return undefined;
  return { type: "guid", end: guidPattern.lastIndex };
}

/** Reads the number, date, time or guid that starts with a digit or a sign at `start`. */
export function scanLiteral(text: string, start: number): ScannedLiteral | undefined {
  const guid = scanGuid(text, start);
  if (guid) return guid;
  const number = matchAt(numberPattern, text, start);
  if (!number) return undefined;
  const end = numberPattern.lastIndex;
  const dateOrTime =
    text[end] === "-"
      ? scanDate(text, start)
      : text[end] === ":"
        ? scanTime(text, start)
        : undefined;
  return dateOrTime ?? { type: "number", end };
}

const durationPattern =
  /^[+-]?P(?=[\dT])(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$/i;
const binaryPattern = /^(?:[\w-]{4})*(?:[\w-]{2}[AEIMQUYcgkosw048]=?|[\w-][AQgw](?:==)?)?$/;
const geoPattern =
  /^SRID=\d{1,5};(?:(?:Multi)?(?:Point|LineString|Polygon)|GeometryCollection)\([\w .,+()-]*\)$/i;
const enumPattern = /^[+-]?[\p{L}\p{Nl}\p{N}_]+(?:,[+-]?[\p{L}\p{Nl}\p{N}_]+)*$/u;

function isBalanced(text: string): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** What `prefix'content'` is, or undefined where the content doesn't fit the prefix. */
export function prefixedLiteralType(prefix: string, content: string): LiteralType | undefined {
  switch (prefix.toLowerCase()) {
    case "duration":
      return durationPattern.test(content) ? "duration" : undefined;
    case "binary":
      return binaryPattern.test(content) ? "binary" : undefined;
    case "geography":
    case "geometry":
      return geoPattern.test(content) && isBalanced(content)
        ? (prefix.toLowerCase() as LiteralType)
        : undefined;
    default:
      return prefix.includes(".") && enumPattern.test(content) ? "enum" : undefined;
  }
}
