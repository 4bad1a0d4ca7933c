import type { Queryable } from "../../storage/port.ts";
import { formatDeltaToken, parseDeltaToken, refuseOptionsWithTracking } from "./changes.ts";
import type { DataverseContext } from "./context.ts";
import { badRequest, errorCodes } from "./errors.ts";
import { lookupProperty, type Table } from "./model.ts";
import { renderRow } from "./render.ts";
import type { Preferences } from "./request.ts";
import { lastVersion, rowsAfter, type StoredRow, tombstonesAfter } from "./store.ts";

/** A read of one entity set, parsed as far as HTTP goes. */
export interface CollectionQuery {
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

/** The properties that $select names; refuses one that the table doesn't have. */
export function parseSelect(table: Table, text: string | undefined): Set<string> | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const known = new Set(
    Object.values(table.attributes).map((attribute) =>
      attribute.type === "Lookup" ? lookupProperty(attribute.name) : attribute.name,
    ),
  );
  const names = text.split(",").map((name) => name.trim());
  for (const name of names) {
    if (!known.has(name)) {
      throw badRequest(
        errorCodes.invalidQuery,
        `Could not find a property named '${name}' on type ` +
          `'Microsoft.Dynamics.CRM.${table.name}'.`,
      );
    }
  }
  return new Set(names);
}

function linkTo(
  context: DataverseContext,
  table: Table,
  options: ReadonlyMap<string, string>,
  name: string,
  value: string,
): string {
  const kept = [...options].filter(([key]) => key !== "$skiptoken" && key !== "$deltatoken");
  const query = [...kept, [name, value] as const].map(
    ([key, text]) => `${key}=${encodeURIComponent(text)}`,
  );
  return `${context.rootUrl}/${table.setName}?${query.join("&")}`;
}

function pageSizeOf(context: DataverseContext, preferences: Preferences): number {
  return Math.min(preferences.maxPageSize ?? context.maxPageSize, context.maxPageSize);
}

/** The rows of a table with change tracking: all of them first, later what changed since a delta token. */
export async function readChanges(
  context: DataverseContext,
  database: Queryable,
  query: CollectionQuery,
): Promise<Record<string, unknown>> {
  const { table, options, preferences } = query;
  refuseOptionsWithTracking(options);
  if (!table.changeTracking) {
    throw badRequest(
      errorCodes.changeTrackingDisabled,
      `Entity: ${table.name} does not have change tracking enabled.`,
    );
  }
  const select = parseSelect(table, options.get("$select"));
  const nowMs = context.clock.now();
  const tokenText = options.get("$deltatoken");
  const token = tokenText === undefined ? undefined : parseDeltaToken(tokenText, nowMs);
  const cursor = readCursor(options.get("$skiptoken"));
  const startedAt = cursor?.startedAt ?? (await lastVersion(database));
  const since = cursor?.after ?? token?.version ?? 0;
  const changed = await rowsAfter(database, table.name, since);
  const pageSize = pageSizeOf(context, preferences);
  const page = changed.slice(0, pageSize);
  const value: unknown[] = page.map((row) =>
    renderRow(table, row, select, preferences.annotations),
  );
  const context_ = `${context.rootUrl}/$metadata#${table.setName}`;
  const last = page.at(-1);
  if (changed.length > page.length && last) {
    const skip = writeCursor({ after: last.version, startedAt });
    const linkOptions =
      tokenText === undefined ? options : new Map([...options, ["$deltatoken", tokenText]]);
    return {
      "@odata.context": context_,
      "@odata.nextLink": linkTo(context, table, linkOptions, "$skiptoken", skip),
      value,
    };
  }
  if (token) {
    for (const gone of await tombstonesAfter(database, table.name, token.version)) {
      value.push({
        "@odata.context": `${context_}/$deletedEntity`,
        id: gone.id,
        reason: "deleted",
      });
    }
  }
  const deltaToken = formatDeltaToken({ version: startedAt, issuedAtMs: nowMs });
  return {
    "@odata.context": token ? `${context_}/$delta` : context_,
    "@odata.deltaLink": linkTo(context, table, options, "$deltatoken", deltaToken),
    value,
  };
}

/** A page of a table's rows. */
export async function readCollection(
  context: DataverseContext,
  database: Queryable,
  query: CollectionQuery,
): Promise<Record<string, unknown>> {
  const { table, options, preferences } = query;
  const select = parseSelect(table, options.get("$select"));
  const matching: readonly StoredRow[] = await rowsAfter(database, table.name, 0);
  const after = readCursor(options.get("$skiptoken"))?.after ?? 0;
  const pageSize = pageSizeOf(context, preferences);
  const page = matching.slice(after, after + pageSize);
  const hasMore = matching.length > after + page.length;
  const skip = writeCursor({ after: after + page.length, startedAt: 0 });
  return {
    "@odata.context": `${context.rootUrl}/$metadata#${table.setName}`,
    ...(hasMore ? { "@odata.nextLink": linkTo(context, table, options, "$skiptoken", skip) } : {}),
    value: page.map((row) => renderRow(table, row, select, preferences.annotations)),
  };
}
