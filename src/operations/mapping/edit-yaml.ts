import { isSeq, parseDocument } from "yaml";
import type { MappingEdit } from "../../contract/index.ts";
import { wholeDiff } from "./diff-lines.ts";

/** Changes values in a YAML text and leaves everything else, comments too, as it stands. */
export function editYaml(text: string, edits: readonly MappingEdit[]): string {
  if (edits.length === 0) return text;
  const document = parseDocument(text);
  const before = document.toString(style);
  for (const { path, value } of edits) {
    const place = [...path];
    const last = place.at(-1);
    const holder = document.getIn(place.slice(0, -1), true);
    if (value === undefined) document.deleteIn(place);
    else if (isSeq(holder) && typeof last === "number" && last >= holder.items.length) {
      document.addIn(place.slice(0, -1), document.createNode(value));
    } else document.setIn(place, document.createNode(value));
  }
  return inItsOwnWords(text, before, document.toString(style));
}

const style = { lineWidth: 0 } as const;

const withoutSpace = (lines: readonly string[]): string => lines.join("").replace(/\s/g, "");

/**
 * Where each printed line stands in the file's own words; undefined where they can't be matched.
 */
function ownWords(
  own: readonly string[],
  printed: readonly string[],
): readonly (readonly string[])[] | undefined {
  const words: (readonly string[])[] = [];
  let at = 0;
  for (const line of printed) {
    const wanted = withoutSpace([line]);
    let end = at + 1;
    // A line of the library's may be two of the file's.
    while (end < own.length && withoutSpace(own.slice(at, end)).length < wanted.length) end += 1;
    if (withoutSpace(own.slice(at, end)) !== wanted) return undefined;
    words.push(own.slice(at, end));
    at = end;
  }
  return words;
}

/** The library prints a document in its own style: what the edits left alone keeps the file's. */
function inItsOwnWords(text: string, before: string, after: string): string {
  const printed = before.split("\n");
  const words = ownWords(text.split("\n"), printed);
  if (!words) return after;
  let at = 0;
  const lines = wholeDiff(printed, after.split("\n")).flatMap(({ kind, text: line }) => {
    if (kind === "new") return [line];
    at += 1;
    return kind === "gone" ? [] : (words[at - 1] ?? [line]);
  });
  return lines.join("\n");
}
