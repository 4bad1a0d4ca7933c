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

/** The address of the next page: the same query, standing elsewhere. */
export function nextLink(baseUrl: string, query: string, skipToken: string): string {
  const kept = query.split("&").filter((option) => {
    const name = decodeURIComponent(option.split("=", 1)[0] ?? "").toLowerCase();
    return option !== "" && !["$skiptoken", "$skip", "skip"].includes(name);
  });
  return `${baseUrl}?${[...kept, `$skiptoken=${skipToken}`].join("&")}`;
}
