import type { MappingPreview } from "../../contract/index.ts";

type DiffLine = MappingPreview["diff"][number];

const context = 2;
/** Texts of more lines are told as changed as a whole. */
const mostLines = 3_000;

function longestCommon(left: readonly string[], right: readonly string[]): readonly Uint16Array[] {
  const table = Array.from({ length: left.length + 1 }, () => new Uint16Array(right.length + 1));
  for (let i = left.length - 1; i >= 0; i -= 1) {
    const row = table[i] ?? new Uint16Array();
    const below = table[i + 1] ?? new Uint16Array();
    for (let j = right.length - 1; j >= 0; j -= 1) {
      row[j] =
        left[i] === right[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}

/** Every line of two texts: the same in both, gone, or new. */
export function wholeDiff(left: readonly string[], right: readonly string[]): readonly DiffLine[] {
  if (left.length > mostLines || right.length > mostLines) {
    return [
      ...left.map((text): DiffLine => ({ kind: "gone", text })),
      ...right.map((text): DiffLine => ({ kind: "new", text })),
    ];
  }
  const table = longestCommon(left, right);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const [before, after] = [left[i], right[j]];
    if (before !== undefined && before === after) {
      lines.push({ kind: "same", text: before });
      i += 1;
      j += 1;
    } else if (
      before !== undefined &&
      (after === undefined || (table[i + 1]?.[j] ?? 0) >= (table[i]?.[j + 1] ?? 0))
    ) {
      lines.push({ kind: "gone", text: before });
      i += 1;
    } else {
      lines.push({ kind: "new", text: after ?? "" });
      j += 1;
    }
  }
  return lines;
}

/** What differs between two texts, line by line, with two lines around each change. */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  if (before === after) return [];
  const lines = wholeDiff(before.split("\n"), after.split("\n"));
  const isNear = (at: number): boolean =>
    lines.slice(Math.max(0, at - context), at + context + 1).some(({ kind }) => kind !== "same");
  return lines.filter((_line, at) => isNear(at));
}
