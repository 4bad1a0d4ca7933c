import { type Check, prepareRecord, textProblem, wrongType } from "./check.ts";
import { isStatePair } from "./lifecycle.ts";
import { nearestName } from "./nearest.ts";
import { kindOfValue, type Problem, pointerStep } from "./problem.ts";
import { type FieldNode, type RecordNode, referralTree } from "./tree.ts";

/** What a patch operation does: `add` sets or appends, `replace` sets. */
export type PatchOp = "add" | "replace";

/** One operation of a JSON Patch (RFC 6902), of the two kinds that the contract knows. */
export interface PatchOperation {
  readonly op: PatchOp;
  /** JSON Pointer in the referral, ending in `/-` to append to a list. */
  readonly path: string;
  readonly value?: unknown;
}

/** A path that may be patched. */
export interface PatchPath {
  /** JSON Pointer; `*` stands for any index. */
  readonly path: string;
  readonly ops: readonly PatchOp[];
  readonly title: string;
  readonly description: string;
}

interface Rule extends PatchPath {
  readonly field: FieldNode;
  readonly appends: boolean;
}

function rulesOfField(field: FieldNode, path: string): Rule[] {
  const { title, description } = field;
  const set = { path, ops: ["add", "replace"], title, description, field, appends: false } as const;
  const append = { ...set, path: `${path}/-`, ops: ["add"], appends: true } as const;
  const inside = field.of ? rulesInside(field.of, field.kind === "list" ? `${path}/*` : path) : [];
  if (field.kind !== "list") return field.write.includes("patch") ? [set, ...inside] : inside;
  if (field.write.includes("patch")) return [set, append, ...inside];
  // A list that can be appended to only at creation of its parent is no patch path of its own.
  return field.write.includes("append") && path === `/${field.name}` ? [append, ...inside] : inside;
}

function rulesInside(record: RecordNode, path: string): Rule[] {
  return record.fields.flatMap((field) => rulesOfField(field, `${path}/${field.name}`));
}

const rules = rulesInside(referralTree, "");
const ruleByPath = new Map(rules.map((rule) => [rule.path.toLowerCase(), rule]));
const pathOfField = new Set<string>();

function collectPaths(record: RecordNode, path: string): void {
  for (const field of record.fields) {
    const here = `${path}/${field.name}`;
    pathOfField.add(here.toLowerCase());
    if (field.of) collectPaths(field.of, field.kind === "list" ? `${here}/*` : here);
  }
}
collectPaths(referralTree, "");

/** The patch allow-list, as the statement has it. */
export const patchPaths: readonly PatchPath[] = rules.map(({ path, ops, title, description }) => ({
  path,
  ops,
  title,
  description,
}));

