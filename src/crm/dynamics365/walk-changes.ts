import type { HttpResponse } from "../../runtime/index.ts";
import { type CrmChange, CrmError, type OperationOptions } from "../port.ts";
import type { DataverseRow } from "./mapping.ts";
import { anyOf, type DealContext, readDeals } from "./read-deals.ts";
import { errorOfResponse, readErrorBody } from "./transport.ts";

/** What walking over changes needs beside reading deals. */
export interface WalkContext extends DealContext {
  readonly pageSize: number;
  /** False: changes of accounts, contacts and child rows aren't followed. */
  readonly followsChildren: boolean;
}

/** A delta link or the next page for each entity set, by its name. */
interface Position {
  readonly version: 1;
  readonly links: Readonly<Record<string, string>>;
}

/** A set of rows whose changes mean that a deal changed. */
interface LinkedSet {
  readonly setName: string;
  readonly idColumn: string;
  /** The column that holds the deal's id; absent: deals are found by a search. */
  readonly dealColumn?: string;
  /** Columns through which deals point to a row of this set. */
  readonly pointers?: readonly string[];
}

const expiredTokenCode = "0x80044352";
const idsPerSearch = 25;

function linkedSets(context: WalkContext): readonly LinkedSet[] {
  const { layout } = context;
  if (!context.followsChildren) return [];
  return [
    ...(layout.account.length > 0
      ? [{ setName: "accounts", idColumn: "accountid", pointers: ["_customerid_value"] }]
      : []),
    ...(layout.hasContacts
      ? [
          { setName: "contacts", idColumn: "contactid", pointers: ["_parentcontactid_value"] },
          { setName: "connections", idColumn: "connectionid", dealColumn: "_record1id_value" },
        ]
      : []),
    ...layout.children.map(({ setName, idColumn, dealColumn }) => ({
      setName,
      idColumn,
      dealColumn,
    })),
  ];
}

function readPosition(watermark: string): Position {
  if (watermark === "") return { version: 1, links: {} };
  try {
    const position = JSON.parse(watermark) as Position;
    if (position.version === 1) return position;
  } catch {
    // A watermark of another release: everything is walked again, which may repeat and never skips.
  }
  return { version: 1, links: {} };
}

interface ChangesPage {
  readonly rows: readonly DataverseRow[];
  readonly deletedIds: readonly string[];
  readonly next?: string;
  readonly delta?: string;
  /** True for a page of a walk from the beginning, on which nothing has changed yet. */
  readonly isFirstWalk: boolean;
}

function isExpired(response: HttpResponse): boolean {
  return response.status === 410 || readErrorBody(response.body).code === expiredTokenCode;
}

async function readPage(
  context: WalkContext,
  start: string,
  link: string | undefined,
  options: OperationOptions,
): Promise<ChangesPage> {
  const prefer = `odata.track-changes,odata.maxpagesize=${context.pageSize}`;
  const response = await context.send(
    { method: "GET", target: link ?? start, headers: { prefer }, accept: [400, 410] },
    options,
  );
  if (response.status >= 400) {
    if (link !== undefined && isExpired(response)) {
      return readPage(context, start, undefined, options);
    }
    throw errorOfResponse(response, false);
  }
  const page = JSON.parse(response.body) as Record<string, unknown>;
  const value = page.value as readonly DataverseRow[];
  const isDeleted = (row: DataverseRow): boolean =>
    String(row["@odata.context"] ?? "").endsWith("/$deletedEntity");
  // Kept below the root: a link outlives a change of the environment's address.
  const belowRoot = (name: string): string | undefined => {
    const found = page[name];
    if (typeof found !== "string") return undefined;
    return found.startsWith(`${context.rootUrl}/`)
      ? found.slice(context.rootUrl.length + 1)
      : found;
  };
  const next = belowRoot("@odata.nextLink");
  const delta = belowRoot("@odata.deltaLink");
  return {
    rows: value.filter((row) => !isDeleted(row)),
    deletedIds: value.filter(isDeleted).map((row) => String(row.id)),
    isFirstWalk: link === undefined || !link.includes("deltatoken"),
    ...(next === undefined ? {} : { next }),
    ...(delta === undefined ? {} : { delta }),
  };
}

/**
 * What changed in a linked set: the deals that are known from it, and whether a row went without
 * saying whose it was.
 */
interface LinkedChanges {
  readonly setName: string;
  readonly delta: string;
  readonly dealIds: readonly string[];
  /** Ids of changed rows to which deals point. */
  readonly rowIds: readonly string[];
  readonly lostRows: boolean;
}

async function followSet(
  context: WalkContext,
  set: LinkedSet,
  link: string | undefined,
  options: OperationOptions,
): Promise<LinkedChanges> {
  const columns = [set.idColumn, ...(set.dealColumn ? [set.dealColumn] : [])];
  const start = `${set.setName}?$select=${columns.join(",")}`;
  const dealIds = new Set<string>();
  const rowIds = new Set<string>();
  let lostRows = false;
  for (let next = link; ; ) {
    const page = await readPage(context, start, next, options);
    if (!page.isFirstWalk) {
      for (const row of page.rows) {
        const deal = set.dealColumn ? row[set.dealColumn] : undefined;
        if (typeof deal === "string") dealIds.add(deal);
        if (set.pointers) rowIds.add(String(row[set.idColumn]));
      }
      lostRows ||= page.deletedIds.length > 0 && set.dealColumn !== undefined;
    }
    if (page.delta !== undefined) {
      const found = { dealIds: [...dealIds], rowIds: [...rowIds], lostRows };
      return { setName: set.setName, delta: page.delta, ...found };
    }
    if (page.next === undefined) {
      throw new CrmError("unavailable", `Dataverse gave no link behind changes of ${set.setName}`);
    }
    next = page.next;
  }
}

