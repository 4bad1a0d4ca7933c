import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { checkMapping } from "./check-mapping.ts";
import { MappingError, type MappingProblem } from "./mapping-error.ts";
import { type MappingSpec, mappingSpec } from "./mapping-schema.ts";

type Path = readonly PropertyKey[];

function formatPath(path: Path): string {
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
}

function remedyFor(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "unrecognized_keys":
      return `remove ${issue.keys.map((key) => `"${key}"`).join(", ")} or correct its spelling`;
    case "invalid_type":
      return `give a value of type ${issue.expected}`;
    case "invalid_value":
      return `use one of ${issue.values.map(String).join(", ")}`;
    default:
      return "correct it as docs/guides/mapping.md describes";
  }
}

/** The deepest issues of a union say what is wrong; the union itself only says that nothing fits. */
function flattened(issues: readonly z.core.$ZodIssue[], base: Path = []): z.core.$ZodIssue[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path];
    if (issue.code !== "invalid_union" || issue.errors.length === 0) return [{ ...issue, path }];
    const candidates = issue.errors.map((inner) => flattened(inner, path));
    const depth = (list: readonly z.core.$ZodIssue[]): number =>
      Math.max(0, ...list.map((inner) => inner.path.length));
    return candidates.reduce((best, next) => (depth(next) > depth(best) ? next : best));
  });
}

/**
 * Reads a mapping file (YAML or JSON).
 * Errors: MappingError with every fault, each with line, column, reason and remedy.
 */
export function parseMapping(text: string, fileName = "mapping.yaml"): MappingSpec {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lineCounter.linePos(offset);
    return { line, column: col };
  };
  const syntax = [...document.errors, ...document.warnings].map(
    (error): MappingProblem => ({
      ...at(error.pos[0]),
      path: "",
      reason: error.message,
      remedy: "correct the YAML here",
    }),
  );
  if (syntax.length > 0) throw new MappingError(fileName, syntax);
  const result = mappingSpec.safeParse(document.toJS());
  if (result.success) {
    const faults = checkMapping(result.data);
    if (faults.length === 0) return result.data;
    throw new MappingError(
      fileName,
      faults.map(({ path, reason, remedy }) => ({
        ...at(offsetOf(document, path)),
        path: formatPath(path),
        reason,
        remedy,
      })),
    );
  }
  throw new MappingError(
    fileName,
    flattened(result.error.issues).map((issue) => ({
      ...at(
        issue.code === "unrecognized_keys"
          ? offsetOfKey(document, issue.path, issue.keys[0] ?? "")
          : offsetOf(document, issue.path),
      ),
      path: formatPath(issue.path),
      reason: issue.message,
      remedy: remedyFor(issue),
    })),
  );
}

/** The place of a node, or of its nearest parent that exists. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node.range?.[0] ?? 0;
  }
  return document.contents?.range?.[0] ?? 0;
}

/** The place of a key in the mapping at a path. */
function offsetOfKey(document: Document, path: Path, key: string): number {
  const holder = path.length === 0 ? document.contents : document.getIn(path, true);
  const pair = isMap(holder)
    ? holder.items.find((item) => isScalar(item.key) && item.key.value === key)
    : undefined;
  return pair && isScalar(pair.key) ? (pair.key.range?.[0] ?? 0) : offsetOf(document, path);
}
