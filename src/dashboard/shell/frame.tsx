import { type ReactNode, useEffect, useRef, useState } from "react";
import type { ListProgress } from "../../contract/index.ts";
import type { Liveness } from "../api/live.ts";
import { number } from "../words/format.ts";
import { HelpDialog } from "./help-dialog.tsx";
import { useKeys } from "./keys.ts";
import { Person } from "./person.tsx";
import { go, Link, usePlace } from "./router.tsx";
import { useStanding } from "./session.ts";

interface Destination {
  readonly to: string;
  readonly name: string;
  readonly icon: string;
  readonly key: string;
}

const destinations: readonly Destination[] = [
  { to: "/", name: "Overview", icon: "M3 12l9-8 9 8M6 10v9h12v-9", key: "o" },
  { to: "/deals", name: "Deals", icon: "M4 6h16M4 12h16M4 18h16", key: "d" },
  { to: "/conflicts", name: "Conflicts", icon: "M7 4v16M17 4v16M7 12h10", key: "c" },
  { to: "/problems", name: "Problems", icon: "M12 4l9 16H3zM12 10v4M12 17v.5", key: "p" },
  {
    to: "/mapping",
    name: "Mapping",
    icon: "M4 7h6c5 0 4 10 10 10M4 17h6c5 0 4-10 10-10",
    key: "m",
  },
  { to: "/pipeline", name: "Pipeline", icon: "M5 20V10M12 20V4M19 20v-7", key: "i" },
  {
    to: "/settings",
    name: "Settings",
    icon: "M12 9a3 3 0 100 6 3 3 0 000-6zM12 3v3M12 18v3M3 12h3M18 12h3",
    key: "s",
  },
];

const livenessWords: Readonly<Record<Liveness, string>> = {
  connecting: "Connecting…",
  live: "Live",
  lost: "Connection lost, trying again",
};

function useCounts(): Readonly<Record<string, number>> {
  const { status } = useStanding();
  return { "/conflicts": status?.questions ?? 0, "/problems": status?.problems ?? 0 };
}

function Navigation() {
  const { parts } = usePlace();
  const counts = useCounts();
  const here = `/${parts[0] ?? ""}`;
  return (
    <nav aria-label="Main">
      <Link to="/" className="brand" aria-label="partner-referrals, overview">
        <img src="/icon.svg" alt="" width="24" height="24" />
        <span>partner-referrals</span>
      </Link>
      <ul>
        {destinations.map(({ to, name, icon }) => {
          const count = counts[to] ?? 0;
          return (
            <li key={to}>
              <Link to={to} {...(here === to ? { "aria-current": "page" as const } : {})}>
                <svg viewBox="0 0 24 24" aria-hidden="true">
                  <path d={icon} />
                </svg>
                <span className="name">{name}</span>
                {count > 0 && (
                  <span className="count">
                    {number(count)}
                    <span className="unseen"> waiting</span>
                  </span>
                )}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

function Search() {
  const input = useRef<HTMLInputElement>(null);
  const { parts, query } = usePlace();
  const searched = parts[0] === "deals" && parts.length === 1 ? (query.get("search") ?? "") : "";
  const [text, setText] = useState(searched);
  useEffect(() => setText(searched), [searched]);
  useKeys({ "/": () => input.current?.select() });
  const show = (value: string): void => {
    setText(value);
    const next = new URLSearchParams(parts[0] === "deals" && parts.length === 1 ? query : "");
    if (value === "") next.delete("search");
    else next.set("search", value);
    const isThere = location.pathname === "/deals";
    go(`/deals${next.size > 0 ? `?${next}` : ""}`, isThere ? "replace" : "push");
  };
  return (
    <search>
      <input
        ref={input}
        type="search"
        value={text}
        placeholder="Search deals by name, customer or id"
        aria-label="Search deals"
        aria-keyshortcuts="/"
        onChange={(event) => show(event.target.value)}
      />
      <span className="key">/</span>
    </search>
  );
}

/** How far the list of deals is, after a first start or under a new mapping. */
function Building({ done, total }: ListProgress) {
  return (
    <p className="banner building">
      <span>
        The list of deals is being prepared: {number(done)} of {number(total)}. The sync goes on
        meanwhile; lists and the pipeline show what is there so far.
      </span>
      <progress value={done} max={Math.max(1, total)} aria-label="Preparing the list of deals" />
    </p>
  );
}

/** What is around every place: navigation, search, environment, liveness and the person. */
export function Frame(props: { readonly liveness: Liveness; readonly children: ReactNode }) {
  const { liveness, children } = props;
  const { session, status } = useStanding();
  const [isHelping, setHelping] = useState(false);
  useKeys({
    "?": () => setHelping(true),
    ...Object.fromEntries(destinations.map(({ key, to }) => [key.toUpperCase(), () => go(to)])),
  });
  return (
    <div className="frame">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <Navigation />
      <header className="top">
        <Search />
        <span className={`environment ${session.environment}`}>{session.environment}</span>
        <span className={`live ${liveness}`} role="status">
          <span className="word">{livenessWords[liveness]}</span>
        </span>
        <Person onHelp={() => setHelping(true)} />
      </header>
      <main id="content" tabIndex={-1}>
        {status?.isPaused && (
          <p className="banner warn">Everything is paused: nothing is written on either side.</p>
        )}
        {status?.building && <Building {...status.building} />}
        {children}
      </main>
      {isHelping && <HelpDialog onClose={() => setHelping(false)} />}
    </div>
  );
}
