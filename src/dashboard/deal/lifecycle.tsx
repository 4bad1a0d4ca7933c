import { useState } from "react";
import type { DealDetail, LifecycleMove } from "../../contract/index.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Ago } from "../parts/parts.tsx";
import { useCommand } from "../parts/use-command.ts";
import { useStanding } from "../shell/session.ts";
import { day } from "../words/format.ts";

const words = {
  accept: { name: "Accept", done: "Accepted", tone: "primary" },
  decline: { name: "Decline", done: "Declined", tone: "danger" },
  win: { name: "Mark as won", done: "Won", tone: "primary" },
  lose: { name: "Mark as lost", done: "Lost", tone: "danger" },
} as const;

const ends = ["Won", "Lost", "Declined", "Expired"] as const;

/** Where the referral stands in its life, and the moves that are allowed from there. */
export function Lifecycle({ deal }: { readonly deal: DealDetail }) {
  const { mayDecide } = useStanding();
  const [asked, setAsked] = useState<LifecycleMove | undefined>();
  const { lifecycle } = deal;
  const { status, substatus, moves, expiresAt } = lifecycle;
  if (status === "") return null;
  return (
    <section className="panel life" aria-label="Lifecycle">
      <Diagram status={status} substatus={substatus} />
      <div className="moves">
        <p className="quiet">
          {lifecycle.acceptedDateTime && `Accepted ${day(lifecycle.acceptedDateTime)}`}
          {lifecycle.closedDateTime && ` · closed ${day(lifecycle.closedDateTime)}`}
          {expiresAt !== undefined && (
            <span className="warn-text">
              Unanswered: it expires <Ago at={expiresAt} />
            </span>
          )}
          {status === "Closed" && " · final: no action is possible any more"}
        </p>
        <div className="row">
          {moves.map((move) => (
            <button
              key={move.action}
              type="button"
              className={words[move.action].tone}
              disabled={!mayDecide || !deal.crm}
              onClick={() => setAsked(move)}
            >
              {words[move.action].name}
            </button>
          ))}
        </div>
      </div>
      {asked && <Confirm deal={deal} move={asked} onClose={() => setAsked(undefined)} />}
    </section>
  );
}

function Diagram({ status, substatus }: { readonly status: string; readonly substatus: string }) {
  const order = ["New", "Active", "Closed"];
  const now = order.indexOf(status);
  const classOf = (name: string): string => {
    const at = order.indexOf(name);
    return at < now ? "past" : at === now ? "now" : "";
  };
  const isDirect = substatus === "Declined" || substatus === "Expired";
  return (
    <ol className="diagram" aria-label="States">
      <li className={classOf("New")} {...(now === 0 ? { "aria-current": "step" as const } : {})}>
        <span className="dot" />
        New
      </li>
      <li
        className={isDirect ? "skipped" : classOf("Active")}
        {...(now === 1 ? { "aria-current": "step" as const } : {})}
      >
        <span className="dot" />
        Active
      </li>
      <li className="ends">
        {ends.map((end) => (
          <span
            key={end}
            className={substatus === end ? "now" : ""}
            {...(substatus === end ? { "aria-current": "step" as const } : {})}
          >
            <span className="dot" />
            {end}
          </span>
        ))}
      </li>
    </ol>
  );
}

interface ConfirmProps {
  readonly deal: DealDetail;
  readonly move: LifecycleMove;
  readonly onClose: () => void;
}

/** A move is told in words before it is made: most of them can't be taken back. */
function Confirm({ deal, move, onClose }: ConfirmProps) {
  const { crmName } = useStanding();
  const command = useCommand();
  const [reason, setReason] = useState("");
  const { name, done } = words[move.action];
  const statusField = deal.fields.find(({ name: field }) => field === "status");
  const hasReason = deal.fields.some((field) => field.name === "statusReason" && field.isEditable);
  const wantsReason = move.action === "lose" || move.action === "decline";
  const send = (): void => {
    const values: Record<string, string> = { status: move.to };
    if (wantsReason && hasReason && reason !== "") values.statusReason = reason;
    command.mutate(
      { path: `/api/deals/${deal.id}/edit`, body: { values }, said: `${done}: on its way.` },
      { onSuccess: onClose },
    );
  };
  return (
    <Dialog title={`${name}: ${deal.title}`} onClose={onClose}>
      <div className="stack">
        <p>
          Partner Center becomes <strong>{move.to}</strong>
          {statusField && <>, and {crmName} follows</>}.{" "}
          {move.isFinal
            ? "This is final: no action is possible afterwards, and it can't be undone."
            : "It can't go back to New."}
        </p>
        {move.caution && <p className="banner warn">{move.caution}</p>}
        {wantsReason && hasReason && (
          <label>
            Reason
            <input
              value={reason}
              maxLength={500}
              onChange={(event) => setReason(event.target.value)}
            />
            <small>Goes with it to both sides.</small>
          </label>
        )}
        <div className="row">
          <button
            type="button"
            className={move.action === "lose" || move.action === "decline" ? "danger" : "primary"}
            disabled={command.isPending}
            onClick={send}
          >
            {name}
          </button>
          <button type="button" onClick={onClose}>
            Not now
          </button>
        </div>
      </div>
    </Dialog>
  );
}
