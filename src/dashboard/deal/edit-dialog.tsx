import { type FormEvent, useState } from "react";
import type { DealDetail, DealField, PlainValue } from "../../contract/index.ts";
import { Dialog } from "../parts/dialog.tsx";
import { useCommand } from "../parts/use-command.ts";
import { useStanding } from "../shell/session.ts";

const isoMoment = /^\d{4}-\d\d-\d\dT/;

type Kind = "number" | "date" | "text" | "long";

function kindOf({ name, referral, crm }: DealField): Kind | undefined {
  const value = referral ?? crm;
  if (typeof value === "object" && value !== null) return undefined;
  if (typeof value === "boolean" || name === "status") return undefined;
  if (typeof value === "number" || name === "dealValue") return "number";
  if ((typeof value === "string" && isoMoment.test(value)) || name === "closingDate") return "date";
  return name === "notes" ? "long" : "text";
}

const textOf = (kind: Kind, value: PlainValue): string => {
  if (value === null) return "";
  return kind === "date" ? String(value).slice(0, 10) : String(value);
};

function typedValue(kind: Kind, text: string): PlainValue {
  if (text === "") return null;
  if (kind === "number") return Number(text);
  return kind === "date" ? `${text}T00:00:00Z` : text;
}

interface Props {
  readonly deal: DealDetail;
  readonly onClose: () => void;
}

/** Gives values to both sides at once, through the engine. */
export function EditDialog({ deal, onClose }: Props) {
  const { crmName } = useStanding();
  const command = useCommand();
  const fields = deal.fields.flatMap((field) => {
    const kind = field.isEditable ? kindOf(field) : undefined;
    return kind ? [{ field, kind }] : [];
  });
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const changed = fields.filter(({ field, kind }) => {
    const text = texts[field.name];
    return text !== undefined && text !== textOf(kind, field.referral);
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const values = Object.fromEntries(
      changed.map(({ field, kind }) => [field.name, typedValue(kind, texts[field.name] ?? "")]),
    );
    command.mutate(
      { path: `/api/deals/${deal.id}/edit`, body: { values }, said: "On its way to both sides." },
      { onSuccess: onClose },
    );
  };
  return (
    <Dialog title={`Edit: ${deal.title}`} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <p className="quiet">
          What you write here goes to {crmName} and to Partner Center, in place of what both say
          now.
        </p>
        {fields.map(({ field, kind }) => (
          <Input
            key={field.name}
            field={field}
            kind={kind}
            text={texts[field.name] ?? textOf(kind, field.referral)}
            onChange={(text) => setTexts({ ...texts, [field.name]: text })}
          />
        ))}
        <div className="row">
          <button
            type="submit"
            className="primary"
            disabled={changed.length === 0 || command.isPending}
          >
            {changed.length === 0
              ? "Nothing changed"
              : `Send ${changed.length === 1 ? "the change" : `${changed.length} changes`}`}
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface InputProps {
  readonly field: DealField;
  readonly kind: Kind;
  readonly text: string;
  readonly onChange: (text: string) => void;
}

function Input({ field, kind, text, onChange }: InputProps) {
  const id = `edit-${field.name}`;
  return (
    <div className="field">
      <label htmlFor={id}>{field.label}</label>
      {kind === "long" ? (
        <textarea
          id={id}
          name={field.name}
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
      ) : (
        <input
          id={id}
          name={field.name}
          type={kind}
          step={kind === "number" ? "any" : undefined}
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </div>
  );
}
