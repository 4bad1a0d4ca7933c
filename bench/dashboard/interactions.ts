import { readyViews } from "../../src/dashboard/deals/views.ts";
import type { Followed } from "./frames.ts";

/** One kind of what a reader does with the list. */
export interface Interaction {
  readonly name: string;
  /** What the reader does, as a statement in the page. */
  readonly act: (round: number) => string;
  /** Where the reader stands before, as the query of the address. */
  readonly from: (round: number) => string;
}

const at = <T>(list: readonly T[], round: number): T => list[round % list.length] as T;
const text = (value: string): string => JSON.stringify(value);
/** Goes to a place of the list without loading the page anew, as a link does. */
export const goTo = (query: string): string =>
  `history.pushState(null, "", ${text(`/deals?${query}`)});
  dispatchEvent(new Event("place-moved"))`;

const columns = {
  "Dynamics 365": "crmValue",
  "Partner Center": "referralValue",
  Closes: "closes",
  Status: "status",
  State: "state",
  Deal: "title",
} as const;
const views = ["asking", "open", "stopped", "in-step", "held", "needs-you"];
/** No filter comes twice: each has the round in it. */
const filters: readonly ((round: number) => string)[] = [
  (round) => `status eq 'Active' and referralValue ge ${250_000 + round}`,
  (round) => `country eq 'DE' and closes le ${new Date(Date.UTC(2026, 5, round)).toISOString()}`,
  (round) => `state in ('asking','dead') or crmValue ne referralValue and crmValue gt ${round}`,
  (round) => `referralValue gt ${990_000 + round}`,
  (round) => `currency eq 'GBP' and state eq 'in-step' and crmValue gt ${round}`,
  (round) => `contains(title, 'Berlin') and crmValue gt ${round}`,
];
const typed = [
  ["contoso", "berlin", "azure"],
  ["fabrikam", "lyon", "service"],
  ["adatum", "oslo", "backup"],
  ["4711"],
  ["platform", "wingtip"],
];
/** Each act of typing is one more letter. */
const letters = typed.flatMap((words) => {
  const whole = words.join(" ");
  return [...whole].map((_, index) => [whole.slice(0, index), whole.slice(0, index + 1)] as const);
});
const orders = Object.values(columns).flatMap((column) => [column, `${column} desc`]);
const encoded = (name: string, value: string): string => `${name}=${encodeURIComponent(value)}`;

/** What is measured. */
export const interactions: readonly Interaction[] = [
  {
    name: "sort by another column",
    from: (round) => encoded("filter", `crmValue gt ${round}`),
    act: (round) => `[...document.querySelectorAll(".grid th button")]
      .find((one) => one.textContent.startsWith(${text(at(Object.keys(columns), round))})).click()`,
  },
  {
    name: "choose a view",
    from: () => "",
    act: (round) => goTo(`view=${at(views, round)}&${encoded("order", at(orders, round))}`),
  },
  {
    name: "filter by OData",
    from: () => "",
    act: (round) => goTo(encoded("filter", at(filters, round)(round))),
  },
  {
    name: "type one more letter of a search",
    from: (round) => encoded("search", at(letters, round)[0]),
    act: (round) => `const input = document.querySelector("input[type=search]");
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")
        .set.call(input, ${text(at(letters, round)[1])});
      input.dispatchEvent(new Event("input", { bubbles: true }))`,
  },
  {
    name: "jump anywhere in the list",
    from: () => "",
    act: (round) => `const grid = document.querySelector(".grid");
      grid.scrollTop = grid.scrollHeight * ${((round * 37 + 11) % 97) / 97}`,
  },
];

/** The rows that the server lists where the page's address leads. */
async function listed(base: string, query: URLSearchParams, skip: number, count: number) {
  const view = readyViews(Date.now()).find(({ id }) => id === query.get("view"));
  const options = new URLSearchParams({
    $top: String(count),
    $skip: String(skip),
    $orderby: query.get("order") ?? view?.order ?? "changed desc",
    $filter: query.get("filter") ?? view?.filter ?? "",
    $search: query.get("search") ?? "",
  });
  if (options.get("$filter") === "") options.delete("$filter");
  const answer = await fetch(`${base}/api/deals?${options}`);
  const { deals } = (await answer.json()) as { deals: readonly { readonly id: string }[] };
  return deals.map(({ id }) => id);
}

/** Fails where the page came to rest with other rows than its address asks for. */
export async function assertShown(base: string, name: string, followed: Followed): Promise<void> {
  const { picture, query } = followed;
  const asked = new URLSearchParams(query);
  const [first] = picture.rows;
  if (!first) throw new Error(`${name}: the list shows nothing at ${query}`);
  const expected = await listed(base, asked, first[0], picture.rows.length);
  const shown = picture.rows.map(([, id]) => id);
  if (shown.join() !== expected.join()) {
    throw new Error(`${name}: the list shows other rows than ${query} asks for`);
  }
  const [column] = (asked.get("order") ?? "").split(" ");
  const heading = Object.entries(columns).find(([, id]) => id === column)?.[0];
  if (heading !== undefined && !picture.sortedBy.startsWith(heading)) {
    throw new Error(`${name}: the list is sorted by ${picture.sortedBy}, not by ${heading}`);
  }
}
