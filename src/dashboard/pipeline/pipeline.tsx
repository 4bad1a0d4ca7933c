import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Pipeline } from "../../contract/index.ts";
import { pipelineQuery } from "../api/queries.ts";
import { Chart } from "../charts/index.tsx";
import { Empty, Panel, Scroll, Skeleton, Trouble } from "../parts/parts.tsx";
import { day, duration, money, number, share, shortNumber } from "../words/format.ts";
import "./pipeline.css";

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;

/** Deals by stage and value over time, what was won and lost, and how fast is answered. */
export default function PipelinePage() {
  const { data, error, refetch } = useQuery(pipelineQuery);
  if (error && !data) return <Trouble error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton lines={10} />;
  const isEmpty = data.stages.every(({ deals }) => deals === 0);
  return (
    <div className="pipeline stack">
      <div className="page-head">
        <h1>Pipeline</h1>
      </div>
      {isEmpty ? (
        <section className="panel">
          <Empty title="No shared deals yet">
            As soon as a deal has a referral, its stages over time appear here.
          </Empty>
        </section>
      ) : (
        <Pictures data={data} />
      )}
    </div>
  );
}

function Pictures({ data }: { readonly data: Pipeline }) {
  const { currency, otherCurrencies } = data;
  return (
    <>
      <Stages data={data} />
      <div className="pictures">
        <OverTime data={data} />
        <Closed data={data} />
        <Response data={data} />
      </div>
      {otherCurrencies.length > 0 && (
        <p className="quiet">
          Values are those of deals in {currency}. Deals in other currencies are counted, not added
          up: {otherCurrencies.map((one) => `${one.currency} ${number(one.deals)}`).join(", ")}.
        </p>
      )}
    </>
  );
}

function Stages({ data }: { readonly data: Pipeline }) {
  const most = Math.max(1, ...data.stages.map(({ deals }) => deals));
  return (
    <Panel title="Where the deals stand">
      <Scroll label="Table of stages">
        <table className="stages">
          <thead>
            <tr>
              <th scope="col">Stage</th>
              <th scope="col" className="number">
                Deals
              </th>
              <th scope="col" aria-label="Share" />
              <th scope="col" className="number">
                Value in {data.currency}
              </th>
            </tr>
          </thead>
          <tbody>
            {data.stages.map(({ stage, deals, value }) => (
              <tr key={stage}>
                <th scope="row">{stage}</th>
                <td className="number">{number(deals)}</td>
                <td>
                  <span
                    className={`bar ${stage.toLowerCase()}`}
                    style={{ width: `${(deals / most) * 100}%` }}
                  />
                </td>
                <td className="number">{money(value, data.currency)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  );
}

function OverTime({ data }: { readonly data: Pipeline }) {
  const chart = useMemo(
    () => ({
      moments: data.weeks.map(({ at }) => at + weekMs),
      series: [
        {
          name: "Active",
          color: "--chart-1",
          values: data.weeks.map(({ activeValue }) => activeValue),
        },
        { name: "New", color: "--chart-7", values: data.weeks.map(({ newValue }) => newValue) },
      ],
    }),
    [data],
  );
  const last = data.weeks.at(-1);
  return (
    <Panel title={`Open value by week, ${data.currency}`}>
      <dl className="numbers">
        <div>
          <dt>Active now</dt>
          <dd>
            {money(last?.activeValue, data.currency)}
            <span className="quiet"> · {number(last?.active ?? 0)} deals</span>
          </dd>
        </div>
        <div>
          <dt>New now</dt>
          <dd>
            {money(last?.newValue, data.currency)}
            <span className="quiet"> · {number(last?.new ?? 0)} deals</span>
          </dd>
        </div>
      </dl>
      <Chart
        kind="stack"
        {...chart}
        format={shortNumber}
        summary={
          `Open value by week in ${data.currency}; now ${last?.activeValue} active and ` +
          `${last?.newValue} new.`
        }
      />
    </Panel>
  );
}

function Closed({ data }: { readonly data: Pipeline }) {
  const chart = useMemo(
    () => ({
      moments: data.weeks.map(({ at }) => at),
      series: [
        { name: "Won", color: "--chart-3", values: data.weeks.map(({ won }) => won) },
        { name: "Lost", color: "--chart-6", values: data.weeks.map(({ lost }) => lost) },
      ],
    }),
    [data],
  );
  const won = data.weeks.reduce((sum, week) => sum + week.won, 0);
  const lost = data.weeks.reduce((sum, week) => sum + week.lost, 0);
  const value = data.weeks.reduce((sum, week) => sum + week.wonValue, 0);
  return (
    <Panel title="Won and lost per week">
      <dl className="numbers">
        <div>
          <dt>Won in 26 weeks</dt>
          <dd>
            {number(won)}
            <span className="quiet"> · {money(value, data.currency)}</span>
          </dd>
        </div>
        <div>
          <dt>Lost in 26 weeks</dt>
          <dd>{number(lost)}</dd>
        </div>
        <div>
          <dt>Won of all decided</dt>
          <dd>{data.winRate === undefined ? "–" : share(data.winRate)}</dd>
        </div>
      </dl>
      <Chart
        kind="mirror"
        {...chart}
        least={2}
        format={(value) => number(Math.round(value))}
        summary={
          `Won and lost deals per week since ${day(data.weeks[0]?.at)}: ` +
          `${won} won, ${lost} lost.`
        }
      />
    </Panel>
  );
}

function Response({ data }: { readonly data: Pipeline }) {
  const { response } = data;
  const most = Math.max(1, ...response.withinDays.map(({ deals }) => deals));
  return (
    <Panel title="How fast referrals are accepted">
      <dl className="numbers">
        <div>
          <dt>Half within</dt>
          <dd>{response.medianMs === undefined ? "–" : duration(response.medianMs)}</dd>
        </div>
        <div>
          <dt>9 of 10 within</dt>
          <dd className={(response.p90Ms ?? 0) > 12 * dayMs ? "warn-text" : ""}>
            {response.p90Ms === undefined ? "–" : duration(response.p90Ms)}
          </dd>
        </div>
      </dl>
      {response.medianMs === undefined && (
        <p className="body quiet">No referral of Microsoft's has been accepted yet.</p>
      )}
      <ul className="steps body" hidden={response.medianMs === undefined}>
        {response.withinDays.map(({ days, deals }, index) => (
          <li key={days}>
            <span>
              {index === 0
                ? "first day"
                : `day ${(response.withinDays[index - 1]?.days ?? 0) + 1}–${days}`}
            </span>
            <span className="bar active" style={{ width: `${(deals / most) * 60}%` }} />
            <span className="number">{number(deals)}</span>
          </li>
        ))}
      </ul>
      <p className="body quiet">A referral that nobody answers in 14 days expires.</p>
    </Panel>
  );
}
