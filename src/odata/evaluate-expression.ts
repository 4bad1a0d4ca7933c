import type {
  BoundArithmetic,
  BoundCollection,
  BoundComparison,
  BoundExpression,
  BoundLambda,
  BoundLogical,
  BoundProperty,
} from "./bound.ts";
import * as decimals from "./decimal.ts";
import { functions } from "./functions.ts";
import { compareValues, readValue, type ScalarType, type Value } from "./value.ts";

/** The document under test, then the items of the enclosing lambdas, by variable. */
type Scope = readonly unknown[];

/** What stands at a path of a document; undefined where nothing does. */
export function valueAt(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const name of path) {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    if (!isObject || !Object.hasOwn(value as object, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

function property({ type, variable, path }: BoundProperty, scope: Scope): Value {
  const json = valueAt(scope[variable], path);
  if (type === "Any" || type === "Untyped")
    return json === undefined || json === null ? null : true;
  return readValue(type, json);
}

function itemsOf(collection: BoundCollection, scope: Scope): readonly Scope[] {
  const array = valueAt(scope[collection.variable], collection.path);
  if (!Array.isArray(array)) return [];
  return array
    .map((item: unknown) => [...scope.slice(0, collection.itemVariable), item])
    .filter((inner) => collection.filters.every((filter) => evaluateIn(filter, inner) === true));
}

function compare({ operator, left, right }: BoundComparison, scope: Scope): boolean {
  const a = evaluateIn(left, scope);
  const b = evaluateIn(right, scope);
  const isOrdered = a !== null && b !== null;
  const areEqual = isOrdered
    ? compareValues(left.type as ScalarType, a, b) === 0
    : a === null && b === null;
  const order = isOrdered ? compareValues(left.type as ScalarType, a, b) : 0;
  switch (operator) {
    case "eq":
      return areEqual;
    case "ne":
      return !areEqual;
    case "gt":
      return order > 0;
    case "lt":
      return order < 0;
    case "ge":
      return order > 0 || areEqual;
    case "le":
      return order < 0 || areEqual;
  }
}

/**
 * Kleene's logic: one false makes `and` false and one true makes `or` true, whatever is unknown.
 */
function combine({ kind, operands }: BoundLogical, scope: Scope): Value {
  const decisive = kind === "or";
  let isUnknown = false;
  for (const operand of operands) {
    const value = evaluateIn(operand, scope);
    if (value === decisive) return decisive;
    if (value === null) isUnknown = true;
  }
  return isUnknown ? null : !decisive;
}

function compute({ operator, left, right }: BoundArithmetic, scope: Scope): Value {
  const a = evaluateIn(left, scope) as decimals.Decimal | null;
  const b = evaluateIn(right, scope) as decimals.Decimal | null;
  return a === null || b === null ? null : arithmetic(operator, a, b);
}

/** One step of exact arithmetic; null for a division by zero. */
export function arithmetic(
  operator: BoundArithmetic["operator"],
  a: decimals.Decimal,
  b: decimals.Decimal,
): decimals.Decimal | null {
  switch (operator) {
    case "add":
      return decimals.add(a, b);
    case "sub":
      return decimals.subtract(a, b);
    case "mul":
      return decimals.multiply(a, b);
    case "divide":
      return decimals.divide(a, b, decimals.quotientScale);
    case "divideWhole":
      return decimals.divide(a, b, 0);
    case "mod":
      return decimals.remainder(a, b);
  }
}

function lambda({ kind, collection, predicate }: BoundLambda, scope: Scope): boolean {
  const items = itemsOf(collection, scope);
  if (!predicate) return items.length > 0;
  const holds = (inner: Scope): boolean => evaluateIn(predicate, inner) === true;
  return kind === "any" ? items.some(holds) : items.every(holds);
}

function evaluateIn(expression: BoundExpression, scope: Scope): Value {
  switch (expression.kind) {
    case "constant":
      return expression.value;
    case "property":
      return property(expression, scope);
    case "comparison":
      return compare(expression, scope);
    case "in": {
      const { operand, values } = expression;
      return values.some((value) =>
        compare(
          { kind: "comparison", type: "Boolean", operator: "eq", left: operand, right: value },
          scope,
        ),
      );
    }
    case "and":
    case "or":
      return combine(expression, scope);
    case "not": {
      const value = evaluateIn(expression.operand, scope);
      return value === null ? null : !value;
    }
    case "arithmetic":
      return compute(expression, scope);
    case "call": {
      const values = expression.arguments.map((argument) => evaluateIn(argument, scope));
      const known = values.filter((value) => value !== null);
      if (known.length < values.length) return null;
      return functions[expression.function].evaluate(...known);
    }
    case "any":
    case "all":
      return lambda(expression, scope);
    case "count":
      return decimals.decimalOf(itemsOf(expression.collection, scope).length);
  }
}

/**
 * The value of an expression for one document, a value of JSON as JSON.parse or parseExactJson
 * gives it. The oracle: both databases must agree with it.
 */
export const evaluate = (expression: BoundExpression, document: unknown): Value =>
  evaluateIn(expression, [document]);
