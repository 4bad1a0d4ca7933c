import { convertConstant, type LiteralConstant } from "./bind-literal.ts";
import type { BoundComparison, BoundConstant, BoundExpression } from "./bound.ts";
import { evaluate } from "./evaluate-expression.ts";
import { ODataBindingError } from "./odata-error.ts";
import type { ScalarType } from "./value.ts";

/** The expression, computed at once where all its operands are constants. */
export function folded(
  expression: Exclude<BoundExpression, BoundConstant>,
  operands: readonly BoundExpression[],
): BoundExpression {
  if (operands.some((operand) => operand.kind !== "constant")) return expression;
  const isTyped = expression.type !== "Any" && expression.type !== "Untyped";
  const type = isTyped ? expression.type : "Null";
  const isInteger = "isInteger" in expression && expression.isInteger === true;
  return { kind: "constant", type, value: evaluate(expression, undefined), isInteger };
}

/**
 * The expression as one of this type, or undefined where it can't be: a dynamic property takes the
 * type asked for.
 */
export function fitTo(expression: BoundExpression, type: ScalarType): BoundExpression | undefined {
  if (expression.type === type) return expression;
  if (expression.kind === "constant") return convertConstant(expression as LiteralConstant, type);
  if (isDynamic(expression)) return { ...expression, type } as BoundExpression;
  if (expression.type === "Date" && type === "DateTimeOffset") {
    return { kind: "call", type, function: "midnight", arguments: [expression] };
  }
  return undefined;
}

const never: BoundConstant = { kind: "constant", type: "Boolean", value: false };

const isDynamic = (expression: BoundExpression): boolean =>
  expression.kind === "property" && expression.type === "Untyped";

const isNull = (expression: BoundExpression): boolean =>
  expression.kind === "constant" && expression.value === null;

function isScalar(type: BoundExpression["type"]): type is ScalarType {
  return type !== "Any" && type !== "Untyped" && type !== "Null";
}

function describe(expression: BoundExpression): string {
  return isScalar(expression.type) ? expression.type : "a structured or unknown value";
}

function mismatch(left: BoundExpression, right: BoundExpression, position: number): never {
  const types = new Set([left.type, right.type]);
  const isQuotedValue = [left, right].some(
    (side) => side.type === "String" && side.kind === "constant",
  );
  let hint = "";
  if (types.has("String")) {
    hint = isQuotedValue ? "; write the value without quotes" : "; put the value in single quotes";
  }
  const message = `${describe(left)} can't be compared with ${describe(right)}${hint}`;
  throw new ODataBindingError("typeMismatch", message, position);
}

/** Both operands as one type. */
function unified(
  left: BoundExpression,
  right: BoundExpression,
  position: number,
): readonly [BoundExpression, BoundExpression] {
  if (isNull(left) || isNull(right)) return [left, right];
  if (isScalar(left.type)) {
    const fitting = fitTo(right, left.type);
    if (fitting) return [left, fitting];
  }
  if (isScalar(right.type)) {
    const fitting = fitTo(left, right.type);
    if (fitting) return [fitting, right];
  }
  return mismatch(left, right, position);
}

/** A comparison of two operands of one type. */
export function bindComparison(
  operator: string,
  left: BoundExpression,
  right: BoundExpression,
  position: number,
): BoundExpression {
  const [a, b] = unified(left, right, position);
  if ((isNull(a) || isNull(b)) && (operator === "gt" || operator === "lt")) return never;
  const comparison: BoundComparison = {
    kind: "comparison",
    type: "Boolean",
    operator: operator as BoundComparison["operator"],
    left: a,
    right: b,
  };
  return folded(comparison, [a, b]);
}

/** `operand in (values)`, where every value is a constant. */
export function bindMembership(
  operand: BoundExpression,
  items: readonly BoundExpression[],
  position: number,
): BoundExpression {
  const values: BoundConstant[] = [];
  let typed = operand;
  for (const item of items) {
    if (item.kind !== "constant") {
      const message = "a list behind in holds constants only";
      throw new ODataBindingError("unsupportedExpression", message, position);
    }
    const [left, right] = unified(typed, item, position);
    typed = left;
    values.push(right as BoundConstant);
  }
  if (values.length === 0) return never;
  return folded({ kind: "in", type: "Boolean", operand: typed, values }, [typed]);
}
