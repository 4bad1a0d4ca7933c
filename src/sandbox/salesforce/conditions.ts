import type { RowValues } from "../row-store.ts";
import { badRequest, SalesforceError } from "./errors.ts";
import type { SalesforceObject } from "./schema.ts";

type Headers = Readonly<Record<string, string>>;

/** An account's entity tag. */
export function etagOf(row: RowValues): string {
  const text = Buffer.from(`${String(row.Id)}${String(row.LastModifiedDate)}`).toString("base64");
  return `"${text.slice(-28)}--gzip"`;
}

function modifiedMs(row: RowValues): number {
  return Date.parse(String(row.LastModifiedDate).replace("+0000", "Z"));
}

function dateHeader(name: string, text: string): number {
  const milliseconds = Date.parse(text);
  if (/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/.test(text) && !Number.isNaN(milliseconds)) {
    return milliseconds;
  }
  throw badRequest("INVALID_HEADER_VALUE", `The value of the header ${name} is no HTTP date.`);
}

function failed(): SalesforceError {
  return new SalesforceError(
    412,
    "PRECONDITION_FAILED",
    "One or more of the preconditions in the request headers wasn't satisfied.",
  );
}

/**
 * Compares a row with the request's conditions. Entity tags count for accounts only; dates, for
 * every object, to whole seconds. Errors: 412; 400 for a header that is no date.
 */
export function checkConditions(object: SalesforceObject, row: RowValues, headers: Headers): void {
  const unmodifiedSince = headers["if-unmodified-since"];
  if (unmodifiedSince !== undefined) {
    if (modifiedMs(row) > dateHeader("If-Unmodified-Since", unmodifiedSince)) throw failed();
  }
  if (object.name !== "Account") return;
  const tags = headers["if-match"]?.split(",").map((tag) => tag.trim());
  if (tags && !tags.includes("*") && !tags.includes(etagOf(row))) throw failed();
}

/** True where a GET may be answered with 304. */
export function isUnmodified(row: RowValues, headers: Headers): boolean {
  const since = headers["if-modified-since"];
  return since !== undefined && modifiedMs(row) <= Date.parse(since);
}
