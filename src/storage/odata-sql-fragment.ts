import type { SqlValue } from "./port.ts";

/** A piece of SQL with the values bound to its `?` marks, in their order. */
export interface SqlFragment {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** SQL text without bound values: operators and names that the caller knows to be safe. */
export const raw = (text: string): SqlFragment => ({ text, values: [] });

/** A bound value. */
export const bound = (value: SqlValue): SqlFragment => ({ text: "?", values: [value] });

/** Puts fragments into SQL text; each brings its bound values along, however often it appears. */
export function sql(
  parts: TemplateStringsArray,
  ...fragments: readonly SqlFragment[]
): SqlFragment {
  let text = parts[0] ?? "";
  const values: SqlValue[] = [];
  for (const [index, fragment] of fragments.entries()) {
    text += fragment.text + (parts[index + 1] ?? "");
    values.push(...fragment.values);
  }
  return { text, values };
}

/** The fragments with a separator between them. */
export function joined(fragments: readonly SqlFragment[], separator: string): SqlFragment {
  return {
    text: fragments.map(({ text }) => text).join(separator),
    values: fragments.flatMap(({ values }) => values),
  };
}

/**
 * The fragments joined in pairs of pairs, since SQLite refuses expressions deeper than 1,000
 * levels.
 */
export function balanced(fragments: readonly SqlFragment[], operator: "AND" | "OR"): SqlFragment {
  const [first = raw("TRUE")] = fragments;
  if (fragments.length <= 1) return first;
  const middle = fragments.length >> 1;
  const left = balanced(fragments.slice(0, middle), operator);
  const right = balanced(fragments.slice(middle), operator);
  return sql`(${left} ${raw(operator)} ${right})`;
}
