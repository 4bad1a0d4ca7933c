import type { DealDetail, DealField } from "../../contract/index.ts";
import { Scroll } from "../parts/parts.tsx";
import { useCommand } from "../parts/use-command.ts";
import { useStanding } from "../shell/session.ts";
import { valueText } from "../words/format.ts";
import { sideName } from "../words/states.ts";

const amountFields = new Set(["dealValue"]);
const arrows = { both: "↔", "to-crm": "←", "to-referral": "→" } as const;

/** A choice that one side numbers and the other names: its number is no amount. */
const isCode = ({ crm, referral }: DealField): boolean =>
  typeof crm === "number" && typeof referral === "string";

/** A value of a field, with its currency where it is an amount. */
export function fieldText(deal: DealDetail, field: DealField, value: DealField["crm"]): string {
  const currency = deal.referral?.values.currency ?? deal.crm?.values.currency;
  const isAmount = amountFields.has(field.name) && typeof currency === "string";
  if (typeof value === "number" && isCode(field)) return String(value);
  return valueText(value, isAmount ? currency : undefined);
}

function stateText(field: DealField, crmName: string): string {
  if (field.sending) return `Sending to ${sideName(field.sending, crmName)}…`;
  if (field.parked === "operator") return "Paused";
  if (field.parked === "undo") return "Undone, kept";
  if (field.parked) return "Needs a decision";
  switch (field.state) {
    case "changed-in-both":
      return "Changed on both sides";
    case "changed-in-crm":
      return `Changed in ${crmName}`;
    case "changed-in-referral":
      return "Changed in Partner Center";
    default:
      return field.note ? "Not carried over" : "";
  }
}

const isSame = (left: unknown, right: unknown): boolean =>
  JSON.stringify(left) === JSON.stringify(right);

/** Both sides and what was last agreed, field by field; what differs stands first. */
export function FieldTable({ deal }: { readonly deal: DealDetail }) {
  const { crmName } = useStanding();
  const isCalm = (field: DealField): boolean =>
    field.state === "in-step" && !field.note && !field.sending;
  const isEmpty = (field: DealField): boolean =>
    [field.crm, field.referral].every(
      (value) => value === null || value === "" || (Array.isArray(value) && value.length === 0),
    );
  const full = deal.fields.filter((field) => !isEmpty(field) || !isCalm(field));
  const ordered = [...full.filter((field) => !isCalm(field)), ...full.filter(isCalm)];
  const empty = deal.fields.filter((field) => isEmpty(field) && isCalm(field));
  return (
    <>
      <Scroll label="Table of fields">
        <table className="fields">
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">{crmName}</th>
              <th scope="col">Agreed</th>
              <th scope="col">Partner Center</th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {ordered.map((field) => (
              <Row key={field.name} deal={deal} field={field} />
            ))}
          </tbody>
        </table>
      </Scroll>
      {empty.length > 0 && (
        <p className="body quiet">
          Empty on both sides: {empty.map(({ label }) => label).join(", ")}
        </p>
      )}
    </>
  );
}

function Row({ deal, field }: { readonly deal: DealDetail; readonly field: DealField }) {
  const { crmName, mayDecide } = useStanding();
  const command = useCommand();
  const inCrm = fieldText(deal, field, field.crm);
  const inReferral = fieldText(deal, field, field.referral);
  const agreed = fieldText(deal, field, field.agreedReferral ?? field.agreedCrm);
  const state = stateText(field, crmName);
  const isLoud = state !== "";
  const canResume = field.parked === "operator" || field.parked === "undo";
  const turn = (action: "pause" | "resume"): void =>
    command.mutate({
      path: `/api/deals/${deal.id}/${action}`,
      body: { field: field.name },
      said: action === "pause" ? `${field.label} is paused.` : `${field.label} goes on.`,
    });
  const changedInCrm = isLoud && !isSame(field.crm, field.agreedCrm);
  const changedInReferral = isLoud && !isSame(field.referral, field.agreedReferral);
  return (
    <tr className={isLoud ? "loud" : ""}>
      <th scope="row">
        {field.label}{" "}
        <span className="quiet" title={field.direction}>
          <span aria-hidden="true">{arrows[field.direction]}</span>
        </span>
      </th>
      <td className={changedInCrm ? "changed" : ""}>{inCrm}</td>
      <td className="quiet">{agreed}</td>
      <td className={changedInReferral ? "changed" : ""}>{inReferral}</td>
      <td>
        <span className={field.note || field.parked ? "warn-text" : "quiet"}>{state}</span>
        {field.note && <p className="hint">{field.note}</p>}
        {mayDecide && canResume && (
          <button type="button" className="link" onClick={() => turn("resume")}>
            Resume
          </button>
        )}
        {mayDecide && !field.parked && field.direction === "both" && (
          <button type="button" className="link on-hover" onClick={() => turn("pause")}>
            Pause<span className="unseen"> {field.label}</span>
          </button>
        )}
      </td>
    </tr>
  );
}
