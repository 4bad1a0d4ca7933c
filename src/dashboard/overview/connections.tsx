import type { OperatorStatus, Upstream } from "../../contract/index.ts";
import { Ago, Panel, Scroll, StateBadge } from "../parts/parts.tsx";
import { duration, number } from "../words/format.ts";

const badges: Readonly<Record<Upstream["state"], { state: string; text: string }>> = {
  well: { state: "in-step", text: "Well" },
  failing: { state: "dead", text: "Doesn't answer" },
  waiting: { state: "waiting", text: "Asked us to wait" },
  unknown: { state: "waiting", text: "Not looked at yet" },
};
const dayMs = 86_400_000;
const warnDays = 14;

/** How both outside systems do, and how long the sign-ins last. */
export function Connections({ status }: { readonly status: OperatorStatus }) {
  return (
    <Panel title="Connections">
      <Scroll label="Table of connections">
        <table>
          <thead>
            <tr>
              <th scope="col">System</th>
              <th scope="col">State</th>
              <th scope="col">Last whole look</th>
              <th scope="col">Sign-in</th>
              <th scope="col">Address</th>
            </tr>
          </thead>
          <tbody>
            {status.upstreams.map((upstream) => (
              <Row key={upstream.side} upstream={upstream} status={status} />
            ))}
          </tbody>
        </table>
      </Scroll>
      {status.drift > 0 && (
        <p className="body quiet">
          The slow check found {number(status.drift)}{" "}
          {status.drift === 1 ? "difference" : "differences"} that no event had announced, and
          mended them.
        </p>
      )}
    </Panel>
  );
}

function Row({
  upstream,
  status,
}: {
  readonly upstream: Upstream;
  readonly status: OperatorStatus;
}) {
  const { name, state, lastSuccessAt, sentence, signInEndsAt, side } = upstream;
  const { state: shown, text } = badges[state];
  const left = signInEndsAt === undefined ? undefined : signInEndsAt - status.now;
  const place = Object.entries(status.places).find(([key]) =>
    side === "crm" ? key.startsWith("CRM") : key.startsWith("Referrals"),
  )?.[1];
  return (
    <tr>
      <th scope="row" className="strong">
        {name}
      </th>
      <td title={sentence}>
        <StateBadge state={shown} text={text} />
      </td>
      <td>{lastSuccessAt ? <Ago at={lastSuccessAt} /> : "–"}</td>
      <td className={left !== undefined && left < warnDays * dayMs ? "warn-text" : ""}>
        {left === undefined ? "Renews itself" : `${duration(left)} left`}
      </td>
      <td className="cut quiet">{place ?? "–"}</td>
    </tr>
  );
}
