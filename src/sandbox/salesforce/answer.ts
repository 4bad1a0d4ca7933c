import type { Access } from "./access.ts";
import { answerCollections } from "./collections.ts";
import { answerComposite } from "./composite.ts";
import { badRequest, notFound, SalesforceError } from "./errors.ts";
import type { Caller } from "./organisation.ts";
import { type Address, parseAddress, type RestRequest, type RestResponse } from "./request.ts";
import { answerObjects, refusal } from "./resources.ts";
import { runSoql, type SoqlRecord } from "./soql-run.ts";

/** The versions of the API that this emulator answers to. */
export const apiVersions = ["60.0", "61.0", "62.0", "63.0", "64.0"] as const;

const smallestBatch = 200;
const largestBatch = 2000;
const maxUrlLength = 16_384;

/** Later pages of queries, by the locator in `nextRecordsUrl`. */
export class Cursors {
  readonly #records = new Map<string, readonly SoqlRecord[]>();
  #count = 0;

  open(records: readonly SoqlRecord[]): string {
    this.#count += 1;
    const locator = `01gdL000000Cur${String(this.#count).padStart(4, "0")}`;
    this.#records.set(locator, records);
    return locator;
  }

  find(locator: string): readonly SoqlRecord[] | undefined {
    return this.#records.get(locator);
  }
}

/** What one request is answered with. */
export interface AnswerContext {
  readonly caller: Caller;
  readonly cursors: Cursors;
  readonly access: Access;
}

function pageSize(context: AnswerContext, headers: RestRequest["headers"]): number {
  const asked = /batchSize=(\d+)/i.exec(headers["sforce-query-options"] ?? "")?.[1];
  if (asked === undefined) return context.caller.organisation.queryPageSize;
  const size = Number(asked);
  if (size >= smallestBatch && size <= largestBatch) return size;
  throw badRequest("INVALID_BATCH_SIZE", `batchSize must be 200 to 2000, not ${size}`);
}

function page(
  context: AnswerContext,
  address: Address,
  records: readonly SoqlRecord[],
  place: { readonly locator: string | undefined; readonly from: number; readonly size: number },
): RestResponse {
  const { from, size } = place;
  const rest = from + size;
  const totalSize = records.length;
  const shown = records.slice(from, rest);
  if (rest >= totalSize) return { status: 200, body: { totalSize, done: true, records: shown } };
  const locator = place.locator ?? context.cursors.open(records);
  const nextRecordsUrl = `${address.versionPath}/query/${locator}-${rest}`;
  return { status: 200, body: { totalSize, done: false, nextRecordsUrl, records: shown } };
}

function answerQuery(context: AnswerContext, address: Address, request: RestRequest): RestResponse {
  const [kind, cursor] = address.segments;
  const size = pageSize(context, request.headers);
  if (cursor !== undefined) {
    const [, locator = "", offset = ""] = /^(\w+)-(\d+)$/.exec(cursor) ?? [];
    const records = context.cursors.find(locator);
    if (!records) throw badRequest("INVALID_QUERY_LOCATOR", "invalid query locator");
    return page(context, address, records, { locator, from: Number(offset), size });
  }
  const text = address.options.get("q");
  if (text === null) throw badRequest("MALFORMED_QUERY", "SOQL query parameter q is missing");
  const includesDeleted = kind === "queryAll";
  const { records, totalSize } = runSoql(
    context.caller,
    text,
    address.versionPath,
    includesDeleted,
  );
  if (records.length === 0) return { status: 200, body: { totalSize, done: true, records } };
  return page(context, address, records, { locator: undefined, from: 0, size });
}

function answerLimits({ access }: AnswerContext): RestResponse {
  const { allowed, used } = access.usage;
  return { status: 200, body: { DailyApiRequests: { Max: allowed, Remaining: allowed - used } } };
}

function route(
  context: AnswerContext,
  request: RestRequest,
  isWithinAllOrNone: boolean,
): RestResponse {
  const address = parseAddress(request.url);
  const version = /v(\d\d\.0)/.exec(address?.versionPath ?? "")?.[1];
  if (!address || !apiVersions.some((known) => known === version)) {
    throw notFound("The requested resource does not exist");
  }
  const [first, second] = address.segments;
  switch (first) {
    case undefined: {
      const base = address.versionPath;
      const names = ["sobjects", "query", "queryAll", "composite", "limits"];
      return {
        status: 200,
        body: Object.fromEntries(names.map((name) => [name, `${base}/${name}`])),
      };
    }
    case "limits":
      return answerLimits(context);
    case "query":
    case "queryAll":
      return answerQuery(context, address, request);
    case "sobjects":
      return answerObjects(context.caller, address, request);
    case "composite":
      if (second === "sobjects") {
        return answerCollections(context.caller, address, request, isWithinAllOrNone);
      }
      if (second === undefined && request.method === "POST") {
        return answerComposite(context.caller, request, (inner, allOrNone) =>
          answer(context, inner, allOrNone),
        );
      }
  }
  throw notFound("The requested resource does not exist");
}

/** Answers one request of a caller; refusals are answers. */
export function answer(
  context: AnswerContext,
  request: RestRequest,
  isWithinAllOrNone = false,
): RestResponse {
  try {
    if (request.url.length > maxUrlLength) {
      throw new SalesforceError(414, "URI_TOO_LONG", "The URI exceeds 16,384 bytes");
    }
    return context.caller.organisation.store.change(() =>
      route(context, request, isWithinAllOrNone),
    );
  } catch (error) {
    if (error instanceof SalesforceError) return refusal(error);
    throw error;
  }
}
