import { type FormEvent, useState } from "react";
import { timeNow } from "../parts/clock.ts";
import { Dialog } from "../parts/dialog.tsx";
import { go, Link } from "../shell/router.tsx";
import type { Listing } from "./deal-pages.ts";
import { offered, ownViews, readyViews, storeViews, type View } from "./views.ts";

interface Props {
  readonly view: View | undefined;
  readonly listing: Listing;
  readonly onChange: (changes: Readonly<Record<string, string | undefined>>) => void;
}

/** The named views, the filter as OData, and the way to keep what is shown under a name. */
export function ViewBar({ view, listing, onChange }: Props) {
  const [isFiltering, setFiltering] = useState(false);
  const [own, setOwn] = useState(ownViews);
  const ready = readyViews(timeNow());
  const shown = [...ready.filter(({ id }) => offered.includes(id)), ...own];
  const current = view && shown.every(({ id }) => id !== view.id) ? [view] : [];
  const remove = (id: string): void => {
    const left = own.filter((one) => one.id !== id);
    storeViews(left);
    setOwn(left);
    go("/deals");
  };
  return (
    <>
      <ul className="views" aria-label="Views">
        {[...shown, ...current].map(({ id, name, isOwn }) => (
          <li key={id}>
            <Link
              to={id === "all" ? "/deals" : `/deals?view=${encodeURIComponent(id)}`}
              {...(view?.id === id ? { "aria-current": "true" as const } : {})}
            >
              {name}
            </Link>
            {isOwn && view?.id === id && (
              <button type="button" className="plain" onClick={() => remove(id)}>
                <span aria-hidden="true">×</span>
                <span className="unseen">Remove the view {name}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      <div className="row">
        <button
          type="button"
          aria-pressed={listing.filter !== ""}
          onClick={() => setFiltering(true)}
        >
          Filter
        </button>
      </div>
      {isFiltering && (
        <FilterDialog
          listing={listing}
          onClose={() => setFiltering(false)}
          onFilter={(filter) => {
            onChange({ view: undefined, filter });
            setFiltering(false);
          }}
          onSave={(name, filter) => {
            const id = `own-${name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-")}`;
            const saved: View = { ...listing, id, name, filter, isOwn: true };
            const next = [...own.filter((one) => one.id !== id), saved];
            storeViews(next);
            setOwn(next);
            setFiltering(false);
            go(`/deals?view=${encodeURIComponent(id)}`);
          }}
        />
      )}
    </>
  );
}

const examples = [
  "status eq 'Active' and referralValue ge 100000",
  "country eq 'DE' and closes le 2027-03-31T00:00:00Z",
  "state in ('asking','dead') or crmValue ne referralValue",
];

function FilterDialog(props: {
  readonly listing: Listing;
  readonly onClose: () => void;
  readonly onFilter: (filter: string) => void;
  readonly onSave: (name: string, filter: string) => void;
}) {
  const { listing, onClose, onFilter, onSave } = props;
  const [filter, setFilter] = useState(listing.filter);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name") ?? "").trim();
    if (name === "") onFilter(filter);
    else onSave(name, filter);
  };
  return (
    <Dialog title="Filter" onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <label>
          Condition, in OData
          <textarea
            className="code"
            value={filter}
            spellCheck={false}
            onChange={(event) => setFilter(event.target.value)}
          />
          <small>
            title, customer, state, status, substatus, crmValue, referralValue, currency, country,
            closes, changed, created, expires, accepted, closed
          </small>
        </label>
        <div>
          <h3>Examples</h3>
          <ul>
            {examples.map((example) => (
              <li key={example}>
                <button type="button" className="link" onClick={() => setFilter(example)}>
                  <code>{example}</code>
                </button>
              </li>
            ))}
          </ul>
        </div>
        <label>
          Keep it as a view named
          <input name="name" maxLength={40} placeholder="optional" />
          <small>Kept in this browser, with the search and the order that are shown now.</small>
        </label>
        <div className="row">
          <button type="submit" className="primary">
            Show
          </button>
          <button type="button" onClick={() => onFilter("")}>
            No filter
          </button>
        </div>
      </form>
    </Dialog>
  );
}
