import { useState } from "react";
import type { DealDetail, DealEvent } from "../../contract/index.ts";
import { Empty } from "../parts/parts.tsx";
import { useStanding } from "../shell/session.ts";
import { day, fullTime, personText, timeOfDay, valueText } from "../words/format.ts";
import { sideName } from "../words/states.ts";

interface Props {
  readonly deal: DealDetail;
  readonly onUndo?: (sequence: number) => void;
}

const verbs: Readonly<Record<string, string>> = {
  linked: "linked",
  created: "created",
  agreed: "agreed",
  conflict: "changed on both sides",
  resolved: "decided",
  edited: "edited here",
  refused: "refused",
  undone: "undone",
  paused: "paused",
  resumed: "resumed",
  problem: "a call failed",
  deleted: "deleted",
  unlinked: "no longer kept in step",
  restored: "the database was restored",
  approved: "approved",
};

function sentenceOf(event: DealEvent, crmName: string): string {
  const place = sideName(event.side, crmName);
  switch (event.kind) {
    case "seen":
      return `${place} changed`;
    case "wrote":
      return `written to ${place}`;
    case "created":
      return event.side === undefined ? "created" : `created in ${place}`;
    default:
      return verbs[event.kind] ?? event.kind;
  }
}

const firstShown = 12;

/** What happened, newest first, each with its call; quiet agreements only on demand. */
export function Timeline({ deal, onUndo }: Props) {
  const [isFull, setFull] = useState(false);
  const told = deal.history.filter(({ kind }) => isFull || kind !== "agreed").toReversed();
  if (deal.history.length === 0) {
    return <Empty title="Nothing has happened yet">What is seen and written appears here.</Empty>;
  }
  const shown = isFull ? told : told.slice(0, firstShown);
  const labels = new Map(deal.fields.map(({ name, label }) => [name, label]));
  const undone = new Set(deal.history.filter(({ kind }) => kind === "undone").map((one) => one.at));
  const hidden = deal.history.length - shown.length;
  return (
    <>
      <ol className="timeline">
        {shown.map((event) => (
          <Line
            key={event.sequence}
            event={event}
            labels={labels}
            {...(onUndo && event.kind === "wrote" && undone.size < 100 ? { onUndo } : {})}
          />
        ))}
      </ol>
      {(hidden > 0 || isFull) && (
        <p className="body">
          <button type="button" className="link" onClick={() => setFull(!isFull)}>
            {isFull ? "Show less" : `Show all ${deal.history.length} lines, each agreement too`}
          </button>
        </p>
      )}
    </>
  );
}

interface LineProps {
  readonly event: DealEvent;
  readonly labels: ReadonlyMap<string, string>;
  readonly onUndo?: (sequence: number) => void;
}

function Line({ event, labels, onUndo }: LineProps) {
  const { crmName } = useStanding();
  const { at, kind, fields = [], by, note, sequence, correlationId } = event;
  const isBad = kind === "problem" || kind === "refused" || kind === "conflict";
  return (
    <li className={isBad ? "bad" : kind}>
      <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
        {timeOfDay(at)}
        <span className="quiet"> {day(at)}</span>
      </time>
      <div>
        <p>
          <strong>{sentenceOf(event, crmName)}</strong>
          {by && (
            <span className="quiet" title={by}>
              {" "}
              by {personText(by)}
            </span>
          )}
          {note && <span className="quiet"> · {note}</span>}
          {onUndo && (
            <button type="button" className="link" onClick={() => onUndo(sequence)}>
              Undo
            </button>
          )}
        </p>
        <ul className="quiet">
          {fields.map((field) => (
            <li key={field.field}>
              {labels.get(field.field) ?? field.field}
              {changeText(field)}
            </li>
          ))}
        </ul>
        {correlationId && (
          <p className="hint">
            call <code>{correlationId}</code>
          </p>
        )}
      </div>
    </li>
  );
}

function changeText(field: NonNullable<DealEvent["fields"]>[number]): string {
  if (field.from !== undefined || field.to !== undefined) {
    const { from, to, fromWord, toWord } = field;
    return `: ${valueText(fromWord ?? from)} → ${valueText(toWord ?? to)}`;
  }
  const value = field.referral ?? field.crm;
  return value === undefined ? "" : `: ${valueText(value)}`;
}
