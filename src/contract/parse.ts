import type { z } from "zod";
import { isJsonObject, type Problem, pointerOf } from "./problem.ts";
import type { FieldNode, RecordNode } from "./tree.ts";
import { textProblem, typeProblem } from "./value-problem.ts";

/** What a parse works with, and where it leaves what it found. */
export interface Parse {
  /** True for what is to be written, false for what another side answered. */
  readonly strict: boolean;
  readonly problems: Problem[];
  /** The document that is to be replaced: a value that stays as it is isn't questioned. */
  readonly stored?: unknown;
}

const twice = (pointer: string): Problem => ({
  pointer,
  reason: "is there twice, in different spellings",
  remedy: "Send it once, spelt as here.",
});

function spelledRecord(record: RecordNode, value: unknown, pointer: string, parse: Parse): unknown {
  if (!isJsonObject(value)) return value;
  const spelled: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const field = record.byName.get(key) ?? record.byLowerCase.get(key.toLowerCase());
    const name = field?.name ?? key;
    const item = value[key];
    if (name === "__proto__") {
      const reason = "can't be the name of a property";
      parse.problems.push({ pointer: `${pointer}/${name}`, reason, remedy: "Leave it out." });
    } else if (name !== key && (Object.hasOwn(value, name) || Object.hasOwn(spelled, name))) {
      // A writer must decide. When reading, the exact spelling wins and the other stays what it is.
      if (parse.strict) parse.problems.push(twice(pointer + pointerOf([name])));
      else spelled[key] = item;
    } else if (field && item !== null && item !== undefined) {
      // No name of the statement holds a character that a pointer escapes.
      spelled[name] = spelledValue(field, item, `${pointer}/${name}`, parse);
    } else {
      spelled[name] = item;
    }
  }
  return spelled;
}

/** The value with the contract's spelling of keys; notes what types can't say. */
function spelledValue(field: FieldNode, value: unknown, pointer: string, parse: Parse): unknown {
  const { item, of } = field;
  if (item) {
    if (!Array.isArray(value)) return value;
    return value.map((each, index) => spelledValue(item, each, `${pointer}/${index}`, parse));
  }
  if (of) return spelledRecord(of, value, pointer, parse);
  // What only the server sets is ignored in what is written, so it isn't questioned.
  if (parse.strict && typeof value === "string" && field.write.length > 0) {
    const problem = textProblem(field, value, pointer);
    if (problem && valueAt(parse.stored, pointer) !== value) parse.problems.push(problem);
  }
  return value;
}

/** The value at a pointer of the statement's names and indices. */
function valueAt(document: unknown, pointer: string): unknown {
  let value = document;
  for (const step of pointer.split("/").slice(1)) {
    value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[step];
  }
  return value;
}

function issueProblem(
  root: FieldNode,
  spelled: unknown,
  pointer: string,
  { path }: z.core.$ZodIssue,
): Problem {
  let field: FieldNode | undefined = root;
  let value = spelled;
  for (const step of path) {
    field = field?.item ?? field?.of?.byName.get(String(step));
    value = (value as Readonly<Record<PropertyKey, unknown>> | undefined)?.[step];
  }
  return typeProblem(field ?? root, pointer + pointerOf(path), value);
}

/** Checks a value for a field. The result has the field's type where no problem was noted. */
export function parseValue(
  field: FieldNode,
  value: unknown,
  pointer: string,
  parse: Parse,
): unknown {
  const spelled = spelledValue(field, value, pointer, parse);
  const parsed = field.schema.safeParse(spelled);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    parse.problems.push(issueProblem(field, spelled, pointer, issue));
  }
  return spelled;
}
