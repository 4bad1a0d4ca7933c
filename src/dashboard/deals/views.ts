import { statesOnTheWay } from "../../contract/index.ts";

/** A way to look at the deals that has a name. */
export interface View {
  readonly id: string;
  readonly name: string;
  readonly filter: string;
  readonly order: string;
  readonly search: string;
  /** True for one of the reader's own, which can be removed. */
  readonly isOwn: boolean;
}

const byChange = "changed desc";
const list = (states: readonly string[]): string =>
  `state in (${states.map((state) => `'${state}'`).join(",")})`;

const ready = (id: string, name: string, filter: string, order = byChange): View => {
  return { id, name, filter, order, search: "", isOwn: false };
};

const hourMs = 3_600_000;
const soonMs = 5 * 24 * hourMs;

/** The views that everybody has. `now` is rounded, so that a view's filter stands still. */
export function readyViews(now: number): readonly View[] {
  const soon = new Date(Math.ceil((now + soonMs) / hourMs) * hourMs).toISOString();
  return [
    ready("all", "All", ""),
    ready("needs-you", "Need you", list(["asking", "refusing", "dead"])),
    ready("in-step", "In step", "state eq 'in-step'"),
    ready("moving", "On the way", list(statesOnTheWay)),
    ready("asking", "Need a decision", "state eq 'asking'"),
    ready("refused", "A value is refused", "state eq 'refusing'"),
    ready("stopped", "Stopped", "state eq 'dead'"),
    ready("held", "Not answered yet", "state eq 'held'"),
    ready("expiring", "Expires soon", `status eq 'New' and expires le ${soon}`, "expires"),
    ready("open", "Open", "status eq 'Active'", "closes"),
    ready("won", "Won", "substatus eq 'Won'", "closed desc"),
    ready("unshared", "Not shared", "state eq 'unshared'"),
  ];
}

/** The ready views that are offered as buttons. */
export const offered: readonly string[] = ["all", "needs-you", "moving", "open", "held", "won"];

const storageKey = "deal-views";

/** The reader's own views on this machine. */
export function ownViews(): readonly View[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storageKey) ?? "[]");
    return Array.isArray(stored) ? (stored as View[]) : [];
  } catch {
    return [];
  }
}

/** Remembers the reader's own views on this machine. */
export function storeViews(views: readonly View[]): void {
  try {
    localStorage.setItem(storageKey, JSON.stringify(views));
  } catch {
    // Where storage is forbidden, they last as long as the page.
  }
}
