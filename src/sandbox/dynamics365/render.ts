import { lookupProperty, type Table } from "./model.ts";
import type { Document, StoredRow } from "./store.ts";

/** The ETag of a row's version. */
export function etagOf(row: StoredRow): string {
  return `W/"${row.version}"`;
}

const formattedSuffix = "@OData.Community.Display.V1.FormattedValue";

function wants(annotations: readonly string[], name: string): boolean {
  return annotations.some(
    (wanted) =>
      wanted === "*" ||
      wanted === name ||
      (wanted.endsWith("*") && name.startsWith(wanted.slice(0, -1))),
  );
}

function formatted(table: Table, name: string, value: unknown): string | undefined {
  const attribute = table.attributes[name];
  if (value === null || value === undefined) return undefined;
  if (attribute?.options) {
    return attribute.options.find((option) => option.value === value)?.label;
  }
  if (attribute?.type === "Boolean") return value === true ? "Yes" : "No";
  if (attribute?.type === "Money") return Number(value).toFixed(2);
  return undefined;
}

/** A row as JSON: selected properties, its ETag, and the annotations that were asked for. */
export function renderRow(
  table: Table,
  row: StoredRow,
  select: ReadonlySet<string> | undefined,
  annotations: readonly string[],
): Document {
  const shown: Record<string, unknown> = { "@odata.etag": etagOf(row) };
  const put = (name: string, property: string): void => {
    const value = row.document[property] ?? null;
    if (wants(annotations, formattedSuffix.slice(1))) {
      const text = formatted(table, name, value);
      if (text !== undefined) shown[property + formattedSuffix] = text;
    }
    const typeProperty = `${property}@Microsoft.Dynamics.CRM.lookuplogicalname`;
    const type = row.document[typeProperty];
    if (typeof type === "string" && wants(annotations, typeProperty.split("@")[1] ?? "")) {
      shown[typeProperty] = type;
    }
    shown[property] = value;
  };
  for (const attribute of Object.values(table.attributes)) {
    const property = attribute.type === "Lookup" ? lookupProperty(attribute.name) : attribute.name;
    const selected =
      select === undefined || select.has(property) || attribute.name === table.primaryId;
    if (selected) put(attribute.name, property);
  }
  return shown;
}
