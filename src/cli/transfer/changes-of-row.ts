import type { DealDetail, DealField, PlainValue } from "../../contract/index.ts";
import type { FileRow } from "./table-file.ts";

/** What a row would change in a deal, or why it can't. */
export type RowChanges =
  | { readonly ok: true; readonly values: Readonly<Record<string, PlainValue>> }
  | { readonly ok: false; readonly reason: string };

/** Columns that name a deal or tell of it; they are no fields. */
export const ownColumns = ["id", "title", "state", "referralId", "crmId", "line", "error"] as const;

const number = /^-?\d+(\.\d+)?$/;

/** A cell's text as the field's value: by what the field holds now. */
function valueOfText(text: string, now: PlainValue): PlainValue | undefined {
  if (text === "") return null;
  if (typeof now === "number") return number.test(text) ? Number(text) : undefined;
  if (typeof now === "boolean")
    return text === "true" ? true : text === "false" ? false : undefined;
  if (/^[[{]/.test(text)) {
    try {
      return JSON.parse(text) as PlainValue;
    } catch {
      return typeof now === "object" && now !== null ? undefined : text;
    }
  }
  return text;
}

function isSame(left: PlainValue, right: PlainValue): boolean {
  const isEmpty = (value: PlainValue): boolean =>
    value === null || value === "" || (Array.isArray(value) && value.length === 0);
  if (isEmpty(left) && isEmpty(right)) return true;
  return JSON.stringify(left) === JSON.stringify(right);
}

function changeOf(field: DealField, cell: unknown): { value?: PlainValue; reason?: string } {
  const value =
    typeof cell === "string" ? valueOfText(cell, field.referral) : ((cell ?? null) as PlainValue);
  if (value === undefined) return { reason: `${field.name}: "${String(cell)}" is no such value` };
  if (isSame(value, field.referral)) return {};
  if (!field.isEditable) return { reason: `${field.name}: Partner Center takes no change of it` };
  return { value };
}

/** Compares a row with the deal as it is; a cell that is as before changes nothing. Pure. */
export function changesOfRow(row: FileRow, deal: DealDetail): RowChanges {
  const values: Record<string, PlainValue> = {};
  const own: readonly string[] = ownColumns;
  for (const [name, cell] of Object.entries(row)) {
    if (own.includes(name)) continue;
    const field = deal.fields.find((candidate) => candidate.name === name);
    if (!field) return { ok: false, reason: `no mapped field is called "${name}"` };
    const { value, reason } = changeOf(field, cell);
    if (reason !== undefined) return { ok: false, reason };
    if (value !== undefined) values[name] = value;
  }
  return { ok: true, values };
}
