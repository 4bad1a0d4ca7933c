import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { MappingPreview, MappingView, OperatorStatus } from "../../contract/index.ts";
import { ask } from "../api/ask.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Skeleton, Trouble } from "../parts/parts.tsx";
import { type PlanAnswer, PlanTable } from "../parts/plan-table.tsx";
import { useStanding } from "../shell/session.ts";
import { useToasts } from "../shell/toasts.tsx";

interface Props {
  readonly view: MappingView;
  readonly text: string;
  readonly diff: MappingPreview["diff"];
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

const numbered = (diff: MappingPreview["diff"]) => diff.map((line, at) => ({ ...line, at }));

const signs = { same: " ", gone: "−", new: "+" } as const;
const pauseMs = 300;
const patienceMs = 60_000;

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, pauseMs));

/** Resolves when the sync has begun anew, which it does on its own after the mapping was stored. */
async function begunAnew(before: number | undefined): Promise<void> {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += pauseMs) {
    await pause();
    try {
      const { startedAt } = await ask<OperatorStatus>("/api/status");
      if (startedAt !== before) return;
    } catch {
      // It doesn't answer while it begins anew.
    }
  }
  throw new Error("The mapping is stored, but the sync hasn't begun anew: look at its log.");
}

/** The change as lines of the file, and the plan that follows from it, before anything is kept. */
export function SaveDialog({ view, text, diff, onClose, onSaved }: Props) {
  const toasts = useToasts();
  const { status } = useStanding();
  const [isWaiting, setWaiting] = useState(false);
  const plan = useQuery({
    queryKey: ["mapping-plan", text],
    queryFn: ({ signal }) => ask<PlanAnswer>("/api/mapping/plan", { body: { text }, signal }),
    staleTime: 0,
  });
  const save = async (): Promise<void> => {
    setWaiting(true);
    try {
      await ask("/api/mapping/save", { body: { text, before: view.text } });
      await begunAnew(status?.startedAt);
      toasts.done("Saved. The sync goes on under the new mapping.");
      onSaved();
    } catch (error) {
      toasts.refused(error);
      setWaiting(false);
    }
  };
  return (
    <Dialog title="Save the mapping" className="wide" onClose={onClose}>
      <div className="stack">
        <section aria-label="What changes in the file">
          <h3>What changes in {view.path}</h3>
          <pre className="diff">
            {numbered(diff).map(({ kind, text: line, at }) => (
              <span key={at} className={kind}>
                {signs[kind]} {line}
                {"\n"}
              </span>
            ))}
          </pre>
        </section>
        <section aria-label="What would happen">
          <h3>What would happen, to deals that are in step too</h3>
          {plan.error && <Trouble error={plan.error} retry={() => void plan.refetch()} />}
          {plan.data ? <PlanTable plan={plan.data} /> : !plan.error && <Skeleton />}
          <p className="hint">
            A field of the CRM that wasn't mapped before is read for the first time after saving.
          </p>
        </section>
        {!view.canSave && (
          <p className="banner warn">
            The configuration names no mapping file. Name one under `mapping:` in
            referrals.config.yaml, put this text there, and start again.
          </p>
        )}
        <div className="row">
          <button
            type="button"
            className="primary"
            disabled={!view.canSave || !plan.data || isWaiting}
            onClick={() => void save()}
          >
            {isWaiting ? "The sync begins anew…" : "Save and apply"}
          </button>
          <button type="button" onClick={onClose}>
            Not yet
          </button>
        </div>
      </div>
    </Dialog>
  );
}
