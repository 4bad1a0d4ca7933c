import { CrmError, type CrmErrorCode, type CrmFields, type CrmValue } from "../port.ts";
import type { SqlTable } from "./describe-table.ts";

/** SQLSTATE classes and SQLite's base codes, and what they mean to the engine. */
const meanings: readonly (readonly [pattern: RegExp, code: CrmErrorCode, sentence: string])[] = [
  [/^(?:28|42501)/, "unauthorized", "the database refuses the account; check its rights"],
  [/^42|^sqlite:1$/, "invalid", "the database knows no such table or column; run the setup"],
  [/^(?:22|23)|^sqlite:(?:19|20)$/, "invalid", "a rule of the database refuses the values"],
  [/^sqlite:8$/, "unauthorized", "the database file can't be written; check its rights"],
];

function codesOf(error: unknown): { readonly code: string; readonly column: string | undefined } {
  const cause = error instanceof Error && error.name === "StorageError" ? error.cause : error;
  const { code, column, errcode } = (cause ?? {}) as Record<string, unknown>;
  return {
    code: typeof errcode === "number" ? `sqlite:${errcode & 0xff}` : String(code ?? ""),
    column: typeof column === "string" ? column : undefined,
  };
}

/** True where the database can't even read an id in this form: there is no such row. */
export function isUnreadableId(error: unknown): boolean {
  return ["22P02", "22003"].includes(codesOf(error).code);
}

/** What a failure of the database means. Carries no value: the database's sentences may. */
export function refusalOf(error: unknown, isWrite: boolean): CrmError {
  if (error instanceof CrmError) return error;
  const { code, column } = codesOf(error);
  const found = meanings.find(([pattern]) => pattern.test(code));
  if (found) {
    const [, kind, sentence] = found;
    return new CrmError(kind, `${sentence} (${code})`, {
      ...(column === undefined ? {} : { field: column }),
      cause: error,
    });
  }
  const isBusy = error instanceof Error && Reflect.get(error, "code") === "databaseBusy";
  return new CrmError("unavailable", `the database gave no answer${code ? ` (${code})` : ""}`, {
    outcomeUnknown: isWrite && !isBusy,
    cause: error,
  });
}

function complaint(table: SqlTable, name: string, value: CrmValue): string | undefined {
  const column = table.get(name);
  if (!column) return "isn't a column of the table; correct the mapping, or run the setup";
  if (value === null) {
    return column.isNullable ? undefined : "can't be empty in the database";
  }
  const text = String(value);
  if (column.maxLength !== undefined && [...text].length > column.maxLength) {
    return `holds ${column.maxLength} characters at most; shorten the text, or widen the column`;
  }
  if (column.choices !== undefined && !column.choices.includes(text)) {
    const few = column.choices.slice(0, 12).join(", ");
    return `takes only: ${few}; correct the mapping's values`;
  }
  return undefined;
}

/**
 * Refuses values that a table can't hold, by the field's name: databases themselves often don't
 * say.
 */
export function assertFits(table: SqlTable, fields: CrmFields, prefix = ""): void {
  for (const [name, value] of Object.entries(fields)) {
    const found = complaint(table, name, value);
    if (found === undefined) continue;
    const field = prefix + name;
    throw new CrmError("invalid", `${field} ${found}`, { field });
  }
}
