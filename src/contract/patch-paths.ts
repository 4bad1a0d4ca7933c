import { pointerOf } from "./problem.ts";
import { type FieldNode, fieldsInside, type PlacedField, referralTree } from "./tree.ts";

/** What a patch operation does: `add` sets or appends, `replace` sets. */
export type PatchOp = "add" | "replace";

/** A path that may be patched. */
export interface PatchPath {
  /** JSON Pointer; a `*` in it stands for any index, a `-` at its end for "append". */
  readonly path: string;
  readonly ops: readonly PatchOp[];
  readonly title: string;
  readonly description: string;
}

/** A path of the allow-list with the field that its value is checked against. */
export interface PatchRule extends PatchPath {
  readonly field: FieldNode;
}

function rulesOf({ field, steps }: PlacedField): PatchRule[] {
  const { title, description, item, write } = field;
  const path = pointerOf(steps);
  const rules: PatchRule[] = [];
  if (write.includes("patch")) {
    rules.push({ path, ops: ["add", "replace"], title, description, field });
  }
  // Inside a record that is appended, "append" only says that the record may bring the field.
  const appends = write.includes("patch") || (write.includes("append") && steps.length === 1);
  if (item && appends) {
    rules.push({ path: `${path}/-`, ops: ["add"], title, description, field: item });
  }
  return rules;
}

const placed = fieldsInside(referralTree);
const rules: readonly PatchRule[] = placed.flatMap(rulesOf);
const ruleByPattern = new Map(rules.map((rule) => [rule.path.toLowerCase(), rule]));
const fieldPatterns = new Set(placed.map(({ steps }) => pointerOf(steps).toLowerCase()));

/** The patch allow-list, as the statement has it. */
export const patchPaths: readonly PatchPath[] = rules.map(({ path, ops, title, description }) => ({
  path,
  ops,
  title,
  description,
}));

const indexStep = /\/(?:0|[1-9]\d{0,5})(?=\/|$)/g;
// A path that brings a `*` of its own means no index: NUL matches no pattern.
const patternOf = (path: string): string =>
  path.replaceAll("*", "\0").toLowerCase().replace(indexStep, "/*");

/** The rule for a path, whose names may have any case; undefined where it can't be patched. */
export const patchRule = (path: string): PatchRule | undefined =>
  ruleByPattern.get(patternOf(path));

/** True where the path is that of a field, whether it can be patched or not. */
export const isFieldPath = (path: string): boolean =>
  fieldPatterns.has(patternOf(path).replace(/\/[*-]$/, ""));

/** The path in the contract's spelling, with its own indices. */
export function spelledPath(rule: PatchRule, path: string): string {
  const given = path.split("/");
  return rule.path
    .split("/")
    .map((step, index) => (step === "*" ? given[index] : step))
    .join("/");
}
