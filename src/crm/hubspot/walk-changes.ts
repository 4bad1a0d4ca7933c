import { type WalkedPage, type WalkSource, walkById } from "../adapting/walk-by-id.ts";
import type { CrmChange, CrmRecord, OperationOptions } from "../port.ts";
import { type HubSpotObject, modifiedProperty } from "./mapping.ts";
import { type DealContext, readDeals } from "./read-deals.ts";

/** What walking over changes needs beside reading deals. */
export interface WalkContext extends DealContext {
  readonly pageSize: number;
  readonly recent: RecentRecords;
}

/** New and changed deals take some moments until the search shows them. */
export const searchLagMs = 10_000;

/** A walk goes back further than that: to look twice costs little, to miss a deal much. */
const overlapMs = 60_000;

const mostRecent = 2000;

/**
 * The deals that were read last, by id: while the search shows the same stamp, they needn't be read
 * again.
 */
export class RecentRecords {
  readonly #records = new Map<string, CrmRecord>();

  note(record: CrmRecord): void {
    this.#records.delete(record.id);
    this.#records.set(record.id, record);
    const [oldest] = this.#records.keys();
    if (this.#records.size > mostRecent && oldest !== undefined) this.#records.delete(oldest);
  }

  /** The record of this stamp, or a newer one. */
  find(id: string, stampMs: number): CrmRecord | undefined {
    const record = this.#records.get(id);
    return record && Date.parse(record.modifiedAt) >= stampMs ? record : undefined;
  }
}

interface Filter {
  readonly propertyName: string;
  readonly operator: string;
  readonly value: string;
}

async function search(
  { send }: WalkContext,
  filters: readonly Filter[],
  sort: { readonly propertyName: string; readonly direction: string },
  limit: number,
  options: OperationOptions,
): Promise<{ readonly results: readonly HubSpotObject[]; readonly asOf: number }> {
  const response = await send(
    {
      method: "POST",
      target: "crm/v3/objects/deals/search",
      isRead: true,
      body: {
        filterGroups: filters.length === 0 ? [] : [{ filters }],
        sorts: [sort],
        properties: [modifiedProperty],
        limit,
      },
    },
    options,
  );
  const { results } = JSON.parse(response.body) as { results: readonly HubSpotObject[] };
  return { results, asOf: Date.parse(response.headers.date ?? "") };
}

const stampOf = ({ properties }: HubSpotObject): number =>
  Date.parse(properties[modifiedProperty] ?? "");

async function readPage(
  context: WalkContext,
  from: number | undefined,
  afterId: string | undefined,
  options: OperationOptions,
): Promise<WalkedPage> {
  const filters: Filter[] = [];
  if (from !== undefined) {
    filters.push({ propertyName: modifiedProperty, operator: "GTE", value: String(from) });
  }
  if (afterId !== undefined) {
    filters.push({ propertyName: "hs_object_id", operator: "GT", value: afterId });
  }
  // By id, since an id never moves: offsets into an order of stamps would skip rows that change.
  const sort = { propertyName: "hs_object_id", direction: "ASCENDING" };
  const { asOf, results } = await search(context, filters, sort, context.pageSize, options);
  const known = new Map<string, CrmRecord>();
  for (const found of results) {
    const record = context.recent.find(found.id, stampOf(found));
    if (record) known.set(found.id, record);
  }
  // The index may lag behind: what it names is read by id.
  const unread = results.filter(({ id }) => !known.has(id)).map(({ id }) => id);
  for (const { record } of await readDeals(context, unread, options)) {
    context.recent.note(record);
    known.set(record.id, record);
  }
  const rows = results.flatMap(({ id }) => {
    const record = known.get(id);
    return record ? [{ record, stamp: Date.parse(record.modifiedAt) }] : [];
  });
  const last = results[results.length - 1];
  return {
    rows,
    ...(Number.isFinite(asOf) ? { asOf } : {}),
    ...(results.length === context.pageSize && last ? { next: last.id } : {}),
  };
}

/**
 * Walks over the deals that changed since a watermark, by search in the order of ids. Archived
 * deals never show in a search: a deletion is found when a deal is read.
 */
export function walkChanges(
  context: WalkContext,
  watermark: string,
  options: OperationOptions,
): AsyncIterable<CrmChange> {
  const source: WalkSource = {
    overlap: overlapMs,
    newest: async (operation) => {
      const sort = { propertyName: modifiedProperty, direction: "DESCENDING" };
      const { results } = await search(context, [], sort, 1, operation);
      return results[0] && stampOf(results[0]);
    },
    page: (from, afterId, operation) => readPage(context, from, afterId, operation),
  };
  return walkById(source, watermark, options);
}
