import type { CrmRecord, OperationOptions } from "../port.ts";
import type { DictionaryBook } from "./definitions.ts";
import {
  contactProperties,
  type DealObjects,
  type FieldLayout,
  type HubSpotObject,
  objectsToRecord,
} from "./mapping.ts";
import type { Transport } from "./transport.ts";

/** What reading and writing deals needs. */
export interface DealContext {
  readonly send: Transport;
  readonly layout: FieldLayout;
  /** The property with unique values that holds the referral's id. */
  readonly keyProperty: string;
  readonly book: DictionaryBook;
  readonly snapshots: RecentSnapshots;
}

/** A deal as it was read. */
export interface DealSnapshot {
  readonly record: CrmRecord;
  readonly objects: DealObjects;
}

const mostSnapshots = 2000;

/** The deals that were read last, with their company and people. */
export class RecentSnapshots {
  readonly #snapshots = new Map<string, DealSnapshot>();

  note(snapshot: DealSnapshot): void {
    const { id } = snapshot.record;
    this.#snapshots.delete(id);
    this.#snapshots.set(id, snapshot);
    const [oldest] = this.#snapshots.keys();
    if (this.#snapshots.size > mostSnapshots && oldest !== undefined) {
      this.#snapshots.delete(oldest);
    }
  }

  find(id: string, version: string): DealSnapshot | undefined {
    const snapshot = this.#snapshots.get(id);
    return snapshot?.record.version === version ? snapshot : undefined;
  }
}

type Kind = "deals" | "companies" | "contacts";

/** Objects that one batch holds. */
const batchSize = 100;

/** Puts a deal's objects together. */
export async function snapshotOf(
  context: DealContext,
  objects: DealObjects,
  options: OperationOptions,
): Promise<DealSnapshot> {
  const dictionary = await context.book.get(options, [objects.deal.properties.dealstage]);
  const snapshot = { objects, record: objectsToRecord(context.layout, dictionary, objects) };
  context.snapshots.note(snapshot);
  return snapshot;
}

/** Reads objects by their ids or a unique property; those that aren't there are left out. */
export async function readBatch(
  send: Transport,
  kind: Kind,
  ids: readonly string[],
  properties: readonly string[],
  options: OperationOptions,
  idProperty?: string,
): Promise<readonly HubSpotObject[]> {
  const found: HubSpotObject[] = [];
  for (let from = 0; from < ids.length; from += batchSize) {
    const inputs = ids.slice(from, from + batchSize).map((id) => ({ id }));
    const response = await send(
      {
        method: "POST",
        target: `crm/v3/objects/${kind}/batch/read`,
        isRead: true,
        body: { inputs, properties, ...(idProperty === undefined ? {} : { idProperty }) },
      },
      options,
    );
    found.push(...(JSON.parse(response.body) as { results: readonly HubSpotObject[] }).results);
  }
  return found;
}

async function readLinks(
  send: Transport,
  to: "companies" | "contacts",
  ids: readonly string[],
  options: OperationOptions,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const target = `crm/v4/associations/deals/${to}/batch/read`;
  const body = { inputs: ids.map((id) => ({ id })) };
  const response = await send({ method: "POST", target, isRead: true, body }, options);
  const { results } = JSON.parse(response.body) as {
    results: readonly {
      readonly from: { readonly id: string };
      readonly to: readonly { readonly toObjectId: number | string }[];
    }[];
  };
  return new Map(
    results.map((link) => [link.from.id, link.to.map((each) => String(each.toObjectId))]),
  );
}

const byId = (left: HubSpotObject, right: HubSpotObject): number =>
  Number(left.id) - Number(right.id);

interface Links {
  readonly companies: readonly string[];
  readonly contacts: readonly string[];
}

