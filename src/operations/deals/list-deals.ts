import { z } from "zod";
import { type DealPage, type DealProperties, ReferralsError } from "../../contract/index.ts";
import {
  type BoundExpression,
  type BoundQuery,
  bindQuery,
  ODataError,
  parseQueryOptions,
} from "../../odata/index.ts";
import { StorageError } from "../../storage/index.ts";
import { parseInput } from "../input.ts";
import { dealColumns, dealModel } from "./deal-columns.ts";
import type { DealQuery } from "./deal-query.ts";
import { wordsOf } from "./deal-row.ts";
import type { DealTable } from "./deal-table.ts";

const defaultPageSize = 100;
const maxPageSize = 1_000;
const maxSkip = 10_000_000;

const ownOptions = z.strictObject({
  text: z.string().max(200).optional(),
  state: z.string().max(50).optional(),
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(maxPageSize).optional(),
});

interface Asked {
  readonly own: z.output<typeof ownOptions>;
  readonly search: string;
  readonly query: BoundQuery;
}

/** The options of OData begin with `$`; `$search` is read as plain words, the rest is bound. */
function understand(url: string, now: number): Asked {
  const text = url.includes("?") ? url.slice(url.indexOf("?") + 1) : "";
  const own: Record<string, string> = {};
  const odata: string[] = [];
  let search = "";
  for (const option of text.split("&").filter((part) => part !== "")) {
    const [name = "", value = ""] = option.split("=", 2).map(decoded);
    if (name === "$search") search = value;
    else if (name.startsWith("$")) odata.push(option);
    else own[name] = value;
  }
  return { own: parseInput(ownOptions, own), search, query: bound(odata.join("&"), now) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (cause) {
    throw new ReferralsError("invalidRequest", { message: "The address is malformed.", cause });
  }
}

/** A place in the address as who typed the option counts it: by characters of its value, from 1. */
function placeOf(text: string, position: number): string {
  let start = 0;
  for (const option of text.split("&")) {
    const value = option.indexOf("=") + 1;
    if (position <= start + option.length) {
      const before = option.slice(value, Math.max(value, position - start));
      return `at character ${decoded(before).length + 1} of ${option.slice(0, value - 1)}`;
    }
    start += option.length + 1;
  }
  return `at character ${position + 1}`;
}

function bound(text: string, nowMs: number): BoundQuery {
  try {
    return bindQuery(parseQueryOptions(text), dealModel, { nowMs });
  } catch (error) {
    if (!(error instanceof ODataError)) throw error;
    const message = `${error.message} (${placeOf(text, error.position)})`;
    throw new ReferralsError("invalidFilter", { message, position: error.position, cause: error });
  }
}

const mayBeId = /^[\w:-]*\d[\w:-]*$/;

/** What was typed into the search box: its words, and the whole where it may be an id. */
function searchedFor(text: string): Pick<DealQuery, "words" | "id"> {
  const plain = text.trim();
  return { words: wordsOf(plain), ...(mayBeId.test(plain) ? { id: plain } : {}) };
}

const isProperty = (name: string): name is keyof DealProperties => Object.hasOwn(dealColumns, name);

function orderOf({ orderby }: BoundQuery): DealQuery["order"] {
  return orderby.map(({ expression, descending }) => {
    const column = expression.kind === "property" ? expression.path.join("/") : "";
    if (!isProperty(column)) {
      const message = "A list of deals is ordered by its properties alone.";
      throw new ReferralsError("unsupportedQuery", { message });
    }
    return { column, descending };
  });
}

function stateIs(state: string): BoundExpression {
  const left = { kind: "property", type: "String", variable: 0, path: ["state"] } as const;
  const right = { kind: "constant", type: "String", value: state } as const;
  return { kind: "comparison", type: "Boolean", operator: "eq", left, right };
}

function filterOf({ own, query }: Asked): BoundExpression | undefined {
  const parts = [query.filter, own.state ? stateIs(own.state) : undefined];
  const operands = parts.filter((part) => part !== undefined);
  return operands.length > 1 ? { kind: "and", type: "Boolean", operands } : operands[0];
}

/**
 * Answers a list of deals from the projection.
 * Errors: invalidFilter, invalidRequest, unsupportedQuery.
 */
export async function listDeals(table: DealTable, url: string, now: number): Promise<DealPage> {
  const asked = understand(url, now);
  const { own, query, search } = asked;
  const filter = filterOf(asked);
  const limit = Math.min(query.top ?? own.limit ?? defaultPageSize, maxPageSize);
  const order = own.after === undefined ? orderOf(query) : [];
  const found = {
    ...searchedFor(`${search} ${own.text ?? ""}`),
    ...(filter ? { filter } : {}),
  };
  try {
    const page = { order, skip: Math.min(query.skip ?? 0, maxSkip), limit };
    const after = own.after === undefined ? {} : { after: own.after };
    const [deals, count] = await Promise.all([
      limit === 0 ? [] : table.page({ ...found, ...page, ...after }),
      query.count ? table.count(found) : undefined,
    ]);
    const isMore = limit > 0 && deals.length === limit && order.length === 0;
    const next = isMore ? deals.at(-1)?.id : undefined;
    return {
      deals,
      ...(count === undefined ? {} : { count }),
      ...(next === undefined ? {} : { next }),
    };
  } catch (cause) {
    if (!(cause instanceof StorageError) || cause.code !== "timeLimitExceeded") throw cause;
    const message = "The query needs more time than it may: compare a property with eq or in.";
    throw new ReferralsError("unsupportedQuery", { message, cause });
  }
}
