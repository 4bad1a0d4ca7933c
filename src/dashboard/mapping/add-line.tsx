import { type FormEvent, useState } from "react";
import type { MappingLine, MappingView, PlainValue } from "../../contract/index.ts";
import { Panel } from "../parts/parts.tsx";
import { useStanding } from "../shell/session.ts";

interface Props {
  readonly view: MappingView;
  readonly lines: readonly MappingLine[];
  readonly onAdd: (line: PlainValue) => void;
}

const camelCase = (label: string): string =>
  label
    .replaceAll(/[^A-Za-z0-9 ]/g, "")
    .trim()
    .split(/\s+/)
    .map((word, index) =>
      index === 0
        ? word.charAt(0).toLowerCase() + word.slice(1)
        : word.charAt(0).toUpperCase() + word.slice(1),
    )
    .join("");

/** One more field: the CRM's and the referral's, out of those that are known and free. */
export function AddLine({ view, lines, onAdd }: Props) {
  const { crmName, mayDecide } = useStanding();
  const [label, setLabel] = useState("");
  const taken = new Set(lines.flatMap(({ crm, referral }) => [crm, referral]));
  const referrals = view.referralFields.filter(({ path }) => !taken.has(path));
  const crms = view.crmFields.filter((name) => !taken.has(name));
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const referral = String(form.get("referral"));
    const isPatchable = referrals.some((one) => one.path === referral && one.isPatchable);
    onAdd({
      name: camelCase(label),
      label,
      referral,
      crm: String(form.get("crm")),
      lens: String(form.get("lens")),
      ...(isPatchable ? {} : { direction: "to-crm" }),
      policy: "ask",
    });
    event.currentTarget.reset();
    setLabel("");
  };
  return (
    <Panel title="Map another field">
      <form className="body add" onSubmit={submit}>
        <label>
          What a seller calls it
          <input
            required
            value={label}
            pattern="[A-Za-z].*"
            onChange={(event) => setLabel(event.target.value)}
          />
        </label>
        <label>
          {crmName}'s field
          <input name="crm" required list="crm-fields" spellCheck={false} />
        </label>
        <label>
          Partner Center's field
          <select name="referral" required>
            {referrals.map(({ path, isPatchable }) => (
              <option key={path} value={path}>
                {path}
                {isPatchable ? "" : " (read only)"}
              </option>
            ))}
          </select>
        </label>
        <label>
          Lens
          <select name="lens">
            {view.lenses.map((lens) => (
              <option key={lens}>{lens}</option>
            ))}
          </select>
        </label>
        <button type="submit" disabled={!mayDecide}>
          Add
        </button>
        <datalist id="crm-fields">
          {crms.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </form>
    </Panel>
  );
}
