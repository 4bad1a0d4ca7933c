import type { HttpResponse } from "../../runtime/index.ts";
import type { CrmRecord, OperationOptions } from "../port.ts";
import { type BatchItem, sendBatch } from "./batch.ts";
import type { ChildTable } from "./deal-table.ts";
import {
  contactColumns,
  type DataverseRow,
  type DealRows,
  dealToRecord,
  type FieldLayout,
} from "./mapping.ts";
import type { Transport, WebApiCall } from "./transport.ts";

/** What reading and writing deals needs. */
export interface DealContext {
  readonly send: Transport;
  readonly rootUrl: string;
  readonly environmentUrl: string;
  readonly layout: FieldLayout;
  readonly keyColumn: string;
}

/** A deal as it was read, with the rows behind it. */
export interface DealSnapshot {
  readonly record: CrmRecord;
  readonly rows: DealRows;
}

/** `$filter` that names each id once: `(a eq x or a eq y)`. */
export function anyOf(column: string, ids: readonly string[]): string {
  return encodeURIComponent(`(${ids.map((id) => `${column} eq ${id}`).join(" or ")})`);
}

/** The query options that read a deal's own row with what it looks up. */
export function dealOptions(layout: FieldLayout): string {
  const { table, own, account, hasCurrency, hasContacts } = layout;
  const columns = [table.idColumn, "statecode", "statuscode", "modifiedon", "_modifiedby_value"];
  const expands = [
    ...(account.length > 0
      ? [`customerid_account($select=${["accountid", ...account].join(",")})`]
      : []),
    ...(hasContacts ? [`parentcontactid($select=${contactColumns.join(",")})`] : []),
    ...(hasCurrency ? ["transactioncurrencyid($select=isocurrencycode)"] : []),
  ];
  const select = `$select=${[...new Set([...columns, ...own])].join(",")}`;
  return expands.length === 0 ? select : `${select}&$expand=${expands.join(",")}`;
}

function connectionsCall(ids: readonly string[]): WebApiCall {
  const expand = `record2id_contact($select=${contactColumns.join(",")})`;
  return {
    method: "GET",
    target: `connections?$select=connectionid,_record1id_value,_record2id_value&$filter=${anyOf(
      "_record1id_value",
      ids,
    )}&$expand=${expand}`,
  };
}

function childrenCall(child: ChildTable, ids: readonly string[]): WebApiCall {
  const columns = [child.idColumn, child.dealColumn, ...child.columns].join(",");
  const filter = anyOf(child.dealColumn, ids);
  return { method: "GET", target: `${child.setName}?$select=${columns}&$filter=${filter}` };
}

/** The requests that read everything about deals beside their own rows. */
export function linkedCalls(layout: FieldLayout, ids: readonly string[]): readonly WebApiCall[] {
  return [
    ...(layout.hasContacts ? [connectionsCall(ids)] : []),
    ...layout.children.map((child) => childrenCall(child, ids)),
  ];
}

function listOf(response: HttpResponse | undefined): readonly DataverseRow[] {
  if (!response) return [];
  return (JSON.parse(response.body) as { value: readonly DataverseRow[] }).value;
}

/** Puts the answers of `linkedCalls` beside the deals' own rows. */
export function assembleDeals(
  context: DealContext,
  deals: readonly DataverseRow[],
  answers: readonly HttpResponse[],
): readonly DealSnapshot[] {
  const { layout } = context;
  const lists = answers.map(listOf);
  const connections = layout.hasContacts ? (lists.shift() ?? []) : [];
  return deals.map((deal) => {
    const id = deal[layout.table.idColumn];
    const children = layout.children.map((child, index) => [
      child.field,
      (lists[index] ?? []).filter((row) => row[child.dealColumn] === id),
    ]);
    const rows: DealRows = {
      deal,
      connections: connections.filter((row) => row._record1id_value === id),
      children: Object.fromEntries(children),
    };
    return { rows, record: dealToRecord(layout, rows, context.environmentUrl) };
  });
}

/** Reads one deal; undefined where Dataverse says that it isn't there. Errors: CrmError. */
export async function readDeal(
  context: DealContext,
  id: string,
  options: OperationOptions,
): Promise<DealSnapshot | undefined> {
  const { layout, send } = context;
  const target = `${layout.table.setName}(${id})?${dealOptions(layout)}`;
  const linked = linkedCalls(layout, [id]);
  const own: WebApiCall = { method: "GET", target, accept: [404] };
  const answers =
    linked.length === 0
      ? [await send(own, options)]
      : await sendBatch(send, context.rootUrl, [own, ...linked], options);
  const [first, ...rest] = answers;
  if (!first || first.status === 404) return undefined;
  return assembleDeals(context, [JSON.parse(first.body) as DataverseRow], rest)[0];
}

/** Filters with more ids than this make URLs that proxies refuse. */
const idsPerFilter = 25;

/** Reads deals by their ids; those that aren't there are left out. */
export async function* readDeals(
  context: DealContext,
  ids: readonly string[],
  options: OperationOptions,
): AsyncIterable<DealSnapshot> {
  const { layout, rootUrl, send } = context;
  for (let from = 0; from < ids.length; from += idsPerFilter) {
    const some = ids.slice(from, from + idsPerFilter);
    const filter = anyOf(layout.table.idColumn, some);
    const target = `${layout.table.setName}?${dealOptions(layout)}&$filter=${filter}`;
    const items: readonly BatchItem[] = [{ method: "GET", target }, ...linkedCalls(layout, some)];
    const [first, ...rest] = await sendBatch(send, rootUrl, items, options);
    yield* assembleDeals(context, listOf(first), rest);
  }
}
