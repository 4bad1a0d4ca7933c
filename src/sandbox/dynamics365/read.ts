import type { Queryable } from "../../storage/port.ts";
import { formatDeltaToken, parseDeltaToken, refuseOptionsWithTracking } from "./changes.ts";
import type { DataverseContext } from "./context.ts";
import { accessDenied, badRequest, errorCodes } from "./errors.ts";
import type { Model, Table } from "./model.ts";
import { filterRows, readQuery, withRelated } from "./query.ts";
import { renderDocument } from "./render.ts";
import type { Preferences } from "./request.ts";
import { lastVersion, rowsAfter, type StoredRow, tombstonesAfter } from "./store.ts";

/** A read of one entity set, parsed as far as HTTP goes. */
export interface CollectionQuery {
  readonly model: Model;
  readonly table: Table;
  readonly options: ReadonlyMap<string, string>;
  readonly preferences: Preferences;
}

interface Cursor {
  /** The last version (change tracking) or place (lists) that earlier pages showed. */
  readonly after: number;
  /** The version at which the walk began: where the delta link will start. */
  readonly startedAt: number;
}

function writeCursor(cursor: Cursor): string {
  return `<cookie pagenumber="2" after="${cursor.after}" start="${cursor.startedAt}"/>`;
}

function readCursor(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  const match = /after="(\d+)" start="(\d+)"/.exec(text);
  if (!match) throw badRequest(errorCodes.invalidQuery, "The $skiptoken is not valid.");
  return { after: Number(match[1]), startedAt: Number(match[2]) };
}

function linkTo(
  context: DataverseContext,
  table: Table,
  options: ReadonlyMap<string, string>,
  extra: Readonly<Record<string, string>>,
): string {
  const kept = [...options].filter(([key]) => key !== "$skiptoken" && key !== "$deltatoken");
  const query = [...kept, ...Object.entries(extra)].map(
    ([key, text]) => `${key}=${encodeURIComponent(text)}`,
  );
  return `${context.rootUrl}/${table.setName}?${query.join("&")}`;
}

function pageSizeOf(context: DataverseContext, preferences: Preferences): number {
  return Math.min(preferences.maxPageSize ?? context.maxPageSize, context.maxPageSize);
}

interface Walk {
  readonly since: number;
  readonly startedAt: number;
  readonly deltaToken: string | undefined;
  readonly tokenVersion: number;
}

async function readWalk(
  context: DataverseContext,
  database: Queryable,
  table: Table,
  options: ReadonlyMap<string, string>,
): Promise<Walk> {
  const deltaToken = options.get("$deltatoken");
  const token =
    deltaToken === undefined
      ? undefined
      : parseDeltaToken(deltaToken, context.clock.now(), table.definitionVersion ?? 0);
  const cursor = readCursor(options.get("$skiptoken"));
  return {
    since: cursor?.after ?? token?.version ?? 0,
    startedAt: cursor?.startedAt ?? (await lastVersion(database)),
    deltaToken,
    tokenVersion: token?.version ?? 0,
  };
}

/**
 * The rows of a table with change tracking: all of them first, later what changed since a delta
 * token.
 */
export async function readChanges(
  context: DataverseContext,
  database: Queryable,
  query: CollectionQuery,
): Promise<Record<string, unknown>> {
  const { model, table, options, preferences } = query;
  refuseOptionsWithTracking(options);
  if (!table.changeTracking) {
    throw badRequest(
      errorCodes.changeTrackingDisabled,
      `Entity: ${table.name} does not have change tracking enabled.`,
    );
  }
  // The documentation of change tracking: a caller without organisation-wide read access gets an
  // error.
  if (context.mishaps.hidesAnything) throw accessDenied(table.name);
  const bound = readQuery(model, table, options);
  const walk = await readWalk(context, database, table, options);
  const { since, startedAt, deltaToken, tokenVersion } = walk;
  const changed = await rowsAfter(database, table.name, since);
  const page = changed.slice(0, pageSizeOf(context, preferences));
  const render = { model, annotations: preferences.annotations };
  const value: unknown[] = [];
  for (const row of page) {
    const document = await withRelated(database, model, table, row, bound);
    value.push(renderDocument(render, table, document, bound));
  }
  const metadata = `${context.rootUrl}/$metadata#${table.setName}`;
  const last = page.at(-1);
  if (changed.length > page.length && last) {
    const skip = { $skiptoken: writeCursor({ after: last.version, startedAt }) };
    const extra = deltaToken === undefined ? skip : { $deltatoken: deltaToken, ...skip };
    const next = linkTo(context, table, options, extra);
    return { "@odata.context": metadata, "@odata.nextLink": next, value };
  }
  if (deltaToken !== undefined) {
    for (const { id } of await tombstonesAfter(database, table.name, tokenVersion)) {
      value.push({ "@odata.context": `${metadata}/$deletedEntity`, id, reason: "deleted" });
    }
  }
  const $deltatoken = formatDeltaToken({ version: startedAt, issuedAtMs: context.clock.now() });
  return {
    "@odata.context": deltaToken === undefined ? metadata : `${metadata}/$delta`,
    "@odata.deltaLink": linkTo(context, table, options, { $deltatoken }),
    value,
  };
}

/** A page of rows: of a whole table, or of those behind a navigation property. */
export async function readCollection(
  context: DataverseContext,
  database: Queryable,
  query: CollectionQuery,
  rows?: readonly StoredRow[],
): Promise<Record<string, unknown>> {
  const { model, table, options, preferences } = query;
  const bound = readQuery(model, table, options);
  const all = rows ?? (await rowsAfter(database, table.name, 0));
  const visible = all.filter(({ id }) => !context.mishaps.isHidden(id));
  const matching = filterRows(table, visible, bound);
  const wanted = bound.top === undefined ? matching : matching.slice(0, bound.top);
  const after = readCursor(options.get("$skiptoken"))?.after ?? 0;
  const page = wanted.slice(after, after + pageSizeOf(context, preferences));
  const render = { model, annotations: preferences.annotations };
  const value: unknown[] = [];
  for (const row of page) {
    const document = await withRelated(database, model, table, row, bound);
    value.push(renderDocument(render, table, document, bound));
  }
  const hasMore = wanted.length > after + page.length;
  const $skiptoken = writeCursor({ after: after + page.length, startedAt: 0 });
  return {
    "@odata.context": `${context.rootUrl}/$metadata#${table.setName}`,
    // Dataverse counts no further than one page of the largest size.
    ...(bound.count ? { "@odata.count": Math.min(matching.length, standardPageSize) } : {}),
    ...(hasMore ? { "@odata.nextLink": linkTo(context, table, options, { $skiptoken }) } : {}),
    value,
  };
}

/** Rows on a page, and the most that $count counts to, where nothing else is said. */
export const standardPageSize = 5000;
