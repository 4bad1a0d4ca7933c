import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from "react";

/** Where in the page one is: the parts of the path, and the query. */
export interface Place {
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly address: string;
}

const moved = "place-moved";

function subscribe(listener: () => void): () => void {
  addEventListener("popstate", listener);
  addEventListener(moved, listener);
  return () => {
    removeEventListener("popstate", listener);
    removeEventListener(moved, listener);
  };
}

const addressNow = (): string => `${location.pathname}${location.search}`;

/** The place that the address names; follows it. */
export function usePlace(): Place {
  const address = useSyncExternalStore(subscribe, addressNow);
  const [path = "", query = ""] = address.split("?", 2);
  const parts = path
    .split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent);
  return { parts, query: new URLSearchParams(query), address };
}

/** Goes to a place of the page. `replace`: the place that one leaves isn't kept. */
export function go(address: string, mode: "push" | "replace" = "push"): void {
  if (address === addressNow()) return;
  history[mode === "push" ? "pushState" : "replaceState"](null, "", address);
  dispatchEvent(new Event(moved));
  if (mode === "push") scrollTo(0, 0);
}

type LinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & { readonly to: string };

/** A link to a place of the page; opens beside it with the usual keys. */
export function Link({ to, onClick, ...rest }: LinkProps) {
  const follow = (event: MouseEvent<HTMLAnchorElement>): void => {
    onClick?.(event);
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
    if (!isPlain || event.defaultPrevented) return;
    event.preventDefault();
    go(to);
  };
  return <a href={to} onClick={follow} {...rest} />;
}
