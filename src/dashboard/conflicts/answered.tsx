import { useQuery } from "@tanstack/react-query";
import { inboxQuery } from "../api/queries.ts";
import { Ago, Empty, Scroll, Skeleton, Trouble } from "../parts/parts.tsx";
import { Link } from "../shell/router.tsx";
import { useStanding } from "../shell/session.ts";

/** What was decided, by whom and when. */
export function Answered() {
  const { crmName } = useStanding();
  const { data: items, error, refetch } = useQuery(inboxQuery(true));
  if (error && !items) return <Trouble error={error} retry={() => void refetch()} />;
  if (!items) return <Skeleton lines={8} />;
  const words: Readonly<Record<string, string>> = {
    crm: `Kept ${crmName}'s`,
    referral: "Kept Partner Center's",
    value: "Another value",
    edited: "Edited on the deal",
    dismiss: "Left as it is",
    create: "Made a new deal",
    link: "Linked",
    close: "Closed the double",
  };
  return (
    <section className="panel" aria-label="Answered questions">
      {items.length === 0 ? (
        <Empty title="Nothing was decided yet">Each answer is kept here, with who gave it.</Empty>
      ) : (
        <Scroll label="Table of answers">
          <table>
            <thead>
              <tr>
                <th scope="col">Deal</th>
                <th scope="col">Question</th>
                <th scope="col">Decided</th>
                <th scope="col">By</th>
                <th scope="col">When</th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <tr key={item.id}>
                  <td>
                    {item.pairId ? (
                      <Link to={`/deals/${item.pairId}`}>{item.deal?.title ?? item.pairId}</Link>
                    ) : (
                      "The sync"
                    )}
                  </td>
                  <td>{item.deal?.label ?? item.sentence}</td>
                  <td>{words[item.resolution ?? ""] ?? item.resolution}</td>
                  <td>{item.resolvedBy ?? <span className="quiet">settled by itself</span>}</td>
                  <td>{item.resolvedAt && <Ago at={item.resolvedAt} />}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}
