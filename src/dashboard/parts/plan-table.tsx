import { Link } from "../shell/router.tsx";
import { useStanding } from "../shell/session.ts";
import { number } from "../words/format.ts";
import { Scroll } from "./parts.tsx";

/** What the next run would do, as `GET /api/plan` tells it. */
export interface PlanAnswer {
  readonly writes: readonly {
    readonly pairId: string;
    readonly side: "referral" | "crm";
    readonly kind: "create" | "update" | "close";
    readonly fields: readonly string[];
  }[];
  readonly links: number;
  readonly questions: readonly { readonly id: string; readonly sentence: string }[];
  readonly refusals: readonly {
    readonly pairId: string;
    readonly field: string;
    readonly reason: string;
    readonly remedy: string;
  }[];
  readonly calls: number;
}

const shownRefusals = 5;

/** A plan in numbers, with the refusals in words. */
export function PlanTable({ plan }: { readonly plan: PlanAnswer }) {
  const { crmName } = useStanding();
  const count = (side: string, kind: string): string =>
    number(plan.writes.filter((write) => write.side === side && write.kind === kind).length);
  const byRemedy = Map.groupBy(plan.refusals, ({ reason, remedy }) => `${reason}\n${remedy}`);
  return (
    <div className="stack">
      <Scroll label="Table of the plan">
        <table>
          <thead>
            <tr>
              <th scope="col">Direction</th>
              {["Create", "Update", "Close"].map((name) => (
                <th key={name} scope="col" className="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">Partner Center → {crmName}</th>
              <td className="number">{count("crm", "create")}</td>
              <td className="number">{count("crm", "update")}</td>
              <td className="number">{count("crm", "close")}</td>
            </tr>
            <tr>
              <th scope="row">{crmName} → Partner Center</th>
              <td className="number">{count("referral", "create")}</td>
              <td className="number">{count("referral", "update")}</td>
              <td className="number">{count("referral", "close")}</td>
            </tr>
          </tbody>
        </table>
      </Scroll>
      <p>
        {number(plan.links)} linked · {number(plan.questions.length)} to be asked ·{" "}
        {number(plan.refusals.length)} refused · about {number(plan.calls)} calls
      </p>
      <ul className="stack">
        {[...byRemedy.entries()].slice(0, shownRefusals).map(([key, refusals]) => {
          const [first] = refusals;
          if (!first) return null;
          return (
            <li key={key}>
              <span className="warn-text">
                {number(refusals.length)} × {first.reason}
              </span>{" "}
              <span className="quiet">→ {first.remedy}</span>{" "}
              <Link to={`/deals/${first.pairId}`}>for example</Link>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
