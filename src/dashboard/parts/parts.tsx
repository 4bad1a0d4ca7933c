import { type ReactNode, useEffect, useState } from "react";
import { ago, fullTime } from "../words/format.ts";
import { stateWords } from "../words/states.ts";
import { timeNow } from "./clock.ts";

/** The state of a deal as a mark and a word; colour is never the only sign. */
export function StateBadge({ state, text }: { readonly state: string; readonly text?: string }) {
  const { word, tone, mark } = stateWords(state);
  return (
    <span className={`badge ${tone}`}>
      <span aria-hidden="true" className="mark">
        {mark}
      </span>
      {text ?? word}
    </span>
  );
}

/** A part of a page with its heading. */
export function Panel(props: {
  readonly title: string;
  readonly children: ReactNode;
  readonly aside?: ReactNode;
  readonly className?: string;
}) {
  const { title, children, aside, className } = props;
  return (
    <section className={`panel ${className ?? ""}`} aria-label={title}>
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** What will appear here, and how to make it appear. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ReactNode;
}) {
  return (
    <div className="empty">
      <p className="strong">{title}</p>
      {children && <p className="quiet">{children}</p>}
    </div>
  );
}

/** What may be wider than the page: it scrolls by itself, by key too. */
export function Scroll({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by key.
    <section className="scroll" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}

const patienceMs = 200;
const widths = [92, 75, 84, 61, 88, 70, 79, 55, 90, 66, 82, 73];

/** Grey lines in place of what is being fetched; nothing at all for the first 200 ms. */
export function Skeleton({ lines = 4 }: { readonly lines?: number }) {
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), patienceMs);
    return () => clearTimeout(timer);
  }, []);
  if (!isShown) return null;
  return (
    <div className="skeleton" role="status" aria-label="Loading">
      {widths.slice(0, lines).map((width) => (
        <span key={width} style={{ width: `${width}%` }} />
      ))}
    </div>
  );
}

/** Why something can't be shown, and a way to try again. */
export function Trouble({ error, retry }: { readonly error: Error; readonly retry?: () => void }) {
  return (
    <div className="trouble" role="alert">
      <p>{error.message}</p>
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

const tickMs = 1_000;

/** The time of now, once a second; one clock for all that shows ages. */
export function useNow(everyMs = tickMs): number {
  const [now, setNow] = useState(timeNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(timeNow()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** A moment seen from now; the full time on demand. */
export function Ago({ at }: { readonly at: number }) {
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {ago(at, now)}
    </time>
  );
}

/** A key as it is printed on the keyboard. */
export function Key({ children }: { readonly children: ReactNode }) {
  return <kbd>{children}</kbd>;
}
