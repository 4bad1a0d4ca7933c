import { useTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { timeNow } from "../parts/clock.ts";
import { Empty, Trouble } from "../parts/parts.tsx";
import { useKeys } from "../shell/keys.ts";
import { go, Link, usePlace } from "../shell/router.tsx";
import { useStanding } from "../shell/session.ts";
import { number } from "../words/format.ts";
import { dealColumns, dealTable, numeric } from "./columns.tsx";
import { type Listing, useDealPages } from "./deal-pages.ts";
import { ViewBar } from "./view-bar.tsx";
import { ownViews, readyViews, type View } from "./views.ts";
import "./deals.css";

const rowHeight = 48;
const overscan = 8;

interface Shown {
  readonly view: View | undefined;
  readonly listing: Listing;
}

/** What the address says is to be listed: a view, changed by what was typed since. */
function useShown(): Shown {
  const { query, address } = usePlace();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the query is a part of the address.
  return useMemo(() => {
    const views = [...readyViews(timeNow()), ...ownViews()];
    const view = views.find(({ id }) => id === (query.get("view") ?? "all"));
    return {
      view,
      listing: {
        filter: query.get("filter") ?? view?.filter ?? "",
        order: query.get("order") ?? view?.order ?? "changed desc",
        search: query.get("search") ?? view?.search ?? "",
      },
    };
  }, [address]);
}

function changeAddress(changes: Readonly<Record<string, string | undefined>>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === "") query.delete(name);
    else query.set(name, value);
  }
  go(`/deals${query.size > 0 ? `?${query}` : ""}`, "replace");
}

/** All deals: as many as there are, with only the rows in sight in the page. */
export default function Deals() {
  const { view, listing } = useShown();
  return (
    <div className="deals">
      <div className="page-head">
        <h1>Deals</h1>
        <ViewBar view={view} listing={listing} onChange={changeAddress} />
      </div>
      <List listing={listing} />
    </div>
  );
}

const sortingOf = (order: string) => {
  const [id = "changed", direction] = order.split(" ");
  return [{ id, desc: direction === "desc" }];
};

