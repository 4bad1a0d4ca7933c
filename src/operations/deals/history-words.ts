import type { DealEvent, PlainValue } from "../../contract/index.ts";
import type { HistoryEntry, Projection } from "../../sync/index.ts";

type Field = NonNullable<HistoryEntry["fields"]>[number];

/** Lenses whose CRM side may be a choice's number. */
const chosen: ReadonlySet<string> = new Set(["picklist", "stage"]);
const endsInCode = /(?:^|\/)\d+$/;

const isCode = (value: unknown): boolean =>
  typeof value === "number" || (typeof value === "string" && endsInCode.test(value));

/** What a choice that the CRM numbers is called in the referral; undefined for all else. */
function wordFor(field: string, value: PlainValue, projection: Projection): string | undefined {
  const lens = projection.byName.get(field)?.lens;
  if (!lens || !chosen.has(lens.name) || !isCode(value)) return undefined;
  const told = lens.toReferral(value, null, projection.context(undefined, {}));
  return told.ok && typeof told.value === "string" ? told.value : undefined;
}

function lineWithWords(line: Field, projection: Projection): Field {
  const [fromWord, toWord] = [line.from, line.to].map((value) =>
    value === undefined ? undefined : wordFor(line.field, value, projection),
  );
  return {
    ...line,
    ...(fromWord === undefined ? {} : { fromWord }),
    ...(toWord === undefined ? {} : { toWord }),
  };
}

/** History for people: beside each number of a choice in the CRM stands what it means. */
export function historyWithWords(
  entries: readonly HistoryEntry[],
  projection: Projection,
): readonly DealEvent[] {
  return entries.map((entry) =>
    entry.side === "crm" && entry.fields
      ? { ...entry, fields: entry.fields.map((line) => lineWithWords(line, projection)) }
      : entry,
  );
}
