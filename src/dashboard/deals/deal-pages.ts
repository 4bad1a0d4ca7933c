import { useQueries, useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import type { DealPage, DealRow } from "../../contract/index.ts";
import { dealsQuery } from "../api/queries.ts";

/** Rows of one page of the list. */
export const pageSize = 100;

/** What is listed. */
export interface Listing {
  readonly filter: string;
  readonly order: string;
  readonly search: string;
}

function optionsOf({ filter, order, search }: Listing, page: number): string {
  const options = [`$top=${pageSize}`, `$skip=${page * pageSize}`];
  if (order !== "") options.push(`$orderby=${encodeURIComponent(order)}`);
  if (filter !== "") options.push(`$filter=${encodeURIComponent(filter)}`);
  if (search !== "") options.push(`$search=${encodeURIComponent(search)}`);
  return options.join("&");
}

const countOptions = (listing: Listing): string =>
  `${optionsOf(listing, 0).replace(/\$top=\d+/, "$$top=0")}&$count=true`;

interface Shown {
  readonly rows: ReadonlyMap<number, DealRow>;
  readonly count: number | undefined;
}

/** How long the list is, where a page that isn't full is its end. */
function endOf(answers: readonly { readonly data?: DealPage | undefined }[], from: number) {
  for (const [index, { data }] of answers.entries()) {
    const size = data?.deals.length ?? pageSize;
    const isEnd = size < pageSize && (size > 0 || from + index === 0);
    if (isEnd) return (from + index) * pageSize + size;
  }
  return undefined;
}

/**
 * The rows that are in sight, by their place in the whole list; the rest comes when it is seen.
 * Rows don't wait for the count: until it is there, `length` says how many places to lay out.
 * Nor does a count come before its rows: what is shown belongs together.
 */
export function useDealPages(
  listing: Listing,
  { first, last }: { readonly first: number; readonly last: number },
) {
  const [from, to] = [Math.floor(first / pageSize), Math.floor(last / pageSize)];
  const pages = Array.from({ length: Math.max(0, to - from) + 1 }, (_, index) => from + index);
  const answers = useQueries({
    queries: pages.map((page) => dealsQuery(optionsOf(listing, page))),
  });
  // Asked for behind the rows, so that they come first.
  const counted = useQuery(dealsQuery(countOptions(listing)));
  // What was shown stays until its successor is there: nothing blinks.
  const shown = useRef<Shown>({ rows: new Map(), count: undefined });
  const rows = new Map<number, DealRow>();
  const isComplete = answers.every(({ data }) => data !== undefined);
  for (const [index, { data }] of answers.entries()) {
    const start = (from + index) * pageSize;
    for (const [offset, row] of (data?.deals ?? []).entries()) rows.set(start + offset, row);
  }
  const before = shown.current;
  const isThere = rows.size > 0 || isComplete;
  const visible = isThere ? rows : before.rows;
  const known = isThere ? (counted.data?.count ?? endOf(answers, from)) : undefined;
  const count = known ?? before.count;
  const reached = Math.max(0, ...[...visible.keys()].map((place) => place + 1));
  shown.current = { rows: isComplete ? rows : before.rows, count };
  const results = [...answers, counted];
  return {
    count,
    length: known ?? Math.max(count ?? 0, reached),
    rows: visible,
    error: results.find((result) => result.error)?.error ?? undefined,
    isWaiting: results.some(({ isFetching }) => isFetching),
    isComplete,
  };
}
