import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { ProblemGroup } from "../../contract/index.ts";
import { ask } from "../api/ask.ts";
import { Dialog } from "../parts/dialog.tsx";
import { useStanding } from "../shell/session.ts";
import { useToasts } from "../shell/toasts.tsx";
import { valueText } from "../words/format.ts";

interface Props {
  readonly deal: ProblemGroup["deals"][number];
  readonly field: string;
  readonly onClose: () => void;
}

/** Gives the field that is in the way a value that both sides take, and tries again. */
export function FixDialog({ deal, field, onClose }: Props) {
  const { crmName } = useStanding();
  const client = useQueryClient();
  const toasts = useToasts();
  const [text, setText] = useState(String(deal.referral ?? deal.crm ?? ""));
  const [trouble, setTrouble] = useState("");
  const isNumber = typeof deal.referral === "number" || typeof deal.crm === "number";
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    try {
      const value = isNumber ? Number(text) : text;
      const body = { values: { [field]: value } };
      await ask(`/api/deals/${deal.id}/edit`, { body });
      await ask("/api/problems/replay", { body: { ids: [deal.id] } });
      toasts.done("Fixed, and tried again.");
      onClose();
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : String(error));
    } finally {
      await client.invalidateQueries();
    }
  };
  return (
    <Dialog title={`Fix: ${deal.title}`} onClose={onClose}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <p>
          {crmName} says <strong>{valueText(deal.crm)}</strong>, Partner Center says{" "}
          <strong>{valueText(deal.referral)}</strong>.
        </p>
        <label>
          {deal.label ?? field}
          <input
            name="value"
            type={isNumber ? "number" : "text"}
            step="any"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <small>As Partner Center writes it; it goes to both sides.</small>
        </label>
        <p role="alert" className="bad-text">
          {trouble}
        </p>
        <div className="row">
          <button type="submit" className="primary">
            Write it and try again
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
