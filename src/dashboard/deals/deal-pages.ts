import { keepPreviousData, useQueries } from "@tanstack/react-query";
import { useRef } from "react";
import type { DealRow } from "../../contract/index.ts";
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

/** The rows that are in sight, by their place in the whole list; the rest comes when it is seen. */
export function useDealPages(
  listing: Listing,
  { first, last }: { readonly first: number; readonly last: number },
) {
  const [from, to] = [Math.floor(first / pageSize), Math.floor(last / pageSize)];
  const pages = Array.from({ length: Math.max(0, to - from) + 1 }, (_, index) => from + index);
  const results = useQueries({
    queries: [
      { ...dealsQuery(countOptions(listing)), placeholderData: keepPreviousData },
      ...pages.map((page) => dealsQuery(optionsOf(listing, page))),
    ],
  });
  const [counted, ...answers] = results;
  // What was shown stays until its successor is there: nothing blinks.
  const shown = useRef<ReadonlyMap<number, DealRow>>(new Map());
  const rows = new Map<number, DealRow>();
  const isComplete = answers.every(({ data }) => data !== undefined);
  for (const [index, { data }] of answers.entries()) {
    const start = (from + index) * pageSize;
    for (const [offset, row] of (data?.deals ?? []).entries()) rows.set(start + offset, row);
  }
  if (isComplete) shown.current = rows;
  const error = results.find((result) => result.error)?.error ?? undefined;
  const isWaiting = results.some(({ isFetching }) => isFetching);
  const visible = rows.size > 0 || isComplete ? rows : shown.current;
  return { count: counted?.data?.count, rows: visible, error, isWaiting, isComplete };
}
