import type { PlainValue } from "../../contract/index.ts";

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const locales = (): readonly string[] => navigator.languages;
const whole = new Intl.NumberFormat([...locales()]);
const compact = new Intl.NumberFormat([...locales()], {
  notation: "compact",
  maximumFractionDigits: 1,
});
const percent = new Intl.NumberFormat([...locales()], {
  style: "percent",
  maximumFractionDigits: 0,
});
const dayFormat = new Intl.DateTimeFormat([...locales()], { dateStyle: "medium" });
const timeFormat = new Intl.DateTimeFormat([...locales()], { timeStyle: "medium" });
const fullFormat = new Intl.DateTimeFormat([...locales()], {
  dateStyle: "medium",
  timeStyle: "medium",
});
const relative = new Intl.RelativeTimeFormat([...locales()], { numeric: "auto", style: "short" });

/** A number as the reader writes it. */
export const number = (value: number): string => whole.format(value);

/** A number in few characters: 12K. */
export const shortNumber = (value: number): string => compact.format(value);

/** A share of 1 in percent. */
export const share = (value: number): string => percent.format(value);

const moneyFormats = new Map<string, Intl.NumberFormat>();

/** An amount with its currency; the number alone where the currency isn't one. */
export function money(value: number | null | undefined, currency?: string | null): string {
  if (value === null || value === undefined) return "–";
  if (!currency || !/^[A-Z]{3}$/.test(currency)) return whole.format(value);
  const key = `${currency} ${Number.isInteger(value)}`;
  let format = moneyFormats.get(key);
  if (!format) {
    // Round amounts without cents, others with both digits of them.
    const least = Number.isInteger(value) ? 0 : 2;
    const digits = { minimumFractionDigits: least, maximumFractionDigits: 2 };
    const currencyDisplay = "code";
    format = new Intl.NumberFormat([...locales()], {
      style: "currency",
      currency,
      currencyDisplay,
      ...digits,
    });
    moneyFormats.set(key, format);
  }
  return format.format(value).replaceAll("\u00a0", " ");
}

/** A date without a time. */
export function day(at: number | string | null | undefined): string {
  const moment = typeof at === "string" ? Date.parse(at) : at;
  return moment === null || moment === undefined || Number.isNaN(moment)
    ? "–"
    : dayFormat.format(moment);
}

/** A time of the day, to the second. */
export const timeOfDay = (at: number): string => timeFormat.format(at);

/** Date and time. */
export const fullTime = (at: number): string => fullFormat.format(at);

/** A duration in its largest fitting unit: `4 s`, `12 min`, `3 h`, `2 d`. */
export function duration(ms: number): string {
  if (ms < secondMs) return ms === 0 ? "0 s" : "< 1 s";
  if (ms < minuteMs) return `${Math.round(ms / secondMs)} s`;
  if (ms < hourMs) return `${Math.round(ms / minuteMs)} min`;
  if (ms < 2 * dayMs) return `${Math.round(ms / hourMs)} h`;
  return `${Math.round(ms / dayMs)} d`;
}

/** A moment seen from now: `4 sec. ago`, `in 3 days`. */
export function ago(at: number, now: number): string {
  const delta = at - now;
  const size = Math.abs(delta);
  if (size < minuteMs) return relative.format(Math.round(delta / secondMs), "second");
  if (size < hourMs) return relative.format(Math.round(delta / minuteMs), "minute");
  if (size < 2 * dayMs) return relative.format(Math.round(delta / hourMs), "hour");
  return relative.format(Math.round(delta / dayMs), "day");
}

const crmState = /^(open|won|lost)\/(\d+)$/;
const crmStates: Readonly<Record<string, string>> = { open: "Open", won: "Won", lost: "Lost" };
const referralStates: Readonly<Record<string, string>> = {
  "New/Pending": "New",
  "New/Received": "New, received",
  "Active/Accepted": "Active",
  "Closed/Won": "Won",
  "Closed/Lost": "Lost",
  "Closed/Declined": "Declined",
  "Closed/Expired": "Expired",
};

/** A deal's state as a salesperson says it; any other text as it is. */
export function stateText(value: string): string {
  const known = referralStates[value];
  if (known !== undefined) return known;
  const [, state = "", reason = ""] = crmState.exec(value) ?? [];
  const word = crmStates[state];
  return word === undefined ? value : `${word} (status reason ${reason})`;
}

const isoMoment = /^\d{4}-\d\d-\d\d(?:T[\d:.]+Z?)?$/;

/** A field's value for the reader's eyes. */
export function valueText(value: PlainValue | undefined, currency?: string): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "number") return currency ? money(value, currency) : whole.format(value);
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value === "string") return isoMoment.test(value) ? day(value) : stateText(value);
  if (Array.isArray(value)) {
    return value.length === 0 ? "–" : value.map((item) => itemText(item as PlainValue)).join(", ");
  }
  return itemText(value);
}

/** A choice that the CRM numbers and the referral names: its number is no amount. */
export function plainCode(
  code: PlainValue | undefined,
  names: readonly (PlainValue | undefined)[],
): PlainValue | undefined {
  const isNamed = names.some((name) => typeof name === "string" && name !== "");
  return typeof code === "number" && isNamed ? String(code) : code;
}

/** What a property holds whose name ends so: a CRM's own columns have a prefix. */
function ending(record: Readonly<Record<string, PlainValue>>, name: string) {
  return Object.entries(record).find(([key]) => key.toLowerCase().endsWith(name))?.[1];
}

const guid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const tellingDigits = 8;

/** Who did something: a name as it is, an id without a name by its first digits. */
export function personText(by: string): string {
  return guid.test(by) ? `user ${by.slice(0, tellingDigits)}…` : by;
}

/** The name of a person or a solution, else the whole as it is. */
function itemText(item: PlainValue): string {
  if (item === null || typeof item !== "object") return valueText(item);
  const record = item as Readonly<Record<string, PlainValue>>;
  const person = [ending(record, "firstname"), ending(record, "lastname")].filter(Boolean);
  const email = ending(record, "email") ?? record.emailaddress1;
  if (person.length > 0) return `${person.join(" ")}${email ? ` <${String(email)}>` : ""}`;
  const name = record.name ?? record.pr_name ?? email ?? record.id;
  return typeof name === "string" ? name : JSON.stringify(item);
}