/** Operations in the contract's spelling, or everything that is wrong with the input. */
export type PatchResult =
  | { readonly ok: true; readonly operations: readonly PatchOperation[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** The most operations of one patch. */
export const mostPatchOperations = 200;

const indexStep = /\/(0|[1-9]\d{0,5})(?=\/|$)/g;
const listed = rules.map((rule) => rule.path).join(", ");

function unknownPath(path: string, pointer: string): Problem {
  const pattern = path.toLowerCase().replace(indexStep, "/*");
  if (pathOfField.has(pattern) || pathOfField.has(pattern.replace(/\/(\*|-)$/, ""))) {
    return {
      pointer,
      reason: "is a field that a patch can't set",
      remedy: `Send it in an update of the whole referral if it is yours; a patch can set ${listed}.`,
    };
  }
  const nearest = nearestName(
    path,
    rules.map((rule) => rule.path),
  );
  return {
    pointer,
    reason: "is not a path of the referral that can be patched",
    remedy: nearest ? `Did you mean ${nearest}?` : `A patch can set ${listed}.`,
  };
}

/** The contract's spelling of a path: names from the rule, indices from the input. */
function spell(rule: Rule, path: string): string {
  const given = path.split("/");
  return rule.path
    .split("/")
    .map((step, index) => (step === "*" ? given[index] : step))
    .join("/");
}

/** Null clears what is free; a state, a consent or a list has no such value. */
const isClearable = (field: FieldNode): boolean =>
  field.kind !== "flag" && field.kind !== "list" && (!field.values || !!field.valuesAreExamples);

function checkValue(rule: Rule, value: unknown, pointer: string, problems: Problem[]): unknown {
  const { field } = rule;
  if (value === undefined) {
    problems.push({ pointer, reason: "is required", remedy: "Send the new value." });
    return value;
  }
  if (value === null && !rule.appends && isClearable(field)) return null;
  const check: Check = { strictness: "strict", problems };
  const list = rule.appends ? [value] : value;
  const prepared =
    field.of && Array.isArray(list)
      ? list.map((item, index) =>
          prepareRecord(
            field.of as RecordNode,
            item,
            rule.appends ? pointer : `${pointer}/${index}`,
            check,
          ),
        )
      : list;
  const parsed = field.schema.safeParse(prepared);
  if (!parsed.success) {
    const inside = parsed.error.issues.map((issue) => issue.path);
    problems.push(...inside.map((path) => wrongInside(rule, value, path, pointer)));
    return value;
  }
  if (typeof value === "string") {
    const problem = textProblem(field, value, pointer);
    if (problem) problems.push(problem);
  }
  return rule.appends ? (parsed.data as readonly unknown[])[0] : parsed.data;
}

function wrongInside(
  rule: Rule,
  value: unknown,
  path: readonly PropertyKey[],
  pointer: string,
): Problem {
  const steps = rule.appends ? path.slice(1) : path;
  const at = `${pointer}${steps.map((step) => pointerStep(String(step))).join("")}`;
  let field: FieldNode | undefined = rule.field;
  let found: unknown = value;
  for (const step of steps) {
    if (typeof step === "string") field = field?.of?.byName.get(step);
    found = (found as Record<PropertyKey, unknown> | null | undefined)?.[step];
  }
  if (field && (steps.length > 0 || !rule.appends) && typeof steps.at(-1) !== "number") {
    return wrongType(field, at, found);
  }
  return {
    pointer: at,
    reason: `must be an object, but is ${kindOfValue(found)}`,
    remedy: "Send an object.",
  };
}

const keysInLowerCase = (value: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toLowerCase(), item]));

function checkOperation(
  item: unknown,
  pointer: string,
  problems: Problem[],
): PatchOperation | undefined {
  if (typeof item !== "object" || item === null || Array.isArray(item)) {
    const reason = `must be an object, but is ${kindOfValue(item)}`;
    problems.push({ pointer, reason, remedy: 'Send {"op", "path", "value"}.' });
    return undefined;
  }
  const { op: givenOp = "replace", path, value } = keysInLowerCase(item);
  const op = typeof givenOp === "string" ? givenOp.toLowerCase() : givenOp;
  if (op !== "add" && op !== "replace") {
    const remedy = 'Send "add" or "replace"; nothing can be removed.';
    problems.push({ pointer: `${pointer}/op`, reason: "is not allowed", remedy });
    return undefined;
  }
  if (typeof path !== "string") {
    const reason = path === undefined ? "is required" : `must be text, but is ${kindOfValue(path)}`;
    problems.push({ pointer: `${pointer}/path`, reason, remedy: "Send the field's path." });
    return undefined;
  }
  const rule = ruleByPath.get(path.toLowerCase().replace(indexStep, "/*"));
  if (!rule) {
    problems.push(unknownPath(path, `${pointer}/path`));
    return undefined;
  }
  if (!rule.ops.includes(op)) {
    const remedy = 'Send "add": this path appends to a list.';
    problems.push({ pointer: `${pointer}/op`, reason: "is not allowed with this path", remedy });
    return undefined;
  }
  return {
    op,
    path: spell(rule, path),
    value: checkValue(rule, value, `${pointer}/value`, problems),
  };
}

/**
 * Checks a JSON Patch of unknown shape against the allow-list. Pointers of problems are those in the input. Where a patch
 * sets both status and substatus, they must belong together; whether the move is allowed is for `checkMove` to say.
 */
export function validatePatch(input: unknown): PatchResult {
  const problems: Problem[] = [];
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
  const operations = input.map((item, index) => checkOperation(item, `/${index}`, problems));
  const last = (path: string): unknown =>
    operations.findLast((operation) => operation?.path === path)?.value;
  const status = last("/status");
  const substatus = last("/substatus");
  if (
    problems.length === 0 &&
    typeof status === "string" &&
    typeof substatus === "string" &&
    !isStatePair({ status, substatus })
  ) {
    const at = operations.findLastIndex((operation) => operation?.path === "/substatus");
    problems.push({
      pointer: `/${at}/value`,
      reason: "is no substatus of the status in the same patch",
      remedy: "Send one of the pairs of the lifecycle, such as Active with Accepted.",
    });
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, operations: operations.filter((operation) => operation !== undefined) };
}
