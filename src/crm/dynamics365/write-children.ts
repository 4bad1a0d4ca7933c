import type { CrmFields, CrmValue, OperationOptions } from "../port.ts";
import { sendBatch } from "./batch.ts";
import type { ChildTable } from "./deal-table.ts";
import type { DataverseRow } from "./mapping.ts";
import type { DealContext, DealSnapshot } from "./read-deals.ts";
import { stableId } from "./stable-id.ts";
import type { WebApiCall } from "./transport.ts";

function keyOf(child: ChildTable, row: CrmFields): string {
  return String(row[child.keyColumn] ?? "")
    .trim()
    .toLowerCase();
}

function bodyOf(child: ChildTable, entry: CrmFields): Record<string, CrmValue> {
  const columns = child.columns.filter((column) => entry[column] !== undefined);
  const body = Object.fromEntries(columns.map((column) => [column, entry[column] ?? null]));
  return { pr_name: child.nameOf(entry), ...body };
}

function differs(child: ChildTable, entry: CrmFields, row: DataverseRow): boolean {
  return child.columns.some(
    (column) => entry[column] !== undefined && (entry[column] ?? null) !== (row[column] ?? null),
  );
}

/** Gives a deal exactly these rows of a child table. All of it happens, or none. */
export async function writeChildren(
  context: DealContext,
  snapshot: DealSnapshot,
  child: ChildTable,
  value: CrmValue | undefined,
  options: OperationOptions,
): Promise<void> {
  const entries = Array.isArray(value) ? (value as readonly CrmFields[]) : [];
  const present = snapshot.rows.children[child.field] ?? [];
  const dealId = snapshot.record.id;
  const changeset: WebApiCall[] = [];
  const kept = new Set<unknown>();
  for (const entry of entries) {
    const row = present.find((each) => keyOf(child, each as CrmFields) === keyOf(child, entry));
    kept.add(row?.[child.idColumn]);
    if (row && !differs(child, entry, row)) continue;
    const id = row
      ? String(row[child.idColumn])
      : await stableId(`${child.field}/${dealId}/${keyOf(child, entry)}`);
    const link = { [`${child.dealNavigation}@odata.bind`]: `/opportunities(${dealId})` };
    changeset.push({
      method: "PATCH",
      target: `${child.setName}(${id})`,
      body: JSON.stringify({ ...bodyOf(child, entry), ...link }),
    });
  }
  for (const row of present) {
    if (kept.has(row[child.idColumn])) continue;
    const target = `${child.setName}(${String(row[child.idColumn])})`;
    changeset.push({ method: "DELETE", target });
  }
  if (changeset.length === 0) return;
  await sendBatch(context.send, context.rootUrl, [{ changeset }], options);
}
