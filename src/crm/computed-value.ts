import jsonata from "jsonata";
import { refused } from "./lenses/relation-lens.ts";
import { sameLens } from "./lenses/same-lens.ts";
import type { Lens } from "./mapping-port.ts";
import type { CrmValue } from "./port.ts";

/**
 * The limits of an expression in a mapping. Steps stand for time, so that a replay meets the same
 * limit.
 */
export const expressionLimits = {
  expressionLength: 2000,
  steps: 10_000,
  depth: 100,
  resultLength: 20_000,
} as const;

/** Why an expression can't be part of a mapping. */
export class ExpressionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ExpressionError";
  }
}

/** An expression that is ready to run: the same record always gives the same value. */
export type ComputedValue = (record: unknown) => CrmValue;

const failureMark = "$failure";

// Their results differ from one evaluation to the next, so what is computed would never come to
// rest.
const unrepeatable = new Set(["now", "millis", "random", "shuffle", "eval"]);

function refuseNode(node: Readonly<Record<string, unknown>>): void {
  const { type, value } = node;
  if (type === "variable" && typeof value === "string" && unrepeatable.has(value)) {
    throw new ExpressionError(`$${value} gives another result each time`);
  }
  if (type === "regex" || value instanceof RegExp) {
    throw new ExpressionError("a regular expression can't be stopped once it runs");
  }
  if (type === "binary" && value === "..") {
    throw new ExpressionError("a range can't be stopped once it runs");
  }
}

function inspect(node: unknown): void {
  if (node === null || typeof node !== "object") return;
  if (!Array.isArray(node)) refuseNode(node as Readonly<Record<string, unknown>>);
  for (const inner of Object.values(node)) inspect(inner);
}

/**
 * Prepares a JSONata expression. Errors: ExpressionError with what is wrong and, from the parser,
 * where.
 */
export function computedValue(expression: string): ComputedValue {
  if (expression.length > expressionLimits.expressionLength) {
    throw new ExpressionError(`longer than ${expressionLimits.expressionLength} characters`);
  }
  const prepared = prepare(expression);
  inspect(prepared.ast());
  return (record) => {
    let steps = 0;
    let depth = 0;
    prepared.assign("__evaluate_entry", () => {
      steps += 1;
      depth += 1;
      if (steps > expressionLimits.steps || depth > expressionLimits.depth) {
        throw new ExpressionError("it takes too many steps");
      }
    });
    prepared.assign("__evaluate_exit", () => {
      depth -= 1;
    });
    try {
      return plainResult(prepared.evaluate(record));
    } catch (error) {
      return { [failureMark]: sentenceOf(error) };
    }
  };
}

function prepare(expression: string): jsonata.Expression {
  try {
    return jsonata(expression);
  } catch (error) {
    throw new ExpressionError(sentenceOf(error));
  }
}

function sentenceOf(error: unknown): string {
  const { message, position } = error as { message?: unknown; position?: unknown };
  const where = typeof position === "number" ? ` (at character ${position})` : "";
  return `${typeof message === "string" ? message : "the expression failed"}${where}`;
}

/** The result as plain JSON, within the limit; no result is null. */
function plainResult(result: unknown): CrmValue {
  if (typeof result === "string" && result.length > expressionLimits.resultLength) {
    throw new ExpressionError(`its result is longer than ${expressionLimits.resultLength}`);
  }
  const text = JSON.stringify(result ?? null);
  if (text === undefined) return null;
  if (text.length > expressionLimits.resultLength) {
    throw new ExpressionError(`its result is longer than ${expressionLimits.resultLength}`);
  }
  return JSON.parse(text) as CrmValue;
}

/** The reason why a computed value is missing, where it is. */
export function failureOf(value: CrmValue): string | undefined {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
  const reason = (value as Readonly<Record<string, CrmValue>>)[failureMark];
  return typeof reason === "string" ? reason : undefined;
}

/**
 * Carries a computed value over as it is, or refuses with the reason why it couldn't be computed.
 */
export function computedLens(): Lens {
  const same = sameLens();
  const guarded =
    (translate: Lens["toCrm"]): Lens["toCrm"] =>
    (value, old, context) => {
      const failure = failureOf(value);
      return failure === undefined
        ? translate(value, old, context)
        : refused(`the value can't be computed: ${failure}`, "correct the mapping's expression");
    };
  return {
    ...same,
    name: "computed",
    toCrm: guarded(same.toCrm),
    toReferral: guarded(same.toReferral),
  };
}

/** Fields with dots in their names as nested objects: `account.name` becomes `account: {name}`. */
export function nested(fields: Readonly<Record<string, CrmValue>>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const parts = name.split(".");
    const last = parts.pop() ?? name;
    let target = root;
    for (const part of parts) {
      const next = target[part];
      const inner = next !== null && typeof next === "object" ? { ...next } : {};
      target[part] = inner;
      target = inner as Record<string, unknown>;
    }
    target[last] = value;
  }
  return root;
}
