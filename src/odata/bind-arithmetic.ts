import { fitTo, folded } from "./bind-operands.ts";
import type { BoundArithmetic, BoundCall, BoundExpression } from "./bound.ts";
import { zero } from "./decimal.ts";
import { ODataBindingError } from "./odata-error.ts";
import type { ScalarType } from "./value.ts";

type Operator = BoundArithmetic["operator"];

const call = (
  name: BoundCall["function"],
  type: ScalarType,
  argument: BoundExpression,
): BoundExpression =>
  folded({ kind: "call", type, function: name, arguments: [argument] }, [argument]);

const isInteger = (expression: BoundExpression): boolean =>
  "isInteger" in expression && expression.isInteger === true;

function compute(
  operator: Operator,
  type: "Number" | "Duration",
  left: BoundExpression,
  right: BoundExpression,
): BoundExpression {
  const isWhole = operator !== "divide" && isInteger(left) && isInteger(right);
  const node: BoundArithmetic = {
    kind: "arithmetic",
    type,
    operator,
    left,
    right,
    isInteger: isWhole,
  };
  return folded(node, [left, right]);
}

/** A date or a moment as seconds, which can be computed with. */
function seconds(expression: BoundExpression): BoundExpression {
  const moment = fitTo(expression, "DateTimeOffset") ?? expression;
  return call("secondsOf", "Duration", moment);
}

function moved(operator: Operator, left: BoundExpression, right: BoundExpression): BoundExpression {
  const sum = compute(operator, "Duration", seconds(left), right);
  const moment = call("instantOfSeconds", "DateTimeOffset", sum);
  return left.type === "Date" ? call("date", "Date", moment) : moment;
}

type Rule = (operator: Operator, left: BoundExpression, right: BoundExpression) => BoundExpression;

const numbers: Rule = (operator, left, right) => compute(operator, "Number", left, right);
const durations: Rule = (operator, left, right) => compute(operator, "Duration", left, right);
const difference: Rule = (operator, left, right) =>
  compute(operator, "Duration", seconds(left), seconds(right));

/**
 * What each operator does with which types (OData 4.01 URL conventions, section "Arithmetic
 * Operators").
 */
const rules: Readonly<Record<string, Rule>> = {
  "Number add Number": numbers,
  "Number sub Number": numbers,
  "Number mul Number": numbers,
  "Number div Number": (_operator, left, right) =>
    compute(isInteger(left) && isInteger(right) ? "divideWhole" : "divide", "Number", left, right),
  "Number divby Number": (_operator, left, right) => compute("divide", "Number", left, right),
  "Number mod Number": numbers,
  "Duration add Duration": durations,
  "Duration sub Duration": durations,
  "Duration mul Number": durations,
  "Number mul Duration": durations,
  "Duration div Number": (_operator, left, right) => compute("divide", "Duration", left, right),
  "Duration divby Number": (_operator, left, right) => compute("divide", "Duration", left, right),
  "DateTimeOffset add Duration": moved,
  "DateTimeOffset sub Duration": moved,
  "DateTimeOffset sub DateTimeOffset": difference,
  "Date add Duration": moved,
  "Date sub Duration": moved,
  "Date sub Date": difference,
};

/** A dynamic property, of which nothing is known, taken as a number. */
const asNumber = (expression: BoundExpression): BoundExpression =>
  expression.type === "Untyped" ? (fitTo(expression, "Number") ?? expression) : expression;

/** An arithmetic operator on two operands. */
export function bindArithmetic(
  operator: string,
  left: BoundExpression,
  right: BoundExpression,
  position: number,
): BoundExpression {
  const [a, b] = [asNumber(left), asNumber(right)];
  if ([a, b].some((side) => side.kind === "constant" && side.value === null)) {
    return { kind: "constant", type: "Null", value: null };
  }
  const rule = rules[`${a.type} ${operator} ${b.type}`];
  if (rule) return rule(operator as Operator, a, b);
  const message = `${operator} can't be applied to ${a.type} and ${b.type}`;
  throw new ODataBindingError("typeMismatch", message, position);
}

/** The operand with the other sign. */
export function bindNegation(operand: BoundExpression, position: number): BoundExpression {
  const number = asNumber(operand);
  if (number.type === "Null") return number;
  if (number.type === "Number" || number.type === "Duration") {
    const nothing: BoundExpression = {
      kind: "constant",
      type: number.type,
      value: zero,
      isInteger: true,
    };
    return compute("sub", number.type, nothing, number);
  }
  const message = `- can't be applied to ${number.type}`;
  throw new ODataBindingError("typeMismatch", message, position);
}
