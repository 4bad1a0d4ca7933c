import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { Question, QuestionAnswer } from "../../contract/index.ts";
import { inboxQuery } from "../api/queries.ts";
import { Ago, Empty, Skeleton, StateBadge, Trouble } from "../parts/parts.tsx";
import { useCommand } from "../parts/use-command.ts";
import { useKeys } from "../shell/keys.ts";
import { go, usePlace } from "../shell/router.tsx";
import { useStanding } from "../shell/session.ts";
import { number } from "../words/format.ts";
import { Answered } from "./answered.tsx";
import { mayKeep, QuestionView } from "./question-view.tsx";
import "./conflicts.css";

/** Everything that waits for a person, one after the other, or many at once. */
export default function Conflicts() {
  const { query } = usePlace();
  const isAnswered = query.get("show") === "answered";
  return (
    <div className="conflicts stack">
      <div className="page-head">
        <h1>Conflicts</h1>
        <ul className="views">
          {[
            { name: "Open", to: "/conflicts", isHere: !isAnswered },
            { name: "Answered", to: "/conflicts?show=answered", isHere: isAnswered },
          ].map(({ name, to, isHere }) => (
            <li key={name}>
              <button type="button" aria-pressed={isHere} onClick={() => go(to)}>
                {name}
              </button>
            </li>
          ))}
        </ul>
      </div>
      {isAnswered ? <Answered /> : <Open />}
    </div>
  );
}

const kindWords: Readonly<Record<Question["kind"], string>> = {
  conflict: "Conflict",
  breaker: "Back and forth",
  match: "Which deal?",
  double: "One too many",
  stale: "Refused again",
  brake: "Many deletions",
  approval: "First writes",
};

const isAboutField = ({ kind }: Question): boolean => kind === "conflict" || kind === "breaker";

function Open() {
  const { data: items, error, refetch } = useQuery(inboxQuery(false));
  if (error && !items) return <Trouble error={error} retry={() => void refetch()} />;
  if (!items) return <Skeleton lines={8} />;
  if (items.length === 0) {
    return (
      <section className="panel">
        <Empty title="Nothing waits for you">
          When both sides change the same field, or a referral could belong to several deals, the
          question appears here. The other fields of the deal flow on meanwhile.
        </Empty>
      </section>
    );
  }
  return <Inbox items={items} />;
}

/** The question that the address names; where it was answered, the one that took its place. */
function useOpenQuestion(items: readonly Question[]) {
  const { query } = usePlace();
  const lastIndex = useRef(0);
  const named = items.findIndex(({ id }) => id === query.get("open"));
  const index = named >= 0 ? named : Math.min(lastIndex.current, items.length - 1);
  useEffect(() => {
    lastIndex.current = index;
  }, [index]);
  const show = (next: number): void => {
    const item = items[Math.max(0, Math.min(items.length - 1, next))];
    if (item) go(`/conflicts?open=${encodeURIComponent(item.id)}`, "replace");
  };
  return { index, open: items[index], show };
}

