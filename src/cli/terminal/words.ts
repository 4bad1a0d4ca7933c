const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const number = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });

/** 1204 as `1,204`. */
export const count = (value: number): string => number.format(value);

/** `1 deal`, `3 deals`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A length of time in one unit, rounded as people say it: `4 s`, `3 min`, `2 h`, `61 days`. */
export function duration(milliseconds: number): string {
  const length = Math.max(0, milliseconds);
  if (length < minute) return `${Math.round(length / second)} s`;
  if (length < hour) return `${Math.round(length / minute)} min`;
  if (length < 2 * day) return `${Math.round(length / hour)} h`;
  return counted(Math.round(length / day), "day");
}

/** How long ago, or in how long. */
export function relative(at: number, now: number): string {
  const distance = now - at;
  if (Math.abs(distance) < second) return "now";
  return distance > 0 ? `${duration(distance)} ago` : `in ${duration(-distance)}`;
}

/** A moment in the reader's own time zone: `2026-11-23 14:05:09`. */
export function moment(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  const days = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${days} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

/** A date that a system keeps as the first moment of its day. */
const midnight = /^\d{4}-\d\d-\d\dT00:00:00(\.0+)?Z$/;

/** A field's value as a person reads it; an empty one is a dash. */
export function shown(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "number") return count(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string" && midnight.test(value)) return value.slice(0, "YYYY-MM-DD".length);
  if (typeof value === "string") return value.replace(/\s+/g, " ").trim() || "–";
  if (Array.isArray(value)) return value.length === 0 ? "–" : value.map(named).join(", ");
  return JSON.stringify(value);
}

/** A person, a solution or another entry of a list by its name, in either side's spelling. */
function named(entry: unknown): string {
  if (typeof entry !== "object" || entry === null) return shown(entry);
  const values = new Map(
    Object.entries(entry).map(([key, value]) => [key.toLowerCase().replace(/^.*_/, ""), value]),
  );
  const text = (...keys: readonly string[]): string =>
    keys
      .map((key) => values.get(key))
      .filter((value) => typeof value === "string" && value !== "")
      .join(" ");
  return (
    text("firstname", "lastname") ||
    ["name", "fullname", "email", "emailaddress1", "id"].map((key) => text(key)).find(Boolean) ||
    JSON.stringify(entry)
  );
}
