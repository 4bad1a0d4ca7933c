import { stripVTControlCharacters } from "node:util";
import { paint } from "./paint.ts";

/**
 * A column: its heading, on which side its cells stand, and whether it gives way on a narrow one.
 */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** Cells that don't fit are cut, the widest of these columns first. */
  readonly canShrink?: boolean;
}

const gap = 2;
const narrowest = 8;

/** Columns that a text takes, colours apart. Wide characters count as one. */
export const widthOf = (text: string): number => [...stripVTControlCharacters(text)].length;

/** Cuts a text to a width, with an ellipsis in place of what is missing. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  // A cut colour would run on: what is too long loses its colour.
  return `${[...stripVTControlCharacters(text)].slice(0, Math.max(0, width - 1)).join("")}…`;
}

function padded(text: string, width: number, align: Column["align"]): string {
  const space = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "right" ? `${space}${text}` : `${text}${space}`;
}

/** The widths of the columns, made narrower where they must be. */
function fittedWidths(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  total: number,
): number[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[index] ?? ""))),
  );
  const whole = (): number => widths.reduce((sum, width) => sum + width + gap, -gap);
  const most = widths.reduce((sum, width) => sum + width, 0);
  for (let step = 0; step < most && whole() > total; step += 1) {
    const widest = columns
      .map((column, index) => ({ index, width: column.canShrink ? (widths[index] ?? 0) : 0 }))
      .reduce((left, right) => (right.width > left.width ? right : left));
    if (widest.width <= narrowest) break;
    widths[widest.index] = widest.width - 1;
  }
  return widths;
}

/** Rows under headings, aligned, within a width. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  total: number,
  indent = "",
): string {
  const widths = fittedWidths(columns, rows, total - indent.length);
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => {
        const width = widths[index] ?? 0;
        return padded(cut(cells[index] ?? "", width), width, align);
      })
      .join(" ".repeat(gap))
      .trimEnd();
  const titles = columns.map(({ title }) => title);
  const hasTitles = titles.some((title) => title !== "");
  const lines = [...(hasTitles ? [paint.faint(line(titles))] : []), ...rows.map(line)];
  return lines.map((text) => `${indent}${text}`).join("\n");
}

/** A sentence on several lines, all but the first under the given indent. */
export function wrapped(text: string, total: number, indent = ""): string {
  const width = Math.max(narrowest * 2, total - indent.length);
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(" ")) {
      const longer = line === "" ? word : `${line} ${word}`;
      if (widthOf(longer) > width && line !== "") {
        lines.push(line);
        line = word;
      } else {
        line = longer;
      }
    }
    lines.push(line);
  }
  return lines.join(`\n${indent}`);
}
