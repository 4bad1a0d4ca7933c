import type { Lens } from "../mapping-port.ts";
import type { CrmValue } from "../port.ts";
import { refused, relationLens, translated } from "./relation-lens.ts";

/** What a date lens can be told. */
export interface DateLensOptions {
  /** What the CRM holds: a calendar date, or a moment in whole seconds. */
  readonly crm: "date" | "datetime";
  /** The IANA time zone in which a moment of the referral falls on the CRM's calendar date. */
  readonly timeZone: string;
}

const datePattern = /^(\d{4})-(\d{2})-(\d{2})$/;
// With a date alone, or a time without an offset, the moment depends on where one stands: taken
// as UTC.
const momentPattern =
  /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2})?)(\.\d+)?(Z|[+-]\d{2}:\d{2})?)?$/i;
const secondMs = 1000;
const dayMs = 86_400_000;
const quarterMs = 15 * 60 * secondMs;
const longestJumpMs = 3 * 60 * 60 * secondMs;
// Dataverse, Salesforce and SQL databases agree on this range.
const earliestMs = Date.parse("1753-01-01T00:00:00Z");
const latestMs = Date.parse("9998-12-31T00:00:00Z");

/**
 * Milliseconds of a date-time text, fractions beyond milliseconds cut; undefined where it is
 * none.
 */
export function parseMoment(value: CrmValue): number | undefined {
  const match = momentPattern.exec(typeof value === "string" ? value.trim() : "");
  if (!match) return undefined;
  const [, date = "", time = "00:00:00", fraction = ".0", offset = "Z"] = match;
  const dateMs = Date.parse(`${date}T00:00:00Z`);
  // `Date.parse` takes 31 February for 3 March: only a date that comes back unchanged exists.
  if (Number.isNaN(dateMs) || !new Date(dateMs).toISOString().startsWith(date)) return undefined;
  const seconds = time.length === 5 ? `${time}:00` : time;
  const moment = Date.parse(`${date}T${seconds}${fraction.slice(0, 4)}${offset.toUpperCase()}`);
  return moment >= earliestMs && moment <= latestMs ? moment : undefined;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatIn(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-CA-u-ca-iso8601-nu-latn", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    formats.set(timeZone, format);
  }
  return format;
}

/** The wall clock's reading in a time zone, as if it were UTC. */
function wallClock(moment: number, timeZone: string): number {
  if (timeZone === "UTC") return Math.floor(moment / secondMs) * secondMs;
  const parts = Object.fromEntries(
    formatIn(timeZone)
      .formatToParts(moment)
      .map(({ type, value }) => [type, value]),
  );
  const { year, month, day, hour, minute, second } = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** The calendar date of a moment in a time zone. */
export function dateIn(moment: number, timeZone: string): string {
  return new Date(wallClock(moment, timeZone)).toISOString().slice(0, 10);
}

/**
 * The first moment of a calendar date in a time zone; undefined where the zone skipped that date.
 */
export function startOfDate(date: string, timeZone: string): number | undefined {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  const offsets = [-dayMs, 0, dayMs].map((around) => {
    const moment = midnight + around;
    return wallClock(moment, timeZone) - moment;
  });
  const candidates = offsets.map((offset) => midnight - offset).sort((a, b) => a - b);
  const [first = midnight, , last = midnight] = candidates;
  // Where the clock jumps over midnight, the date begins later, on a quarter of an hour.
  for (let moment = first; moment <= last + longestJumpMs; moment += quarterMs) {
    if (dateIn(moment, timeZone) === date) return moment;
  }
  return undefined;
}

function isDate(value: CrmValue): value is string {
  return typeof value === "string" && datePattern.test(value) && parseMoment(value) !== undefined;
}

function isoSeconds(moment: number): string {
  return `${new Date(moment).toISOString().slice(0, 19)}Z`;
}

const notMoment = (side: string) =>
  refused(`the ${side}'s value is not a date`, "enter a date such as 2026-12-24");

function sameMoment(left: CrmValue, right: CrmValue): boolean {
  if (left === null || right === null) return left === right;
  const [one, other] = [parseMoment(left), parseMoment(right)];
  return one !== undefined && one === other;
}

function calendarLens(timeZone: string): Lens {
  return relationLens({
    name: "date",
    represents: (crm, referral) => {
      if (crm === null || referral === null) return crm === referral;
      const moment = parseMoment(referral);
      return isDate(crm) && moment !== undefined && dateIn(moment, timeZone) === crm;
    },
    toCrm: (value) => {
      const moment = parseMoment(value);
      if (value === null) return translated(null);
      return moment === undefined ? notMoment("referral") : translated(dateIn(moment, timeZone));
    },
    toReferral: (value) => {
      if (value === null) return translated(null);
      const moment = isDate(value) ? startOfDate(value, timeZone) : undefined;
      return moment === undefined ? notMoment("CRM") : translated(isoSeconds(moment));
    },
    sameInCrm: (left, right) => left === right,
    sameInReferral: sameMoment,
  });
}

function momentLens(): Lens {
  const wholeSecond = (moment: number): number => Math.floor(moment / secondMs);
  return relationLens({
    name: "datetime",
    represents: (crm, referral) => {
      if (crm === null || referral === null) return crm === referral;
      const [left, right] = [parseMoment(crm), parseMoment(referral)];
      if (left === undefined || right === undefined) return false;
      return wholeSecond(left) === wholeSecond(right);
    },
    toCrm: (value) => {
      if (value === null) return translated(null);
      const moment = parseMoment(value);
      return moment === undefined ? notMoment("referral") : translated(isoSeconds(moment));
    },
    toReferral: (value) => {
      if (value === null) return translated(null);
      const moment = parseMoment(value);
      return moment === undefined ? notMoment("CRM") : translated(isoSeconds(moment));
    },
    sameInCrm: sameMoment,
    sameInReferral: sameMoment,
  });
}

/**
 * A moment in the referral, a calendar date or a moment in whole seconds in the CRM.
 *
 * The rule for a calendar date: it stands for every moment that falls on it in `timeZone`; a new
 * moment is the date's first.
 */
export function dateLens({ crm, timeZone }: DateLensOptions): Lens {
  return crm === "date" ? calendarLens(timeZone) : momentLens();
}
