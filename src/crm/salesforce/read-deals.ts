import { CrmError, type CrmRecord, type OperationOptions } from "../port.ts";
import {
  CompositeRefusal,
  querySubrequest,
  type Subrequest,
  sendComposite,
  serverTimeOf,
} from "./composite.ts";
import { type FieldLayout, rowToRecord, type SalesforceRow } from "./mapping.ts";
import { quoted, quotedList, selectDeals } from "./soql.ts";
import type { Transport } from "./transport.ts";

/** What reading and writing deals needs. */
export interface DealContext {
  readonly send: Transport;
  readonly layout: FieldLayout;
  /** The unique external id field that holds the referral's id. */
  readonly keyField: string;
  /** Remembers that a version was read so late that no change can hide behind its stamp. */
  readonly settled: SettledVersions;
}

/** A deal as it was read. */
export interface DealSnapshot {
  readonly record: CrmRecord;
  readonly row: SalesforceRow;
}

/** The answer of a query, page by page where it is long. */
interface QueryPage {
  readonly done: boolean;
  readonly nextRecordsUrl?: string;
  readonly records: readonly SalesforceRow[];
}

const mostRemembered = 20_000;
// The clock that stamps records and the one that answers need not be one machine's.
const settledAfterMs = 2000;

/**
 * The versions that were read at least two seconds after their stamp. Salesforce compares whole
 * seconds: a change in the same second as the one that was read would pass its check unseen. After
 * that it can't.
 */
export class SettledVersions {
  readonly #versions = new Map<string, string>();

  /** Notes what was read at a time of Salesforce's. */
  note({ id, modifiedAt, version }: CrmRecord, serverTimeMs: number): void {
    this.#versions.delete(id);
    if (!(serverTimeMs - Date.parse(modifiedAt) >= settledAfterMs)) return;
    this.#versions.set(id, version);
    const [oldest] = this.#versions.keys();
    if (this.#versions.size > mostRemembered && oldest !== undefined) this.#versions.delete(oldest);
  }

  has(id: string, version: string): boolean {
    return this.#versions.get(id) === version;
  }
}

/** Makes snapshots of rows that were read at a time of Salesforce's. */
export function snapshotsOf(
  context: DealContext,
  rows: readonly SalesforceRow[],
  serverTimeMs: number,
): readonly DealSnapshot[] {
  return rows.map((row) => {
    const record = rowToRecord(context.layout, row, context.send.instanceUrl);
    context.settled.note(record, serverTimeMs);
    return { record, row };
  });
}

/** What a query found, with the time at which it was answered. */
export interface QueryAnswer {
  readonly rows: readonly SalesforceRow[];
  readonly serverTimeMs: number;
}

/** All rows of an answer, its later pages fetched. */
export async function allRows(
  send: Transport,
  first: unknown,
  options: OperationOptions,
): Promise<readonly SalesforceRow[]> {
  let page = first as QueryPage;
  const rows = [...page.records];
  while (!page.done && page.nextRecordsUrl !== undefined) {
    const response = await send({ method: "GET", target: page.nextRecordsUrl }, options);
    page = JSON.parse(response.body) as QueryPage;
    rows.push(...page.records);
  }
  return rows;
}

/** Runs one query. */
export async function runQuery(
  send: Transport,
  soql: string,
  options: OperationOptions,
  kind: "query" | "queryAll" = "query",
): Promise<QueryAnswer> {
  const { target } = querySubrequest("query", soql, kind);
  const response = await send({ method: "GET", target }, options);
  return {
    rows: await allRows(send, JSON.parse(response.body), options),
    serverTimeMs: serverTimeOf(response.headers),
  };
}

/** A query that is one of several. */
export interface NamedQuery {
  readonly name: string;
  readonly soql: string;
  readonly kind?: "query" | "queryAll";
}

/** Runs up to five queries in one call. Errors: CrmError. */
export async function runQueries(
  send: Transport,
  queries: readonly NamedQuery[],
  options: OperationOptions,
): Promise<{
  readonly rows: ReadonlyMap<string, readonly SalesforceRow[]>;
  readonly serverTimeMs: number;
}> {
  const [only, ...others] = queries;
  if (only && others.length === 0) {
    const answer = await runQuery(send, only.soql, options, only.kind);
    return { rows: new Map([[only.name, answer.rows]]), serverTimeMs: answer.serverTimeMs };
  }
  const subrequests: readonly Subrequest[] = queries.map(({ kind, name, soql }) =>
    querySubrequest(name, soql, kind),
  );
  try {
    const answers = await sendComposite(send, subrequests, options);
    const rows = new Map<string, readonly SalesforceRow[]>();
    for (const { name } of queries) {
      rows.set(name, await allRows(send, answers.body(name), options));
    }
    return { rows, serverTimeMs: answers.serverTimeMs };
  } catch (error) {
    throw error instanceof CompositeRefusal ? error.error : error;
  }
}

const idPattern = /^006[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?$/;

/** Reads one deal; undefined where it isn't there or can't be seen. Errors: CrmError. */
export async function readDeal(
  context: DealContext,
  id: string,
  options: OperationOptions,
): Promise<DealSnapshot | undefined> {
  if (!idPattern.test(id)) return undefined;
  try {
    const soql = `${selectDeals(context.layout)} WHERE Id = ${quoted(id)}`;
    const { rows, serverTimeMs } = await runQuery(context.send, soql, options);
    return snapshotsOf(context, rows, serverTimeMs)[0];
  } catch (error) {
    // An id of the right form with a wrong checksum is no id to Salesforce.
    const isNoId = error instanceof CrmError && /INVALID_QUERY_FILTER_OPERATOR/.test(error.message);
    if (isNoId) return undefined;
    throw error;
  }
}

/** Queries with more ids than this make addresses that Salesforce refuses. */
const idsPerQuery = 200;

/** Reads deals by their ids; those that aren't there are left out. */
export async function* readDeals(
  context: DealContext,
  ids: readonly string[],
  options: OperationOptions,
): AsyncIterable<DealSnapshot> {
  for (let from = 0; from < ids.length; from += idsPerQuery) {
    const some = quotedList(ids.slice(from, from + idsPerQuery));
    const soql = `${selectDeals(context.layout)} WHERE Id IN ${some}`;
    const { rows, serverTimeMs } = await runQuery(context.send, soql, options);
    yield* snapshotsOf(context, rows, serverTimeMs);
  }
}
