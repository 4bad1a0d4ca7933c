import { isCalendarDay } from "./calendar.ts";
import {
  add,
  type Decimal,
  decimalOf,
  decimalText,
  floor,
  parseDecimal,
  subtract,
} from "./decimal.ts";

const dayText = "(\\d{4})-(\\d{2})-(\\d{2})";
const timeText = "(\\d{2}):(\\d{2})(?::(\\d{2})(?:\\.(\\d{1,12}))?)?";
const offsetText = "(?:[Zz]|([+-])(\\d{2}):(\\d{2}))";
const dateTimePattern = new RegExp(`^${dayText}[Tt]${timeText}${offsetText}$`);
const datePattern = new RegExp(`^${dayText}$`);
const timePattern = new RegExp(`^${timeText}$`);
const durationPattern =
  /^([+-]?)P(?=[\dT])(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const fractionDigits = 12;

/** The first and the last moment that is computed with. */
export const firstInstant = "0001-01-01T00:00:00.000000000000Z";
export const lastInstant = "9999-12-31T23:59:59.999999999999Z";
const firstSecond = -62_135_596_800;
const lastSecond = 253_402_300_799;

/**
 * The parts of a date or time as its own offset shows them. Absent parts are those that the type
 * doesn't have.
 */
export interface DateTimeParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Twelve digits. */
  readonly fraction: string;
  readonly offsetMinutes: number;
}

type Groups = readonly (string | undefined)[];

const numberAt = (groups: Groups, index: number): number => Number(groups[index] ?? 0);
const padded = (fraction: string | undefined): string =>
  (fraction ?? "").padEnd(fractionDigits, "0");
const isTime = (hour: number, minute: number, second: number): boolean =>
  hour <= 23 && minute <= 59 && second <= 60;

/** The parts of a DateTimeOffset text between the years 1 and 9999; undefined where it is none. */
export function dateTimeParts(text: string): DateTimeParts | undefined {
  const groups: Groups | null = dateTimePattern.exec(text);
  if (!groups) return undefined;
  const [year, month, day] = [numberAt(groups, 1), numberAt(groups, 2), numberAt(groups, 3)];
  const [hour, minute, second] = [numberAt(groups, 4), numberAt(groups, 5), numberAt(groups, 6)];
  const [offsetHour, offsetMinute] = [numberAt(groups, 9), numberAt(groups, 10)];
  if (year === 0 || !isCalendarDay(year, month, day) || !isTime(hour, minute, second))
    return undefined;
  if (offsetHour > 23 || offsetMinute > 59) return undefined;
  const offset = offsetHour * 60 + offsetMinute;
  const offsetMinutes = groups[8] === "-" && offset > 0 ? -offset : offset;
  return { year, month, day, hour, minute, second, fraction: padded(groups[7]), offsetMinutes };
}

/** Days since 1970-01-01 of a Gregorian date. */
function dayNumber(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function instantAt(second: number, fraction: string): string | undefined {
  if (second < firstSecond || second > lastSecond) return undefined;
  return `${new Date(second * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}

/**
 * The moment of a DateTimeOffset as text of fixed width in UTC, so that text order is time order;
 * undefined where the text is no DateTimeOffset of the years 1 to 9999.
 */
export function instantOf(text: string): string | undefined {
  const parts = dateTimeParts(text);
  if (!parts) return undefined;
  const days = dayNumber(parts.year, parts.month, parts.day);
  const minutes = parts.hour * 60 + parts.minute - parts.offsetMinutes;
  return instantAt(days * 86_400 + minutes * 60 + parts.second, parts.fraction);
}

/** Seconds since 1970-01-01T00:00:00Z. */
export function secondsOf(instant: string): Decimal {
  const days = dayNumber(
    Number(instant.slice(0, 4)),
    Number(instant.slice(5, 7)),
    Number(instant.slice(8, 10)),
  );
  const [hour, minute, second] = instant.slice(11, 19).split(":").map(Number);
  const whole = days * 86_400 + (hour ?? 0) * 3_600 + (minute ?? 0) * 60 + (second ?? 0);
  return add(decimalOf(whole), parseDecimal(`0.${instant.slice(20, -1)}`) ?? decimalOf(0));
}

/**
 * The moment so many seconds after 1970-01-01T00:00:00Z, cut off after twelve digits; undefined
 * outside the years 1 to 9999.
 */
export function instantOfSeconds(seconds: Decimal): string | undefined {
  const whole = floor(seconds);
  const fraction = decimalText(subtract(seconds, whole)).slice(2);
  return instantAt(Number(decimalText(whole)), padded(fraction).slice(0, fractionDigits));
}

/** The text of a calendar day, or undefined. */
export function dateOf(text: string): string | undefined {
  const groups: Groups | null = datePattern.exec(text);
  const isDay =
    groups &&
    numberAt(groups, 1) > 0 &&
    isCalendarDay(numberAt(groups, 1), numberAt(groups, 2), numberAt(groups, 3));
  return isDay ? text : undefined;
}

/** A time of the day in fixed width, `10:20:30.000000000000`, or undefined. */
export function timeOf(text: string): string | undefined {
  const groups: Groups | null = timePattern.exec(text);
  if (!groups || !isTime(numberAt(groups, 1), numberAt(groups, 2), numberAt(groups, 3)))
    return undefined;
  return `${groups[1]}:${groups[2]}:${groups[3] ?? "00"}.${padded(groups[4])}`;
}

/** The seconds of a duration such as `P1DT2H30M`, or undefined. */
export function durationSeconds(text: string): Decimal | undefined {
  const groups: Groups | null = durationPattern.exec(text);
  if (!groups) return undefined;
  const units = [86_400n, 3_600n, 60n];
  const whole = units.reduce((sum, unit, index) => sum + unit * BigInt(groups[index + 2] ?? 0), 0n);
  const seconds = parseDecimal(groups[5] ?? "0");
  if (!seconds || whole.toString().length > fractionDigits + 6) return undefined;
  const total = add(decimalOf(whole), seconds);
  return groups[1] === "-" ? { unscaled: -total.unscaled, scale: total.scale } : total;
}
