import type { PageRange } from "../adapting/stepped-adapter.ts";
import type { WalkedPage } from "../adapting/walk-by-id.ts";
import { CrmError, type CrmRecord, type CrmValue, type OperationOptions } from "../port.ts";
import {
  contactColumns,
  contactIdsOf,
  type DealRows,
  dealAttributes,
  type EspoLayout,
  type EspoRow,
  formatMoment,
  listQuery,
  momentOf,
  rowsToRecord,
} from "./mapping.ts";
import type { EspoSend } from "./transport.ts";

/** What reading and writing deals needs. */
export interface DealContext {
  readonly send: EspoSend;
  readonly url: string;
  readonly layout: EspoLayout;
  readonly keyField: string;
}

type Where = Parameters<typeof listQuery>[0];

/** Rows of an entity that meet all conditions. */
export async function listRows(
  { send }: Pick<DealContext, "send">,
  entity: string,
  where: Where,
  query: Readonly<Record<string, string | number>>,
  options: OperationOptions,
): Promise<readonly EspoRow[]> {
  const target = `${entity}?${listQuery(where, query)}`;
  const answer = await send({ method: "GET", target }, options);
  const { list } = (answer ?? {}) as { readonly list?: readonly EspoRow[] };
  if (list === undefined) throw new CrmError("unavailable", `EspoCRM listed no ${entity}`);
  return list;
}

/** So many ids make an address of some 5 kB; web servers take 8 kB. */
const idsPerCall = 100;

async function rowsById(
  context: DealContext,
  entity: string,
  ids: readonly CrmValue[],
  columns: readonly string[],
  options: OperationOptions,
): Promise<ReadonlyMap<CrmValue, EspoRow>> {
  const wanted = [...new Set(ids)].filter((id) => typeof id === "string");
  const found = new Map<CrmValue, EspoRow>();
  for (let start = 0; start < wanted.length; start += idsPerCall) {
    const some = wanted.slice(start, start + idsPerCall);
    const query = { select: columns.join(","), maxSize: some.length };
    const rows = await listRows(context, entity, [["in", "id", some]], query, options);
    for (const row of rows) found.set(row.id ?? null, row);
  }
  return found;
}

async function withLinks(
  context: DealContext,
  deals: readonly EspoRow[],
  options: OperationOptions,
): Promise<readonly DealRows[]> {
  const { layout } = context;
  const ofAccount = layout.account.length > 0 ? deals.map((deal) => deal.accountId ?? null) : [];
  const accounts = await rowsById(context, "Account", ofAccount, layout.account, options);
  const ofPeople = layout.hasContacts ? deals.flatMap(contactIdsOf) : [];
  const people = await rowsById(context, "Contact", ofPeople, contactColumns, options);
  return deals.map((deal) => ({
    deal,
    account: accounts.get(deal.accountId ?? null),
    contacts: contactIdsOf(deal).flatMap((id) => {
      const row = people.get(id);
      return row === undefined ? [] : [row];
    }),
  }));
}

/** The deal with this id; undefined where Espo says that it isn't there. */
export async function readRows(
  context: DealContext,
  id: string,
  options: OperationOptions,
): Promise<DealRows | undefined> {
  const target = `Opportunity/${encodeURIComponent(id)}`;
  const deal = await context.send({ method: "GET", target, accept: [404] }, options);
  return deal === undefined ? undefined : (await withLinks(context, [deal as EspoRow], options))[0];
}

/** The deal under a referral's id; undefined where there is none. */
export async function findByKey(
  context: DealContext,
  key: string,
  options: OperationOptions,
): Promise<string | undefined> {
  const query = { select: "name", maxSize: 1, orderBy: "createdAt", order: "asc" };
  const where: Where = [["equals", context.keyField, key]];
  const [found] = await listRows(context, "Opportunity", where, query, options);
  return found === undefined ? undefined : String(found.id);
}

/** A deal as the engine sees it. */
export function recordOf({ layout, url }: DealContext, rows: DealRows): CrmRecord {
  return rowsToRecord(layout, rows, url);
}

/** A page of deals that changed, in the order of ids. */
export async function readChanged(
  context: DealContext,
  { from, afterId, pageSize }: PageRange,
  options: OperationOptions,
): Promise<WalkedPage> {
  const where: Where = [
    ...(from === undefined
      ? []
      : ([["greaterThanOrEquals", "modifiedAt", formatMoment(from)]] as const)),
    ...(afterId === undefined ? [] : ([["greaterThan", "id", afterId]] as const)),
  ];
  const select = dealAttributes(context.layout).join(",");
  const query = { select, orderBy: "id", order: "asc", maxSize: pageSize };
  const deals = await listRows(context, "Opportunity", where, query, options);
  const rows = await withLinks(context, deals, options);
  const last = deals.at(-1)?.id;
  return {
    rows: rows.map((each) => ({
      record: recordOf(context, each),
      stamp: momentOf(each.deal.modifiedAt) || momentOf(each.deal.createdAt),
    })),
    ...(deals.length < pageSize || last === undefined ? {} : { next: String(last) }),
  };
}

/** The newest moment at which a deal was made or changed. */
export async function readNewest(
  context: DealContext,
  options: OperationOptions,
): Promise<number | undefined> {
  const query = {
    select: "modifiedAt,createdAt",
    orderBy: "modifiedAt",
    order: "desc",
    maxSize: 1,
  };
  const [row] = await listRows(context, "Opportunity", [], query, options);
  return row === undefined ? undefined : momentOf(row.modifiedAt) || momentOf(row.createdAt);
}
