import { isMap, isScalar, LineCounter, parseDocument, type YAMLError } from "yaml";
import type { z } from "zod";

type Path = readonly PropertyKey[];
type YamlDocument = ReturnType<typeof parseDocument>;

/** One fault of a YAML file: where, what is wrong, and what to do. */
export interface YamlProblem {
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  /** Where in the document: `fields[3].lens.scale`. */
  readonly path: string;
  readonly reason: string;
  readonly remedy: string;
}

/**
 * A YAML file that can't be used, with every fault that was found, each with its place and remedy.
 */
export class YamlFileError extends Error {
  readonly code = "invalidFile";
  readonly problems: readonly YamlProblem[];

  constructor(fileName: string, problems: readonly YamlProblem[]) {
    super(
      problems
        .map(({ line, column, path, reason, remedy }) => {
          const place = `${fileName}:${line}:${column}`;
          return `${place}: ${path ? `${path}: ` : ""}${reason}; ${remedy}`;
        })
        .join("\n"),
    );
    this.name = "YamlFileError";
    this.problems = problems;
  }
}

/** A fault that a check after the schema found; the path leads to its node. */
export interface ValueFault {
  readonly path: Path;
  /** A key in the mapping at the path that is itself the fault. */
  readonly key?: string;
  readonly reason: string;
  readonly remedy: string;
}

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
      return "correct it here";
  }
}

/**
 * The deepest issues of a union say what is wrong; the union itself only says that nothing fits.
 */
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

/** The place of a node, or of its nearest parent that exists. */
function offsetOf(document: YamlDocument, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (node !== null && typeof node === "object" && "range" in node) {
      return (node.range as readonly number[] | null)?.[0] ?? 0;
    }
  }
  return document.contents?.range?.[0] ?? 0;
}

/** The place of a key in the mapping at a path. */
function offsetOfKey(document: YamlDocument, path: Path, key: string): number {
  const holder = path.length === 0 ? document.contents : document.getIn(path, true);
  const pair = isMap(holder)
    ? holder.items.find((item) => isScalar(item.key) && item.key.value === key)
    : undefined;
  return pair && isScalar(pair.key) ? (pair.key.range?.[0] ?? 0) : offsetOf(document, path);
}

function faultOf(issue: z.core.$ZodIssue): ValueFault {
  const key = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  return {
    path: issue.path,
    reason: issue.message,
    remedy: remedyFor(issue),
    ...(key === undefined ? {} : { key }),
  };
}

/**
 * What isn't YAML, up to the first place behind which the parser guesses: what it finds from there
 * on mostly follows from that place. Keys that stand twice don't lead it astray.
 */
function syntaxFaults({ errors, warnings }: YamlDocument): readonly YAMLError[] {
  if (errors.length === 0) return warnings;
  const inOrder = errors.toSorted((left, right) => left.pos[0] - right.pos[0]);
  const astray = inOrder.findIndex(({ code }) => code !== "DUPLICATE_KEY");
  return astray < 0 ? inOrder : inOrder.slice(0, astray + 1);
}

/**
 * Reads YAML (or JSON) text as what a schema says; `check` may find more faults in the result.
 * Errors: YamlFileError with every fault, each with line, column, reason and remedy.
 */
export function parseTypedYaml<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  fileName: string,
  check: (value: z.output<Schema>) => readonly ValueFault[] = () => [],
): z.output<Schema> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const syntax = syntaxFaults(document).map(({ pos, message }) => {
    return { ...at(pos[0]), path: "", reason: message, remedy: "correct the YAML here" };
  });
  if (syntax.length > 0) throw new YamlFileError(fileName, syntax);
  const result = schema.safeParse(document.toJS());
  const faults = result.success ? check(result.data) : flattened(result.error.issues).map(faultOf);
  if (result.success && faults.length === 0) return result.data;
  throw new YamlFileError(
    fileName,
    faults.map(({ key, path, reason, remedy }) => {
      const offset =
        key === undefined ? offsetOf(document, path) : offsetOfKey(document, path, key);
      return { ...at(offset), path: formatPath(path), reason, remedy };
    }),
  );
}
