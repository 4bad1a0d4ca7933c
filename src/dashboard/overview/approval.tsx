import { useQuery } from "@tanstack/react-query";
import { ask } from "../api/ask.ts";
import { Skeleton, Trouble } from "../parts/parts.tsx";
import { type PlanAnswer, PlanTable } from "../parts/plan-table.tsx";
import { useCommand } from "../parts/use-command.ts";
import { useStanding } from "../shell/session.ts";

/** Before the first write: the plan in numbers, and the word that lets it happen. */
export function Approval({ reason }: { readonly reason: "first-run" | "restored" }) {
  const { mayDecide } = useStanding();
  const command = useCommand();
  const { data, error, refetch } = useQuery({
    queryKey: ["plan"],
    queryFn: ({ signal }) => ask<PlanAnswer>("/api/plan", { signal }),
  });
  return (
    <section className="panel approval" aria-labelledby="approval-title">
      <header>
        <h2 id="approval-title">
          {reason === "restored"
            ? "The database was restored from a backup: writes wait for your approval."
            : "Nothing was written yet. This is what would happen:"}
        </h2>
      </header>
      <div className="body stack">
        {error && <Trouble error={error} retry={() => void refetch()} />}
        {data ? <PlanTable plan={data} /> : !error && <Skeleton />}
        <div className="row">
          <button
            type="button"
            className="primary"
            disabled={!mayDecide || !data || command.isPending}
            onClick={() =>
              command.mutate({ path: "/api/approve", said: "Approved: the sync begins." })
            }
          >
            Approve the plan
          </button>
          <button type="button" onClick={() => void refetch()}>
            Plan again
          </button>
        </div>
      </div>
    </section>
  );
}
