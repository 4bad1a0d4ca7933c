import type { CrmFields, CrmValue } from "../port.ts";

/** A list that a property keeps as text, a line for each entry. */
export interface TextList {
  /** The field under which the list stands. */
  readonly field: string;
  readonly property: string;
  /** The names of a line's parts, the first tells entries apart. */
  readonly parts: readonly string[];
}

/**
 * The lists of a deal. Custom objects, which would hold rows, need an Enterprise account; a text is
 * there for everybody, and a seller can read it.
 */
export const textLists: readonly TextList[] = [
  { field: "solutions", property: "pr_solutions", parts: ["id", "name", "type"] },
  {
    field: "team",
    property: "pr_team",
    parts: ["email", "firstName", "lastName", "phoneNumber"],
  },
];

const separator = " | ";

function escaped(value: CrmValue | undefined): string {
  const text = value === null || value === undefined ? "" : String(value);
  return text
    .replaceAll("\\", "\\\\")
    .replaceAll("|", "\\|")
    .replaceAll("\r", "")
    .replaceAll("\n", "\\n")
    .trim();
}

/** A list as the text that a property keeps; null where it is empty. */
export function listToText({ parts }: TextList, value: CrmValue | undefined): string | null {
  const entries = Array.isArray(value) ? (value as readonly CrmFields[]) : [];
  const lines = entries.map((entry) => {
    const words = parts.map((part) => escaped(entry[part]));
    while (words.length > 1 && words[words.length - 1] === "") words.pop();
    return words.join(separator);
  });
  return lines.length === 0 ? null : lines.join("\n");
}

function partsOf(line: string): readonly string[] {
  const words = [""];
  for (let index = 0; index < line.length; index += 1) {
    const letter = line[index] ?? "";
    const last = words.length - 1;
    if (letter === "|") words.push("");
    else if (letter === "\\") {
      index += 1;
      const next = line[index] ?? "";
      words[last] += next === "n" ? "\n" : next;
    } else words[last] += letter;
  }
  return words.map((word) => word.trim());
}

/** The list in a property's text, whether we or a seller wrote it. */
export function textToList({ parts }: TextList, text: CrmValue | undefined): CrmValue {
  if (typeof text !== "string") return [];
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const words = partsOf(line);
      return Object.fromEntries(parts.map((part, index) => [part, words[index] || null]));
    });
}