async function withLinked(
  context: DealContext,
  deals: readonly HubSpotObject[],
  linksOf: (id: string) => Links,
  options: OperationOptions,
): Promise<readonly DealSnapshot[]> {
  const { layout, send } = context;
  const links = deals.map(({ id }) => linksOf(id));
  const companyIds = [...new Set(links.flatMap(({ companies }) => companies.slice(0, 1)))];
  const contactIds = [...new Set(links.flatMap(({ contacts }) => contacts))];
  const companies = await readBatch(send, "companies", companyIds, layout.company, options);
  const contacts = await readBatch(send, "contacts", contactIds, contactProperties, options);
  const snapshots: DealSnapshot[] = [];
  for (const [index, deal] of deals.entries()) {
    const mine = links[index];
    const objects: DealObjects = {
      deal,
      company: companies.find(({ id }) => id === mine?.companies[0]),
      contacts: contacts.filter(({ id }) => mine?.contacts.includes(id)).sort(byId),
    };
    snapshots.push(await snapshotOf(context, objects, options));
  }
  return snapshots;
}

interface AssociatedObject extends HubSpotObject {
  readonly associations?: Readonly<
    Record<string, { readonly results: readonly { readonly id: string }[] }>
  >;
}

function linksIn({ associations }: AssociatedObject): Links {
  const idsOf = (name: string): readonly string[] => [
    ...new Set((associations?.[name]?.results ?? []).map(({ id }) => id)),
  ];
  return { companies: idsOf("companies"), contacts: idsOf("contacts") };
}

/** The links that a layout needs. */
function wantedLinks({ company, hasContacts }: FieldLayout): readonly ("companies" | "contacts")[] {
  return [
    ...(company.length > 0 ? (["companies"] as const) : []),
    ...(hasContacts ? (["contacts"] as const) : []),
  ];
}

/** How a deal is read. */
export interface ReadChoice {
  /** The unique property that holds the id that was given. */
  readonly idProperty?: string;
  /** Company and people are taken from this snapshot, as long as the deal is linked to the same. */
  readonly linkedIn?: DealSnapshot;
}

function hasLinks({ company, contacts }: DealObjects, links: Links): boolean {
  const ids = new Set(links.contacts);
  return (
    company?.id === links.companies[0] &&
    contacts.length === ids.size &&
    contacts.every(({ id }) => ids.has(id))
  );
}

/**
 * Reads one deal, by its id or by a unique property; undefined where HubSpot says that it isn't
 * there. Errors: CrmError.
 */
export async function readDeal(
  context: DealContext,
  id: string,
  options: OperationOptions,
  { idProperty, linkedIn }: ReadChoice = {},
): Promise<DealSnapshot | undefined> {
  if (idProperty === undefined && !/^\d{1,19}$/.test(id)) return undefined;
  const { layout, send } = context;
  const query = new URLSearchParams({ properties: layout.asked.join(",") });
  const links = wantedLinks(layout);
  if (links.length > 0) query.set("associations", links.join(","));
  if (idProperty !== undefined) query.set("idProperty", idProperty);
  const target = `crm/v3/objects/deals/${encodeURIComponent(id)}?${query.toString()}`;
  const response = await send({ method: "GET", target, accept: [404] }, options);
  if (response.status === 404) return undefined;
  const deal = JSON.parse(response.body) as AssociatedObject;
  // A deal that was merged into another answers with the other's id: it isn't there any more.
  if (idProperty === undefined && deal.id !== id) return undefined;
  if (linkedIn && hasLinks(linkedIn.objects, linksIn(deal))) {
    return snapshotOf(context, { ...linkedIn.objects, deal }, options);
  }
  return (await withLinked(context, [deal], () => linksIn(deal), options))[0];
}

/** Reads deals by their ids; those that aren't there are left out. */
export async function readDeals(
  context: DealContext,
  ids: readonly string[],
  options: OperationOptions,
): Promise<readonly DealSnapshot[]> {
  const { layout, send } = context;
  const snapshots: DealSnapshot[] = [];
  for (let from = 0; from < ids.length; from += batchSize) {
    const some = ids.slice(from, from + batchSize);
    const deals = await readBatch(send, "deals", some, layout.asked, options);
    const links = new Map<string, ReadonlyMap<string, readonly string[]>>();
    for (const to of wantedLinks(layout)) links.set(to, await readLinks(send, to, some, options));
    const linksOf = (id: string): Links => ({
      companies: links.get("companies")?.get(id) ?? [],
      contacts: links.get("contacts")?.get(id) ?? [],
    });
    snapshots.push(...(await withLinked(context, deals, linksOf, options)));
  }
  return snapshots;
}