async function searchDeals(
  context: WalkContext,
  filter: string,
  options: OperationOptions,
): Promise<readonly string[]> {
  const { setName, idColumn } = context.layout.table;
  const ids: string[] = [];
  let next: string | undefined = `${setName}?$select=${idColumn}&$filter=${filter}`;
  while (next !== undefined) {
    const headers = { prefer: `odata.maxpagesize=${context.pageSize}` };
    const response: HttpResponse = await context.send(
      { method: "GET", target: next, headers },
      options,
    );
    const page = JSON.parse(response.body) as Record<string, unknown>;
    for (const row of page.value as readonly DataverseRow[]) ids.push(String(row[idColumn]));
    const link = page["@odata.nextLink"];
    next = typeof link === "string" ? link : undefined;
  }
  return ids;
}

/** The deals that a linked change concerns. */
async function dealsBehind(
  context: WalkContext,
  sets: readonly LinkedSet[],
  changes: readonly LinkedChanges[],
  options: OperationOptions,
): Promise<ReadonlySet<string>> {
  const dealIds = new Set(changes.flatMap((change) => change.dealIds));
  for (const [index, change] of changes.entries()) {
    for (const pointer of sets[index]?.pointers ?? []) {
      for (let from = 0; from < change.rowIds.length; from += idsPerSearch) {
        const filter = anyOf(pointer, change.rowIds.slice(from, from + idsPerSearch));
        for (const id of await searchDeals(context, filter, options)) dealIds.add(id);
      }
    }
  }
  // A contact's other deals hang on it by connections.
  const contactIds = changes.find(({ setName }) => setName === "contacts")?.rowIds ?? [];
  for (let from = 0; from < contactIds.length; from += idsPerSearch) {
    const filter = anyOf("_record2id_value", contactIds.slice(from, from + idsPerSearch));
    const target = `connections?$select=_record1id_value&$filter=${filter}`;
    const response = await context.send({ method: "GET", target }, options);
    const { value } = JSON.parse(response.body) as { value: readonly DataverseRow[] };
    for (const row of value) dealIds.add(String(row._record1id_value));
  }
  if (changes.some(({ lostRows }) => lostRows)) {
    // A deleted row doesn't say whose it was, so every deal with a referral is looked at again.
    const filter = encodeURIComponent(`${context.keyColumn} ne null`);
    for (const id of await searchDeals(context, filter, options)) dealIds.add(id);
  }
  return dealIds;
}

/**
 * Walks over the deals that changed since a watermark, by change tracking of the deals and of the
 * rows linked to them.
 *
 * A token that has expired makes a new walk from the beginning. Linked changes are asked for
 * first, so that one that happens meanwhile is found by the next walk rather than by none.
 */
export async function* walkChanges(
  context: WalkContext,
  watermark: string,
  options: OperationOptions,
): AsyncIterable<CrmChange> {
  const { table } = context.layout;
  const position = readPosition(watermark);
  const sets = linkedSets(context);
  const linked = await Promise.all(
    sets.map((set) => followSet(context, set, position.links[set.setName], options)),
  );
  const behind = await dealsBehind(context, sets, linked, options);
  const oldLinks = Object.fromEntries(
    linked.map(({ setName, delta }) => [setName, position.links[setName] ?? delta]),
  );
  const newLinks = Object.fromEntries(linked.map(({ setName, delta }) => [setName, delta]));
  const reported = new Set<string>();
  const start = `${table.setName}?$select=${table.idColumn}`;
  let link = position.links[table.setName];
  let deltaLink: string | undefined;
  while (deltaLink === undefined) {
    const page: ChangesPage = await readPage(context, start, link, options);
    const ids = page.rows.map((row) => String(row[table.idColumn]));
    for await (const { record } of readDeals(context, ids, options)) {
      reported.add(record.id);
      yield { kind: "changed", record };
    }
    for (const recordId of page.deletedIds) {
      reported.add(recordId);
      yield { kind: "deleted", recordId };
    }
    deltaLink = page.delta;
    if (deltaLink !== undefined) break;
    if (page.next === undefined) {
      throw new CrmError("unavailable", "Dataverse gave no link behind a page of changes");
    }
    link = page.next;
    // Linked sets keep their old links until the whole walk is through: a resumed walk asks them
    // again.
    yield { kind: "watermark", watermark: formatPosition({ ...oldLinks, [table.setName]: link }) };
  }
  const rest = [...behind].filter((id) => !reported.has(id));
  for await (const { record } of readDeals(context, rest, options)) {
    yield { kind: "changed", record };
  }
  yield {
    kind: "watermark",
    watermark: formatPosition({ ...newLinks, [table.setName]: deltaLink }),
  };
}

function formatPosition(links: Position["links"]): string {
  return JSON.stringify({ version: 1, links } satisfies Position);
}
