import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type {
  MappingEdit,
  MappingLine,
  MappingPreview,
  MappingView,
  PlainValue,
} from "../../contract/index.ts";
import { ask } from "../api/ask.ts";
import { dealsQuery } from "../api/queries.ts";
import { Panel, Skeleton, Trouble } from "../parts/parts.tsx";
import { useStanding } from "../shell/session.ts";
import { useToasts } from "../shell/toasts.tsx";
import { AddLine } from "./add-line.tsx";
import { Lines } from "./lines.tsx";
import { SaveDialog } from "./save-dialog.tsx";
import "./mapping.css";

const samples = "$orderby=changed desc&$filter=state eq 'in-step'&$top=30";

/** Which field of a deal belongs to which of a referral, tried on a real deal before it is kept. */
export default function Mapping() {
  const { data, error, refetch } = useQuery({
    queryKey: ["mapping"],
    queryFn: ({ signal }) => ask<MappingView>("/api/mapping", { signal }),
    // What is being edited isn't taken away by news.
    refetchOnMount: "always",
  });
  if (error && !data) return <Trouble error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton lines={12} />;
  return <Editor key={data.text} view={data} onSaved={() => void refetch()} />;
}

interface EditorProps {
  readonly view: MappingView;
  readonly onSaved: () => void;
}

function Editor({ view, onSaved }: EditorProps) {
  const { mayDecide } = useStanding();
  const toasts = useToasts();
  const [text, setText] = useState(view.text);
  const [pairId, setPairId] = useState<string | undefined>();
  const [isRaw, setRaw] = useState(false);
  const [isSaving, setSaving] = useState(false);
  const { data: deals } = useQuery(dealsQuery(samples));
  const { data: preview } = useQuery({
    queryKey: ["mapping-preview", text, pairId ?? ""],
    queryFn: ({ signal }) =>
      ask<MappingPreview>("/api/mapping/preview", {
        body: { text, ...(pairId === undefined ? {} : { pairId }) },
        signal,
      }),
    placeholderData: (before) => before,
  });
  const edit = (edits: readonly MappingEdit[]): void => {
    ask<MappingPreview>("/api/mapping/preview", { body: { text, edits } })
      .then((changed) => setText(changed.text))
      .catch((error) => toasts.refused(error));
  };
  const change = (line: MappingLine, name: string, value: PlainValue): void =>
    edit([{ path: ["fields", line.index, name], value }]);
  const faults = preview?.faults ?? [];
  const isChanged = text !== view.text;
  return (
    <div className="mapping stack">
      <div className="page-head">
        <h1>Mapping</h1>
        <span className="quiet cut path">
          <bdi>{view.path}</bdi>
        </span>
        <div className="row">
          <label className="line">
            Tried on
            <select
              value={pairId ?? ""}
              onChange={(event) => setPairId(event.target.value || undefined)}
            >
              <option value="">a deal that is in step</option>
              {deals?.deals.map(({ id, title }) => (
                <option key={id} value={id}>
                  {title}
                </option>
              ))}
            </select>
          </label>
          <button type="button" aria-pressed={isRaw} onClick={() => setRaw(!isRaw)}>
            YAML
          </button>
          <button type="button" disabled={!isChanged} onClick={() => setText(view.text)}>
            Undo all
          </button>
          <button
            type="button"
            className="primary"
            disabled={!mayDecide || !isChanged || faults.length > 0}
            onClick={() => setSaving(true)}
          >
            Review and save…
          </button>
        </div>
      </div>
      <Faults faults={faults} />
      {isRaw ? (
        <Panel title="The file">
          <div className="body">
            <textarea
              className="code whole"
              aria-label="The mapping as YAML"
              spellCheck={false}
              value={text}
              readOnly={!mayDecide}
              onChange={(event) => setText(event.target.value)}
            />
          </div>
        </Panel>
      ) : (
        <>
          <Lines
            lines={preview?.lines.length ? preview.lines : view.lines}
            values={preview?.values ?? []}
            lenses={view.lenses}
            onChange={change}
            onRemove={({ index }) => edit([{ path: ["fields", index] }])}
          />
          <AddLine
            view={view}
            lines={preview?.lines ?? view.lines}
            onAdd={(value) =>
              edit([{ path: ["fields", (preview?.lines ?? view.lines).length], value }])
            }
          />
        </>
      )}
      {isSaving && preview && (
        <SaveDialog
          view={view}
          text={text}
          diff={preview.diff}
          onClose={() => setSaving(false)}
          onSaved={() => {
            setSaving(false);
            onSaved();
          }}
        />
      )}
    </div>
  );
}

function Faults({ faults }: { readonly faults: MappingPreview["faults"] }) {
  if (faults.length === 0) return null;
  return (
    <section className="panel faults" role="alert" aria-label="Faults">
      <ul>
        {faults.map(({ line, sentence }) => (
          <li key={`${line} ${sentence}`}>
            {line !== undefined && <span className="quiet">line {line}: </span>}
            {sentence}
          </li>
        ))}
      </ul>
    </section>
  );
}