function List({ listing }: { readonly listing: Listing }) {
  const { crmName, status } = useStanding();
  const viewport = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState({ first: 0, last: 40 });
  const { count, length, rows, error, isComplete, isWaiting } = useDealPages(listing, range);
  const [marked, setMarked] = useState(-1);
  const virtual = useVirtualizer({
    count: length,
    getScrollElement: () => viewport.current,
    estimateSize: () => rowHeight,
    overscan,
  });
  const items = virtual.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  useEffect(() => setRange({ first, last: Math.max(last, 40) }), [first, last]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list begins at its top.
  useEffect(() => {
    viewport.current?.scrollTo({ top: 0 });
    setMarked(-1);
  }, [listing]);
  const columns = useMemo(() => dealColumns(crmName), [crmName]);
  const inSight = useMemo(() => items.flatMap(({ index }) => rows.get(index) ?? []), [items, rows]);
  const table = useTable({
    features: dealTable,
    columns,
    data: inSight,
    getRowId: (row) => row.id,
    manualSorting: true,
    enableSortingRemoval: false,
    state: { sorting: sortingOf(listing.order) },
    onSortingChange: (update) => {
      const before = sortingOf(listing.order);
      const [next] = typeof update === "function" ? update(before) : update;
      if (next) changeAddress({ order: `${next.id}${next.desc ? " desc" : ""}` });
    },
  });
  const mark = (index: number): void => {
    const next = Math.max(0, Math.min(length - 1, index));
    setMarked(next);
    virtual.scrollToIndex(next);
  };
  useKeys({
    j: () => mark(marked + 1),
    k: () => mark(marked - 1),
    Enter: () => {
      const row = rows.get(marked);
      if (row) go(`/deals/${row.id}`);
    },
  });
  if (error) return <NotListed error={error} isFiltered={listing.filter !== ""} />;
  const rowsById = new Map(table.getRowModel().rows.map((row) => [row.id, row]));
  const header = table.getHeaderGroups()[0]?.headers ?? [];
  return (
    <>
      <p className="quiet summary" role="status">
        {count === undefined ? "" : `${number(count)} ${count === 1 ? "deal" : "deals"}`}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by key. */}
      <section className="panel grid" ref={viewport} tabIndex={0} aria-label="List of deals">
        <table aria-rowcount={length + 1} aria-label="Deals" aria-busy={isWaiting}>
          <thead>
            <tr aria-rowindex={1}>
              {header.map(({ id, column }) => (
                <Heading key={id} id={id} column={column} />
              ))}
            </tr>
          </thead>
          <tbody style={{ height: virtual.getTotalSize() }}>
            {items.map(({ index, start }) => {
              const deal = rows.get(index);
              const row = deal && rowsById.get(deal.id);
              return (
                <tr
                  key={index}
                  aria-rowindex={index + 2}
                  className={index === marked ? "marked" : ""}
                  style={{ transform: `translateY(${start}px)`, height: rowHeight }}
                  data-id={deal?.id}
                >
                  {row && deal ? (
                    row.getAllCells().map((cell) => (
                      <td key={cell.column.id} className={cellClass(cell.column.id)}>
                        {cell.column.id === "title" ? (
                          <Link to={`/deals/${deal.id}`}>
                            <table.FlexRender cell={cell} />
                          </Link>
                        ) : (
                          <table.FlexRender cell={cell} />
                        )}
                      </td>
                    ))
                  ) : (
                    <td colSpan={header.length}>
                      <span className="ghost" />
                    </td>
                  )}
                </tr>
              );
            })}
          </tbody>
        </table>
        {count === 0 && isComplete && <NoDeals listing={listing} deals={status?.deals ?? 0} />}
      </section>
    </>
  );
}

/** Why there is no list, and the way back to one. */
function NotListed(props: { readonly error: Error; readonly isFiltered: boolean }) {
  return (
    <section className="panel">
      <Trouble error={props.error} />
      {props.isFiltered && (
        <p className="body not-listed">
          <button type="button" onClick={() => changeAddress({ filter: undefined })}>
            Without the filter
          </button>
        </p>
      )}
    </section>
  );
}

const cellClass = (id: string): string => `${id} ${numeric.has(id) ? "number" : ""}`;

interface HeadingColumn {
  readonly columnDef: { readonly header?: unknown };
  getIsSorted(): false | "asc" | "desc";
  getToggleSortingHandler(): ((event: unknown) => void) | undefined;
}

const arrows = { asc: "↑", desc: "↓" } as const;
const spoken = { asc: "ascending", desc: "descending" } as const;

function Heading({ id, column }: { readonly id: string; readonly column: HeadingColumn }) {
  const sorted = column.getIsSorted();
  const toggle = column.getToggleSortingHandler();
  const press = (event: KeyboardEvent | unknown): void => toggle?.(event);
  return (
    <th scope="col" className={cellClass(id)} {...(sorted ? { "aria-sort": spoken[sorted] } : {})}>
      <button type="button" className="link" onClick={press}>
        {String(column.columnDef.header)}
        {sorted && <span aria-hidden="true"> {arrows[sorted]}</span>}
      </button>
    </th>
  );
}

function NoDeals({ listing, deals }: { readonly listing: Listing; readonly deals: number }) {
  if (deals === 0) {
    return (
      <Empty title="No deals yet">
        A deal appears here when Microsoft sends a referral, or when a seller marks one for sharing.
      </Empty>
    );
  }
  return (
    <Empty title={listing.search ? `Nothing begins with “${listing.search}”` : "No deal fits"}>
      <button type="button" className="link" onClick={() => go("/deals")}>
        Show all deals
      </button>
    </Empty>
  );
}
