import { isStatePair } from "./lifecycle.ts";
import { nearestName } from "./nearest.ts";
import { parseValue } from "./parse.ts";
import {
  isFieldPath,
  type PatchOp,
  type PatchRule,
  patchPaths,
  patchRule,
  spelledPath,
} from "./patch-paths.ts";
import { isJsonObject, kindOfValue, mostProblems, type Problem } from "./problem.ts";
import type { FieldNode } from "./tree.ts";
import { unstorableProblems } from "./unstorable.ts";

/** One operation of a JSON Patch (RFC 6902), of the two kinds that the contract knows. */
export interface PatchOperation {
  readonly op: PatchOp;
  /** JSON Pointer in the referral; ends in `/-` to append to a list. */
  readonly path: string;
  readonly value?: unknown;
}

/** Operations in the contract's spelling, or what is wrong with the input. */
export type PatchResult =
  | { readonly ok: true; readonly operations: readonly PatchOperation[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** The most operations of one patch. */
export const mostPatchOperations = 200;

const allPaths = patchPaths.map(({ path }) => path);

function pathProblem(path: unknown, pointer: string): Problem {
  if (typeof path !== "string") {
    const reason = path === undefined ? "is required" : `must be text, but is ${kindOfValue(path)}`;
    return { pointer, reason, remedy: "Send the field's path, such as /details/notes." };
  }
  if (isFieldPath(path)) {
    const reason = "is a field that a patch can't set";
    return { pointer, reason, remedy: "Update the whole referral where the field is yours." };
  }
  const nearest = nearestName(path, allPaths);
  return {
    pointer,
    reason: "is not a path that can be patched",
    remedy: nearest ? `Did you mean ${nearest}?` : `A patch can set ${allPaths.join(", ")}.`,
  };
}

/** Null clears what is free; a list, a yes-or-no and a listed value have no such state. */
const isClearable = ({ kind, values, valuesAreExamples }: FieldNode): boolean =>
  kind !== "flag" &&
  kind !== "list" &&
  kind !== "record" &&
  (!values || valuesAreExamples === true);

function checkedValue(rule: PatchRule, value: unknown, pointer: string, problems: Problem[]) {
  if (value === undefined) {
    problems.push({ pointer, reason: "is required", remedy: "Send the new value." });
    return undefined;
  }
  if (value === null && isClearable(rule.field)) return null;
  return parseValue(rule.field, value, pointer, { strict: true, problems });
}

/** The operation's three properties, whatever the case of their names. */
function propertiesOf(item: Readonly<Record<string, unknown>>) {
  const byLowerCase = Object.fromEntries(
    Object.entries(item).map(([key, value]) => [key.toLowerCase(), value]),
  );
  const { op = "replace", path, value } = byLowerCase;
  return { op: typeof op === "string" ? op.toLowerCase() : op, path, value };
}

function checkedOperation(item: unknown, at: string, problems: Problem[]): PatchOperation[] {
  if (!isJsonObject(item)) {
    const reason = `must be an object, but is ${kindOfValue(item)}`;
    problems.push({ pointer: at, reason, remedy: 'Send {"op", "path", "value"}.' });
    return [];
  }
  const { op, path, value } = propertiesOf(item);
  if (op !== "add" && op !== "replace") {
    const remedy = 'Send "add" or "replace": nothing can be removed, moved, copied or tested.';
    problems.push({ pointer: `${at}/op`, reason: "is not an operation that is allowed", remedy });
    return [];
  }
  const rule = typeof path === "string" ? patchRule(path) : undefined;
  if (rule === undefined || typeof path !== "string") {
    problems.push(pathProblem(path, `${at}/path`));
    return [];
  }
  if (!rule.ops.includes(op)) {
    const remedy = 'Send "add": this path appends to a list.';
    problems.push({ pointer: `${at}/op`, reason: "is not allowed with this path", remedy });
    return [];
  }
  const checked = checkedValue(rule, value, `${at}/value`, problems);
  return [{ op, path: spelledPath(rule, path), value: checked }];
}

/** Status and substatus of one patch must belong together. */
function pairProblems(operations: readonly PatchOperation[]): Problem[] {
  const last = (path: string) => operations.findLastIndex((operation) => operation.path === path);
  const at = last("/substatus");
  const status = operations[last("/status")]?.value;
  const substatus = operations[at]?.value;
  if (typeof status !== "string" || typeof substatus !== "string") return [];
  if (isStatePair({ status, substatus })) return [];
  const reason = "is no substatus of the status in the same patch";
  const remedy = "Send a pair of the lifecycle, such as Active with Accepted.";
  return [{ pointer: `/${at}/value`, reason, remedy }];
}

/**
 * Checks a JSON Patch of unknown shape against the allow-list. Names may have any case, and `op` is
 * "replace" where it is absent. Whether a change of status is allowed, `checkMove` says.
 */
export function validatePatch(input: unknown): PatchResult {
  if (!Array.isArray(input)) {
    const reason = `must be a list of operations, but is ${kindOfValue(input)}`;
    const remedy = 'Send [{"op": "replace", "path": "/details/notes", "value": "…"}].';
    return { ok: false, problems: [{ pointer: "", reason, remedy }] };
  }
  if (input.length === 0 || input.length > mostPatchOperations) {
    const reason = `has ${input.length} operations`;
    const remedy = `Send between 1 and ${mostPatchOperations} operations.`;
    return { ok: false, problems: [{ pointer: "", reason, remedy }] };
  }
  const unstorable = unstorableProblems(input);
  if (unstorable.length > 0) return { ok: false, problems: unstorable };
  const problems: Problem[] = [];
  const operations = input.flatMap((item, index) => checkedOperation(item, `/${index}`, problems));
  if (problems.length === 0) problems.push(...pairProblems(operations));
  if (problems.length > 0) return { ok: false, problems: problems.slice(0, mostProblems) };
  return { ok: true, operations };
}
