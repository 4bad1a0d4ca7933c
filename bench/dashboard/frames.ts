import type { Page } from "playwright-core";

/** What the table shows in one frame: its rows by their place in the whole list. */
interface Picture {
  readonly rows: readonly (readonly [place: number, id: string])[];
  readonly sortedBy: string;
}

/** What followed an act of the reader. */
export interface Followed {
  /** Milliseconds until the frame in which everything that the act changed was shown. */
  readonly ms: number;
  /** The same until also the count above them stood there. */
  readonly countedMs: number;
  readonly picture: Picture;
  /** The query of the page's address afterwards. */
  readonly query: string;
}

const patienceMs = 5_000;
const quietMs = 250;

/**
 * In the page: frames are looked at until nothing has changed for a while and no row is missing.
 */
const recorder = `globalThis.pictureOf = () => {
  const rows = [...document.querySelectorAll(".grid tbody tr")];
  return JSON.stringify({
    rows: rows.map((row) => [Number(row.getAttribute("aria-rowindex")) - 2, row.dataset.id ?? ""]),
    sortedBy: document.querySelector(".grid th[aria-sort]")?.textContent ?? "",
  });
};
globalThis.isWhole = () => {
  const rows = [...document.querySelectorAll(".grid tbody tr")];
  const isWaiting = document.querySelector(".grid [aria-busy=true]") !== null;
  const isFull = (row) => row.dataset.id && row.querySelector("td.title")?.textContent;
  return !isWaiting && rows.length > 0 && rows.every(isFull);
};
globalThis.countOf = () => document.querySelector(".deals .summary")?.textContent ?? "";
globalThis.follow = (act) => new Promise((resolve) => {
  let [shown, count] = ["", countOf()];
  let [changedMs, countedMs] = [0, 0];
  const began = performance.now();
  act();
  const look = () => {
    const ms = performance.now() - began;
    const picture = pictureOf();
    if (picture !== shown) [shown, changedMs] = [picture, ms];
    if (countOf() !== count) [count, countedMs] = [countOf(), ms];
    const isAtRest = isWhole() && ms - Math.max(changedMs, countedMs) > ${quietMs};
    if (!isAtRest && ms < ${patienceMs}) return requestAnimationFrame(look);
    resolve({
      ms: isAtRest ? changedMs : ms,
      countedMs: isAtRest ? Math.max(changedMs, countedMs) : ms,
      picture: JSON.parse(shown),
      query: location.search,
    });
  };
  requestAnimationFrame(look);
});`;

/** Opens the list of all deals as a reader does first, with nothing in the page's memory. */
export async function openList(page: Page, base: string): Promise<void> {
  await page.goto(`${base}/deals`);
  await page.waitForSelector(".grid tbody tr[data-id]");
  await page.evaluate(recorder);
  await page.waitForTimeout(quietMs);
}

/** Lets the reader act, by a statement in the page, and follows the frames. */
export function follow(page: Page, act: string): Promise<Followed> {
  return page.evaluate(`follow(() => { ${act} })`);
}
