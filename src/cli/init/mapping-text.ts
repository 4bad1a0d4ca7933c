import type { CrmFieldInfo, CrmInspection } from "../crm/vendor.ts";

/** A ready mapping cut into what stands before its fields, and one piece of text per field. */
function fieldPieces(text: string): { readonly head: string; readonly fields: readonly string[] } {
  const start = text.search(/^fields:\s*$/m);
  if (start < 0) return { head: text, fields: [] };
  const end = text.indexOf("\n", start) + 1;
  const fields = text.slice(end).split(/^(?= {2}- name:)/m);
  return { head: text.slice(0, end), fields };
}

const crmNameOf = (piece: string): string | undefined =>
  /^ {4}crm:\s*["']?([\w.]+)/m.exec(piece)?.[1];

const commented = (piece: string): string =>
  piece.replace(/^(?=.)/gm, "# ").replace(/[ \t]+$/gm, "");

/** The first part of a dotted name is a linked record, which the deal's own fields don't list. */
const isOwnColumn = (name: string): boolean => !name.includes(".");

/**
 * The ready mapping fitted to a CRM by its metadata: fields that nobody can create from here are
 * commented out with the reason, and the CRM's stages and further fields are listed for whoever
 * maps.
 */
export function mappingFor(
  ready: string,
  found: Pick<CrmInspection, "missing" | "stages">,
  columns: readonly CrmFieldInfo[] | undefined,
): string {
  // The schema's address is relative to where the ready mapping lies.
  const text = ready.replace(/^# yaml-language-server:.*\n#?\n?/, "");
  const { head, fields } = fieldPieces(text);
  // "stage Waiting" lacks a value of the field stage, which is there.
  const known = new Set(columns?.map(({ name }) => name));
  const lacks = (name: string): boolean =>
    isOwnColumn(name) &&
    !known.has(name) &&
    found.missing.some((part) => part.name.split(/[.\s(]/).includes(name));
  const fitted = fields.map((piece) => {
    const name = crmNameOf(piece);
    if (name === undefined || !lacks(name)) return piece;
    const reason = `  # The CRM has no ${name}: create it there, then let these lines count.\n`;
    return `${reason}${commented(piece)}`;
  });
  const mapped = new Set(fields.map(crmNameOf));
  const others = (columns ?? []).filter(({ name }) => isOwnColumn(name) && !mapped.has(name));
  const notes = [
    ...(found.stages.length > 0 ? ["# Stages of this CRM, as `status` names them:"] : []),
    ...found.stages.map(({ value, label }) => `#   ${value}  ${label}`),
    ...(others.length > 0 ? ["#", "# Its further fields, not mapped yet:"] : []),
    ...others.map(({ name, type }) => `#   ${name}  (${type})`),
  ];
  const preface = notes.length > 0 ? `${notes.join("\n")}\n\n` : "";
  return `${preface}${head}${fitted.join("")}`;
}
