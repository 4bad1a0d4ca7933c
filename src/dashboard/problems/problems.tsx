import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ProblemGroup } from "../../contract/index.ts";
import { problemsQuery } from "../api/queries.ts";
import { Ago, Empty, Skeleton, StateBadge, Trouble } from "../parts/parts.tsx";
import { useCommand } from "../parts/use-command.ts";
import { Link } from "../shell/router.tsx";
import { useStanding } from "../shell/session.ts";
import { number, valueText } from "../words/format.ts";
import { sideName } from "../words/states.ts";
import { FixDialog } from "./fix-dialog.tsx";
import "./problems.css";

/** What stands still, grouped by its cause, each with its remedy. */
export default function Problems() {
  const { data: groups, error, refetch } = useQuery(problemsQuery);
  return (
    <div className="problems stack">
      <div className="page-head">
        <h1>Problems</h1>
      </div>
      {error && !groups && <Trouble error={error} retry={() => void refetch()} />}
      {!groups && !error && <Skeleton lines={8} />}
      {groups?.length === 0 && (
        <section className="panel">
          <Empty title="No problems">
            A change that the other side refuses, or a call that can't succeed, appears here with
            its cause and what to do.
          </Empty>
        </section>
      )}
      {groups?.map((group) => (
        <Group key={`${group.kind} ${group.code} ${group.side} ${group.sentence}`} group={group} />
      ))}
    </div>
  );
}

const badges = {
  stopped: { state: "dead", text: "Stopped" },
  refused: { state: "refusing", text: "A value isn't carried over" },
  retrying: { state: "retrying", text: "Tried again by itself" },
} as const;
const firstShown = 8;

interface ReplayAnswer {
  readonly replayed: number;
  readonly refused: readonly { readonly message: string }[];
}

function Group({ group }: { readonly group: ProblemGroup }) {
  const { crmName, mayDecide } = useStanding();
  const command = useCommand();
  const [isFull, setFull] = useState(false);
  const { kind, sentence, remedy, side, deals, nextCall } = group;
  const badge = badges[kind];
  const replay = (ids: readonly string[]): void =>
    command.mutate({
      path: "/api/problems/replay",
      body: { ids },
      said: (answer) => {
        const { replayed, refused } = answer as ReplayAnswer;
        return refused[0]?.message ?? `${number(replayed)} tried again.`;
      },
    });
  return (
    <section className={`panel group ${kind}`} aria-label={sentence}>
      <header>
        <div>
          <p className="row">
            <StateBadge state={badge.state} text={badge.text} />
            <span className="quiet">
              {number(deals.length)} {deals.length === 1 ? "deal" : "deals"} ·{" "}
              {sideName(side, crmName)}
              {nextCall && <> · next call {nextCall}</>}
            </span>
          </p>
          <h2>{sentence}</h2>
          <p className="remedy">
            <span aria-hidden="true">→ </span>
            {remedy}
          </p>
        </div>
        {deals.length > 1 && (
          <button
            type="button"
            className={kind === "stopped" ? "primary" : ""}
            disabled={!mayDecide || command.isPending}
            onClick={() => replay(deals.map(({ id }) => id))}
          >
            Try all {number(deals.length)} again
          </button>
        )}
      </header>
      <ul className="cases">
        {deals.slice(0, isFull ? deals.length : firstShown).map((deal) => (
          <Case key={`${deal.id} ${deal.field ?? ""}`} deal={deal} onReplay={replay} />
        ))}
      </ul>
      {deals.length > firstShown && (
        <p className="body">
          <button type="button" className="link" onClick={() => setFull(!isFull)}>
            {isFull ? "Show fewer" : `Show all ${number(deals.length)}`}
          </button>
        </p>
      )}
    </section>
  );
}

interface CaseProps {
  readonly deal: ProblemGroup["deals"][number];
  readonly onReplay: (ids: readonly string[]) => void;
}

function Case({ deal, onReplay }: CaseProps) {
  const { crmName, mayDecide } = useStanding();
  const [isFixing, setFixing] = useState(false);
  const { id, title, label, field, since, tries, retryAt, crm, referral } = deal;
  return (
    <li>
      <div className="grow">
        <Link to={`/deals/${id}`}>{title}</Link>
        {label && (
          <p className="quiet">
            {label}: {crmName} {valueText(crm)} · Partner Center {valueText(referral)}
          </p>
        )}
        {since !== undefined && (
          <p className="quiet">
            since <Ago at={since} /> · {number(tries ?? 0)} tries
            {retryAt !== undefined && (
              <>
                {" "}
                · again <Ago at={retryAt} />
              </>
            )}
          </p>
        )}
      </div>
      {deal.crmUrl && (
        <a href={deal.crmUrl} target="_blank" rel="noreferrer">
          Open in {crmName} <span aria-hidden="true">↗</span>
        </a>
      )}
      {field && (
        <button type="button" disabled={!mayDecide} onClick={() => setFixing(true)}>
          Fix…
        </button>
      )}
      <button type="button" disabled={!mayDecide} onClick={() => onReplay([id])}>
        Try again
      </button>
      {isFixing && field && (
        <FixDialog deal={deal} field={field} onClose={() => setFixing(false)} />
      )}
    </li>
  );
}
