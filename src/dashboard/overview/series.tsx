import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { OperatorStatus, Trends } from "../../contract/index.ts";
import { trendsQuery } from "../api/queries.ts";
import { Chart } from "../charts/index.tsx";
import { Panel, Skeleton } from "../parts/parts.tsx";
import { Link } from "../shell/router.tsx";
import { useStanding } from "../shell/session.ts";
import { ago, day, duration, money, number } from "../words/format.ts";
import { classWords } from "../words/states.ts";

const hourMs = 3_600_000;
const hoursShown = 24;
/** A single moment makes no line. */
const leastMoments = 2;
const classOrder = ["interactive", "expiring", "outbound", "read", "poll", "backfill", "audit"];

/** Staleness, changes, calls and what expires: now, and over the last day. */
export function Series({ status }: { readonly status: OperatorStatus }) {
  const { data: trends } = useQuery(trendsQuery);
  return (
    <div className="pictures">
      <Staleness status={status} trends={trends} />
      <Changes status={status} trends={trends} />
      <Budget status={status} trends={trends} />
      <Expiring status={status} trends={trends} />
    </div>
  );
}

interface Props {
  readonly status: OperatorStatus;
  readonly trends: Trends | undefined;
}

/** In place of a picture that has no moments to show yet. */
function NothingYet() {
  return (
    <p className="body quiet">
      Drawn from one measurement a minute: a picture is here two minutes after the start.
    </p>
  );
}

/** First writes have no edit whose way could be measured. */
function withoutEdits(firstWrites: number): string {
  if (firstWrites === 0) return "No edit in the last hour";
  const writes = firstWrites === 1 ? "1 first write" : `${number(firstWrites)} first writes`;
  return `No edit in the last hour, ${writes}`;
}

function Staleness({ status, trends }: Props) {
  const { staleness } = status;
  const chart = useMemo(() => {
    const samples = trends?.samples ?? [];
    return {
      moments: samples.map(({ at }) => at),
      series: [
        {
          name: "Oldest waiting change",
          color: "--chart-1",
          values: samples.map(({ staleMs }) => staleMs),
        },
        { name: "p95", color: "--chart-2", values: samples.map(({ p95Ms }) => p95Ms) },
      ],
    };
  }, [trends]);
  const p95 = staleness.p95Ms === undefined ? undefined : duration(staleness.p95Ms);
  return (
    <Panel title="How far behind">
      <dl className="numbers">
        <div>
          <dt>Now</dt>
          <dd>{staleness.nowMs === 0 ? "Nothing waits" : duration(staleness.nowMs)}</dd>
        </div>
        <div>
          <dt>95 of 100 edits arrive within</dt>
          <dd>{p95 ?? withoutEdits(staleness.firstWrites)}</dd>
        </div>
        {staleness.oldestPairId && (
          <div>
            <dt>Waits longest</dt>
            <dd>
              <Link to={`/deals/${staleness.oldestPairId}`}>Show the deal</Link>
            </dd>
          </div>
        )}
      </dl>
      {trends && chart.moments.length < leastMoments && <NothingYet />}
      {!trends && <Skeleton />}
      {trends && chart.moments.length >= leastMoments && (
        <Chart
          kind="line"
          {...chart}
          format={duration}
          least={10_000}
          height={140}
          summary={
            `Age of the oldest waiting change over the last day; now ` +
            `${duration(staleness.nowMs)}` +
            `${p95 === undefined ? "" : `, 95 percent of edits within ${p95}`}.`
          }
        />
      )}
    </Panel>
  );
}

function Changes({ status, trends }: Props) {
  const { crmName } = useStanding();
  const chart = useMemo(() => {
    const last = Math.floor(status.now / hourMs) * hourMs;
    const moments = Array.from(
      { length: hoursShown },
      (_, index) => last - (hoursShown - 1 - index) * hourMs,
    );
    const byHour = new Map((trends?.hours ?? []).map((hour) => [hour.at, hour]));
    return {
      moments,
      series: [
        {
          name: "To Partner Center",
          color: "--chart-1",
          values: moments.map((at) => byHour.get(at)?.toPartnerCenter ?? 0),
        },
        {
          name: `To ${crmName}`,
          color: "--chart-2",
          values: moments.map((at) => byHour.get(at)?.toCrm ?? 0),
        },
      ],
    };
  }, [trends, status.now, crmName]);
  const sums = chart.series.map(({ values }) => values.reduce((sum, value) => sum + value, 0));
  return (
    <Panel title="Changes carried over per hour">
      <dl className="numbers">
        <div>
          <dt>To Partner Center, 24 h</dt>
          <dd>{number(sums[0] ?? 0)}</dd>
        </div>
        <div>
          <dt>To {crmName}, 24 h</dt>
          <dd>{number(sums[1] ?? 0)}</dd>
        </div>
      </dl>
      {trends ? (
        <Chart
          kind="mirror"
          {...chart}
          format={number}
          height={140}
          summary={
            `Changes per hour over the last day: ${sums[0]} to Partner Center, ` +
            `${sums[1]} to ${crmName}.`
          }
        />
      ) : (
        <Skeleton />
      )}
    </Panel>
  );
}

function Budget({ status, trends }: Props) {
  const { budget } = status;
  const chart = useMemo(() => {
    const samples = trends?.samples ?? [];
    return {
      moments: samples.map(({ at }) => at),
      series: classOrder.map((name, index) => ({
        name: classWords[name] ?? name,
        color: `--chart-${index + 1}`,
        values: samples.map(({ calls }) => calls[name] ?? 0),
      })),
    };
  }, [trends]);
  const spenders = classOrder.filter((name) => (budget.byClass[name] ?? 0) > 0);
  const limit = trends?.callLimit ?? budget.limit;
  return (
    <Panel title="Calls to Partner Center per minute">
      <dl className="numbers">
        <div>
          <dt>In the last minute</dt>
          <dd>
            {number(budget.used)} <span className="quiet">of {number(budget.limit)}</span>
          </dd>
        </div>
        <div>
          <dt>Who spends them</dt>
          <dd>
            {spenders.length === 0
              ? "Nobody"
              : spenders
                  .map((name) => `${classWords[name]} ${number(budget.byClass[name] ?? 0)}`)
                  .join(" · ")}
          </dd>
        </div>
      </dl>
      {trends && chart.moments.length < leastMoments && <NothingYet />}
      {!trends && <Skeleton />}
      {trends && chart.moments.length >= leastMoments && (
        <Chart
          kind="stack"
          {...chart}
          format={number}
          height={140}
          ceiling={limit}
          summary={`Calls per minute by class over the last day, under a ceiling of ${limit}.`}
        />
      )}
    </Panel>
  );
}

function Expiring({ status, trends }: Props) {
  const rows = trends?.expiring ?? [];
  return (
    <Panel title="Expires within 5 days">
      {trends && rows.length === 0 && (
        <p className="body quiet">
          No unanswered referral expires soon. One that nobody answers in 14 days is closed.
        </p>
      )}
      <ul className="links">
        {rows.slice(0, 6).map(({ id, title, properties }) => (
          <li key={id}>
            <Link to={`/deals/${id}`}>
              <span className="grow cut">{title}</span>
              <span className="quiet">{money(properties.referralValue, properties.currency)}</span>
              <span className="warn-text" title={day(properties.expires)}>
                {properties.expires && ago(Date.parse(properties.expires), status.now)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {rows.length > 6 && (
        <p className="body">
          <Link to="/deals?view=expiring">All {number(rows.length)}</Link>
        </p>
      )}
    </Panel>
  );
}
