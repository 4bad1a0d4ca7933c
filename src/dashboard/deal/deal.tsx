import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { DealDetail } from "../../contract/index.ts";
import { dealQuery } from "../api/queries.ts";
import { Ago, Panel, Skeleton, StateBadge, Trouble } from "../parts/parts.tsx";
import { useCommand } from "../parts/use-command.ts";
import { useKeys } from "../shell/keys.ts";
import { Link } from "../shell/router.tsx";
import { useStanding } from "../shell/session.ts";
import { money } from "../words/format.ts";
import { statusText } from "../words/states.ts";
import { EditDialog } from "./edit-dialog.tsx";
import { FieldTable } from "./field-table.tsx";
import { Lifecycle } from "./lifecycle.tsx";
import { Timeline } from "./timeline.tsx";
import "./deal.css";

/** One deal: both sides field by field, its history, and what a person may do. */
export default function Deal({ id }: { readonly id: string }) {
  const { data: deal, error, refetch } = useQuery(dealQuery(id));
  if (error && !deal) return <Trouble error={error} retry={() => void refetch()} />;
  if (!deal) return <Skeleton lines={12} />;
  return <Shown deal={deal} />;
}

function Shown({ deal }: { readonly deal: DealDetail }) {
  const { mayDecide } = useStanding();
  const command = useCommand();
  const [isEditing, setEditing] = useState(false);
  const lastWrite = deal.history.findLast(({ kind }) => kind === "wrote");
  const send = (name: string, said: string, body?: unknown): void =>
    command.mutate({ path: `/api/deals/${deal.id}/${name}`, said, body });
  const undo = (sequence: number): void =>
    command.mutate({
      path: "/api/undo",
      body: { sequence },
      said: "The write is being undone; the field stays as it is until you resume it.",
    });
  useKeys(
    {
      r: () => send("sync", "Both sides are being read again."),
      e: () => setEditing(true),
      u: () => lastWrite && undo(lastWrite.sequence),
    },
    mayDecide,
  );
  const seen = Math.max(deal.crm?.lookedAt ?? 0, deal.referral?.lookedAt ?? 0);
  return (
    <div className="deal stack">
      <div className="page-head">
        <div>
          <p className="quiet">
            <Link to="/deals">Deals</Link>
          </p>
          <h1>{deal.title}</h1>
          <p className="row">
            <StateBadge state={deal.state} />
            {deal.sentence !== "In step" && <span className="quiet">{deal.sentence}</span>}
            {seen > 0 && (
              <span className="quiet">
                seen <Ago at={seen} />
              </span>
            )}
          </p>
        </div>
        <div className="row">
          <button
            type="button"
            disabled={!mayDecide || command.isPending}
            onClick={() => send("sync", "Both sides are being read again.")}
          >
            Sync now
          </button>
          <button type="button" disabled={!mayDecide} onClick={() => setEditing(true)}>
            Edit
          </button>
          {deal.isPaused ? (
            <button
              type="button"
              className="primary"
              disabled={!mayDecide}
              onClick={() => send("resume", "Goes on.")}
            >
              Resume
            </button>
          ) : (
            <button
              type="button"
              disabled={!mayDecide}
              onClick={() => send("pause", "Paused: nothing is written until you resume it.")}
            >
              Pause
            </button>
          )}
        </div>
      </div>
      {deal.problem && <Problem deal={deal} onReplay={() => send("replay", "Tried again.")} />}
      <Questions deal={deal} />
      <Lifecycle deal={deal} />
      <Panel title="Field by field" aside={<Places deal={deal} />}>
        <FieldTable deal={deal} />
      </Panel>
      <Related deal={deal} />
      <Panel title="History">
        <Timeline deal={deal} {...(mayDecide ? { onUndo: undo } : {})} />
      </Panel>
      {isEditing && <EditDialog deal={deal} onClose={() => setEditing(false)} />}
    </div>
  );
}

function Places({ deal }: { readonly deal: DealDetail }) {
  const { crmName } = useStanding();
  const links = [
    { name: crmName, url: deal.crm?.url },
    { name: "Partner Center", url: deal.referral?.url },
  ];
  return (
    <span className="row">
      {links.map(
        ({ name, url }) =>
          url && (
            <a key={name} href={url} target="_blank" rel="noreferrer">
              Open in {name} <span aria-hidden="true">↗</span>
            </a>
          ),
      )}
    </span>
  );
}

function Problem(props: { readonly deal: DealDetail; readonly onReplay: () => void }) {
  const { deal, onReplay } = props;
  const { mayDecide } = useStanding();
  const { problem } = deal;
  if (!problem) return null;
  return (
    <section className="panel problem" aria-label="What is wrong">
      <div className="body stack">
        <p className="strong">{problem.sentence}</p>
        <p>{problem.remedy}</p>
        <p className="quiet">
          Since <Ago at={problem.since} /> · {problem.tries} tries · next call {problem.nextCall}
          {problem.retryAt && (
            <>
              {" "}
              · tried again <Ago at={problem.retryAt} />
            </>
          )}
        </p>
        <div>
          <button type="button" className="primary" disabled={!mayDecide} onClick={onReplay}>
            Try again now
          </button>
        </div>
      </div>
    </section>
  );
}

function Questions({ deal }: { readonly deal: DealDetail }) {
  if (deal.questions.length === 0) return null;
  return (
    <section className="panel question" aria-label="Waits for you">
      <ul className="links">
        {deal.questions.map(({ id, sentence }) => (
          <li key={id}>
            <Link to={`/conflicts?open=${encodeURIComponent(id)}`}>
              <StateBadge state="asking" text="Decide" />
              <span>{sentence}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The other referrals of the same engagement: the co-sell's second leg. */
function Related({ deal }: { readonly deal: DealDetail }) {
  if (!deal.engagementId) return null;
  return (
    <Panel title="The engagement's other referrals">
      {deal.related.length === 0 ? (
        <p className="body quiet">
          None. A co-sell has a second one, Microsoft's own, with the same engagement.
        </p>
      ) : (
        <ul className="links">
          {deal.related.map((other) => (
            <li key={other.id}>
              <Link to={`/deals/${other.id}`}>
                <span className="grow">{other.title}</span>
                <StateBadge state={other.state} />
                <span className="quiet">
                  {statusText(String(other.referral?.values.status ?? "").split("/")[0] ?? null)}
                </span>
                <span className="number">
                  {money(
                    other.referral?.values.dealValue as number | null,
                    other.referral?.values.currency as string | null,
                  )}
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
