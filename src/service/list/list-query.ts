import { entityModel, ReferralsError } from "../../contract/index.ts";
import {
  type BoundQuery,
  bindQuery,
  ODataError,
  ODataSyntaxError,
  parseQueryOptions,
} from "../../odata/index.ts";

/** The text behind the `?` of an address. */
export function queryText(url: string): string {
  const mark = url.indexOf("?");
  return mark < 0 ? "" : url.slice(mark + 1);
}

/**
 * A query whose every name is settled. Errors: invalidFilter and unsupportedQuery, with the
 * position.
 */
export function parseListQuery(text: string, nowMs: number): BoundQuery {
  try {
    return bindQuery(parseQueryOptions(text), entityModel, { nowMs });
  } catch (error) {
    if (!(error instanceof ODataError)) throw error;
    const isUnsupported = error.code.startsWith("unsupported");
    const isSyntax = error instanceof ODataSyntaxError;
    const code = isUnsupported && !isSyntax ? "unsupportedQuery" : "invalidFilter";
    const message = `${error.message} (at character ${error.position})`;
    throw new ReferralsError(code, { message, position: error.position, cause: error });
  }
}

const rememberedQueries = 500;
const longestRemembered = 500;

/** Parses queries, and remembers the last few hundred: callers ask the same again and again. */
export class ListQueries {
  readonly #known = new Map<string, BoundQuery>();

  /** Errors: those of parseListQuery. */
  parse(text: string, nowMs: number): BoundQuery {
    const known = this.#known.get(text);
    if (known) return known;
    const query = parseListQuery(text, nowMs);
    // What compares with now(), however its letters are escaped, or stands somewhere in a walk,
    // is another query each time.
    const mayComeAgain = text.length <= longestRemembered && !/now|%[67]|skiptoken/i.test(text);
    if (mayComeAgain) {
      if (this.#known.size >= rememberedQueries) this.#known.clear();
      this.#known.set(text, query);
    }
    return query;
  }
}

/** The address of the next page: the same query, standing elsewhere. */
export function nextLink(baseUrl: string, query: string, skipToken: string): string {
  const kept = query.split("&").filter((option) => {
    const name = decodeURIComponent(option.split("=", 1)[0] ?? "").toLowerCase();
    return option !== "" && !["$skiptoken", "$skip", "skip"].includes(name);
  });
  return `${baseUrl}?${[...kept, `$skiptoken=${skipToken}`].join("&")}`;
}
