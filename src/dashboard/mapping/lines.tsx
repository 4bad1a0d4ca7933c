import type { MappingLine, MappingPreview, PlainValue } from "../../contract/index.ts";
import { Scroll } from "../parts/parts.tsx";
import { useStanding } from "../shell/session.ts";
import { plainCode, valueText } from "../words/format.ts";

type Value = MappingPreview["values"][number];

interface Props {
  readonly lines: readonly MappingLine[];
  readonly values: readonly Value[];
  readonly lenses: readonly string[];
  readonly onChange: (line: MappingLine, name: string, value: PlainValue) => void;
  readonly onRemove: (line: MappingLine) => void;
}

const directions = [
  { value: "both", text: "↔ both ways" },
  { value: "to-crm", text: "← to the CRM" },
  { value: "to-referral", text: "→ to the referral" },
] as const;

const policies = [
  { value: "ask", text: "ask a person" },
  { value: "newest", text: "the newest wins" },
  { value: "crm", text: "the CRM wins" },
  { value: "referral", text: "Partner Center wins" },
] as const;

/** A row per field: both ends with a real deal's values, the line between them, and the rules. */
export function Lines({ lines, values, lenses, onChange, onRemove }: Props) {
  const { crmName } = useStanding();
  const byName = new Map(values.map((value) => [value.field, value]));
  return (
    <section className="panel" aria-label="Mapped fields">
      <Scroll label="Table of mapped fields">
        <table className="lines">
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">{crmName}</th>
              <th scope="col">Direction</th>
              <th scope="col">Partner Center</th>
              <th scope="col">Lens</th>
              <th scope="col">Both changed it</th>
              <th scope="col">
                <span className="unseen">Remove</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <Row
                key={line.name}
                line={line}
                value={byName.get(line.name)}
                lenses={lenses}
                onChange={onChange}
                onRemove={onRemove}
              />
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

interface RowProps extends Omit<Props, "lines" | "values"> {
  readonly line: MappingLine;
  readonly value: Value | undefined;
}

function Row({ line, value, lenses, onChange, onRemove }: RowProps) {
  const { mayDecide } = useStanding();
  const isComputed = line.expression !== undefined;
  return (
    <tr className={refusalsOf(value).length > 0 ? "loud" : ""}>
      <th scope="row">
        {line.label}
        {line.required && <span className="quiet"> · required</span>}
        {line.consent && <span className="quiet"> · with consent</span>}
      </th>
      <End
        place={line.crm}
        expression={line.crm ? undefined : line.expression}
        value={plainCode(value?.crm, [value?.referral, value?.toReferral.value])}
      />
      <td>
        <Wire line={line} />
        <select
          aria-label={`Direction of ${line.label}`}
          value={line.direction}
          disabled={!mayDecide || isComputed}
          onChange={(event) => onChange(line, "direction", event.target.value)}
        >
          {directions.map(({ value: one, text }) => (
            <option key={one} value={one}>
              {text}
            </option>
          ))}
        </select>
        {refusalsOf(value).map((refusal) => (
          <p key={refusal} className="hint warn-text">
            {refusal}
          </p>
        ))}
        {value && !value.isSame && refusalsOf(value).length === 0 && <Outcome value={value} />}
      </td>
      <End
        place={line.referral}
        expression={line.referral ? undefined : line.expression}
        value={value?.referral}
      />
      <td>
        {isComputed || !lenses.includes(line.lens) ? (
          <span className="quiet" title="Set in the YAML">
            {line.lens}
          </span>
        ) : (
          <select
            aria-label={`Lens of ${line.label}`}
            value={line.lens}
            disabled={!mayDecide}
            onChange={(event) => onChange(line, "lens", event.target.value)}
          >
            {lenses.map((lens) => (
              <option key={lens}>{lens}</option>
            ))}
          </select>
        )}
      </td>
      <td>
        <select
          aria-label={`Policy of ${line.label}`}
          value={line.policy}
          disabled={!mayDecide}
          onChange={(event) => onChange(line, "policy", event.target.value)}
        >
          {policies.map(({ value: one, text }) => (
            <option key={one} value={one}>
              {text}
            </option>
          ))}
        </select>
      </td>
      <td>
        <button
          type="button"
          className="plain"
          disabled={!mayDecide}
          onClick={() => onRemove(line)}
        >
          <span aria-hidden="true">×</span>
          <span className="unseen">Remove {line.label}</span>
        </button>
      </td>
    </tr>
  );
}

function refusalsOf(value: Value | undefined): readonly string[] {
  if (!value || value.isSame) return [];
  return [value.toCrm.refusal, value.toReferral.refusal].filter((one) => one !== undefined);
}

/** What would be written where the deal's two sides don't say the same. */
function Outcome({ value }: { readonly value: Value }) {
  const { toCrm, toReferral } = value;
  return (
    <p className="hint">
      {toReferral.value !== undefined && <>→ {valueText(toReferral.value)} </>}
      {toCrm.value !== undefined && <>← {valueText(plainCode(toCrm.value, [value.referral]))}</>}
    </p>
  );
}

function End(props: {
  readonly place: string | undefined;
  readonly expression: string | undefined;
  readonly value: PlainValue | undefined;
}) {
  const { place, expression, value } = props;
  return (
    <td>
      <code>{place ?? (expression ? `= ${expression}` : "–")}</code>
      <p className="sample">{valueText(value)}</p>
    </td>
  );
}

/** The line between both ends: full both ways, with a point at the end that receives. */
function Wire({ line }: { readonly line: MappingLine }) {
  const toCrm = line.direction !== "to-referral";
  const toReferral = line.direction !== "to-crm";
  return (
    <svg className="wire" viewBox="0 0 120 12" aria-hidden="true">
      <path d="M6 6h108" />
      {toCrm && <path d="M11 2L5 6l6 4" />}
      {toReferral && <path d="M109 2l6 4-6 4" />}
    </svg>
  );
}