function Inbox({ items }: { readonly items: readonly Question[] }) {
  const { mayDecide } = useStanding();
  const command = useCommand();
  const { index, open, show } = useOpenQuestion(items);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [isEditing, setEditing] = useState(false);
  const [isAlways, setAlways] = useState(false);
  const chosen = items.filter(({ id }) => selected.has(id));
  const toggle = (id: string): void => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    setSelected(next);
  };
  const answer = (item: Question, given: QuestionAnswer): void => {
    setEditing(false);
    setAlways(false);
    command.mutate({
      path: `/api/inbox/${encodeURIComponent(item.id)}/answer`,
      body: given,
      said: "Decided. It goes out now.",
    });
  };
  const keep = (choose: "crm" | "referral"): void => {
    if (open && isAboutField(open) && mayKeep(open, choose)) {
      answer(open, { choose, always: isAlways });
    }
  };
  useKeys(
    {
      j: () => show(index + 1),
      k: () => show(index - 1),
      ...(mayDecide
        ? {
            a: () => keep("crm"),
            b: () => keep("referral"),
            e: () => open && isAboutField(open) && setEditing(true),
            x: () => open && isAboutField(open) && toggle(open.id),
          }
        : {}),
    },
    !command.isPending,
  );
  return (
    <div className="inbox">
      <section className="panel list" aria-label="Open questions">
        <ul>
          {items.map((item, at) => (
            <li key={item.id} className={at === index ? "open" : ""}>
              {isAboutField(item) && (
                <input
                  type="checkbox"
                  checked={selected.has(item.id)}
                  disabled={!mayDecide}
                  aria-label={`Select ${item.deal?.title ?? item.sentence}`}
                  onChange={() => toggle(item.id)}
                />
              )}
              <button
                type="button"
                className="link"
                onClick={() => show(at)}
                {...(at === index ? { "aria-current": "true" as const } : {})}
              >
                <span className="strong cut">{item.deal?.title ?? item.sentence}</span>
                <span className="quiet cut">
                  {item.deal?.label ?? kindWords[item.kind]} · <Ago at={item.openedAt} />
                </span>
              </button>
            </li>
          ))}
        </ul>
      </section>
      <div className="stack">
        {chosen.length > 0 && <Bulk chosen={chosen} onDone={() => setSelected(new Set())} />}
        {open && (
          <QuestionView
            key={open.id}
            item={open}
            kindWord={kindWords[open.kind]}
            isEditing={isEditing}
            isAlways={isAlways}
            onEdit={setEditing}
            onAlways={setAlways}
            onAnswer={(given) => answer(open, given)}
          />
        )}
        <KeysHint isAboutField={open !== undefined && isAboutField(open)} of={items.length} />
      </div>
    </div>
  );
}

/** The keys that do something here. */
function KeysHint(props: { readonly isAboutField: boolean; readonly of: number }) {
  const { crmName } = useStanding();
  return (
    <p className="quiet keys-hint">
      {props.isAboutField && (
        <>
          <kbd>a</kbd> {crmName} <kbd>b</kbd> Partner Center <kbd>e</kbd> another <kbd>x</kbd>{" "}
          select{" "}
        </>
      )}
      {props.of > 1 && (
        <>
          <kbd>j</kbd> <kbd>k</kbd> next, previous
        </>
      )}
    </p>
  );
}

interface BulkAnswer {
  readonly answered: number;
  readonly refused: readonly { readonly message: string }[];
}

function bulkText(answer: unknown): string {
  const { answered, refused } = answer as BulkAnswer;
  const first = refused[0]?.message ?? "";
  const others = refused.length > 0 ? ` ${number(refused.length)} not: ${first}` : "";
  return `${number(answered)} decided.${others}`;
}

/** One answer for many questions, said in numbers before it is given. */
function Bulk(props: { readonly chosen: readonly Question[]; readonly onDone: () => void }) {
  const { chosen, onDone } = props;
  const { crmName } = useStanding();
  const command = useCommand();
  const send = (answer: QuestionAnswer): void =>
    command.mutate(
      {
        path: "/api/inbox/answers",
        body: { ids: chosen.map(({ id }) => id), answer },
        said: bulkText,
      },
      { onSuccess: onDone },
    );
  return (
    <section className="panel bulk" aria-label="For all selected">
      <p>
        <StateBadge state="asking" text={`${number(chosen.length)} selected`} />
      </p>
      <div className="row">
        <button type="button" onClick={() => send({ choose: "crm" })}>
          Keep {crmName}'s
        </button>
        <button type="button" onClick={() => send({ choose: "referral" })}>
          Keep Partner Center's
        </button>
        <button type="button" onClick={() => send({ choose: "dismiss" })}>
          Leave both as they are
        </button>
        <button type="button" className="plain" onClick={onDone}>
          Select none
        </button>
      </div>
    </section>
  );
}
