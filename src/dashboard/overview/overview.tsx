import { useQuery } from "@tanstack/react-query";
import { type OperatorStatus, statesOnTheWay } from "../../contract/index.ts";
import { inboxQuery, problemsQuery, statusQuery } from "../api/queries.ts";
import { TryIt } from "../demonstration/try-it.tsx";
import { Panel, Skeleton, StateBadge, Trouble } from "../parts/parts.tsx";
import { Link } from "../shell/router.tsx";
import { useStanding } from "../shell/session.ts";
import { number } from "../words/format.ts";
import { Approval } from "./approval.tsx";
import { Connections } from "./connections.tsx";
import { Series } from "./series.tsx";
import "./overview.css";

const onTheWay: ReadonlySet<string> = new Set(statesOnTheWay);

function sentenceOf(status: OperatorStatus): readonly [string, string] {
  const { byState, questions, problems, expiring } = status;
  const inStep = byState["in-step"] ?? 0;
  const waiting = questions + problems;
  const first = `${number(inStep)} ${inStep === 1 ? "deal" : "deals"} in step.`;
  if (waiting === 0 && expiring > 0) {
    const leads = expiring === 1 ? "lead ends" : "leads end";
    return [first, `${number(expiring)} unanswered ${leads} soon.`];
  }
  if (waiting === 0) return [first, "Nothing needs you."];
  return [first, `${number(waiting)} ${waiting === 1 ? "needs" : "need"} you.`];
}

/** The state of the sync in one glance. */
export function Overview() {
  const { data: status, error, refetch } = useQuery(statusQuery);
  if (error && !status) return <Trouble error={error} retry={() => void refetch()} />;
  if (!status) return <Skeleton lines={10} />;
  const [first, second] = sentenceOf(status);
  const isCalm = status.questions + status.problems + status.expiring === 0;
  return (
    <div className="overview stack">
      <h1 id="headline">
        {first} <span className={isCalm ? "quiet" : "warn-text"}>{second}</span>
      </h1>
      {status.awaitsApproval && <Approval reason={status.awaitsApproval} />}
      <NeedsYou status={status} />
      {status.isDemonstration && <TryIt />}
      <Counts status={status} />
      <Series status={status} />
      <Connections status={status} />
    </div>
  );
}

const shownAtOnce = 5;

/** The things that wait for a person, the first few of them by name. */
function NeedsYou({ status }: { readonly status: OperatorStatus }) {
  const inbox = useQuery({ ...inboxQuery(false), enabled: status.questions > 0 });
  const problems = useQuery({ ...problemsQuery, enabled: status.problems > 0 });
  const { questions, problems: stopped } = status;
  if (questions + stopped === 0) return null;
  const asked = (questions > 0 && inbox.data) || [];
  const groups = ((stopped > 0 && problems.data) || []).filter(({ kind }) => kind !== "retrying");
  const more = questions - Math.min(questions, shownAtOnce);
  return (
    <Panel title="Needs you" className="needs-you">
      <ul className="links">
        {asked.slice(0, shownAtOnce).map(({ id, deal, sentence, kind }) => (
          <li key={id}>
            <Link to={`/conflicts?open=${encodeURIComponent(id)}`}>
              <StateBadge state="asking" text={kind === "conflict" ? "Conflict" : "Decision"} />
              <span>
                {deal && <strong>{deal.title}: </strong>}
                {sentence}
              </span>
            </Link>
          </li>
        ))}
        {groups.slice(0, shownAtOnce).map(({ code, sentence, kind, deals, side }) => (
          <li key={`${kind} ${code} ${side} ${sentence}`}>
            <Link to="/problems">
              <StateBadge state={kind === "stopped" ? "dead" : "refusing"} />
              <span>
                <strong>
                  {deals.length === 1 ? deals[0]?.title : `${number(deals.length)} deals`}:{" "}
                </strong>
                {sentence}
              </span>
            </Link>
          </li>
        ))}
        {more > 0 && (
          <li>
            <Link to="/conflicts">{number(more)} more</Link>
          </li>
        )}
      </ul>
    </Panel>
  );
}

function Counts({ status }: { readonly status: OperatorStatus }) {
  const { byState } = status;
  const moving = Object.entries(byState)
    .filter(([state]) => onTheWay.has(state))
    .reduce((sum, [, count]) => sum + count, 0);
  const figures = [
    { name: "In step", count: byState["in-step"] ?? 0, view: "in-step", tone: "good" },
    { name: "On the way", count: moving, view: "moving", tone: "busy" },
    { name: "Need a decision", count: byState.asking ?? 0, view: "asking", tone: "warn" },
    { name: "A value is refused", count: byState.refusing ?? 0, view: "refused", tone: "warn" },
    { name: "Stopped", count: byState.dead ?? 0, view: "stopped", tone: "bad" },
    { name: "Not answered yet", count: byState.held ?? 0, view: "held", tone: "quiet" },
  ] as const;
  const { crmName } = useStanding();
  return (
    <>
      <ul className="figures">
        {figures.map(({ name, count, view, tone }) => (
          <li key={name} className="panel">
            <Link to={`/deals?view=${view}`}>
              <span className="quiet">{name}</span>
              <span className={`figure ${count > 0 ? `${tone}-text` : ""}`}>{number(count)}</span>
            </Link>
          </li>
        ))}
      </ul>
      {(byState.unshared ?? 0) > 0 && (
        <p className="quiet">
          {number(byState.unshared ?? 0)} further deals are only in {crmName}: nobody has marked
          them for sharing.
        </p>
      )}
    </>
  );
}
