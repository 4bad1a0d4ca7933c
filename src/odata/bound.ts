import type { BoundFunction } from "./functions.ts";
import type { ScalarType, Value } from "./value.ts";

/** A value known before any row is read. `isInteger` decides what `div` does. */
export interface BoundConstant {
  readonly kind: "constant";
  readonly type: ScalarType | "Null";
  readonly value: Value;
  readonly isInteger?: boolean;
}

/**
 * A value read from a document. `variable` 0 is the row, n the item of the n-th enclosing lambda;
 * an empty path is the item itself. `Any` (a structured value) and `Untyped` (a dynamic property)
 * ask only whether there is something.
 */
export interface BoundProperty {
  readonly kind: "property";
  readonly type: ScalarType | "Any" | "Untyped";
  readonly variable: number;
  readonly path: readonly string[];
  readonly isInteger?: boolean;
}

/** Two-valued: null equals null and nothing else, is neither less nor greater than anything. */
export interface BoundComparison {
  readonly kind: "comparison";
  readonly type: "Boolean";
  readonly operator: "eq" | "ne" | "gt" | "ge" | "lt" | "le";
  readonly left: BoundExpression;
  readonly right: BoundExpression;
}

/** True where the operand equals one of the values. */
export interface BoundIn {
  readonly kind: "in";
  readonly type: "Boolean";
  readonly operand: BoundExpression;
  readonly values: readonly BoundConstant[];
}

/** Three-valued, as in SQL: null is unknown. */
export interface BoundLogical {
  readonly kind: "and" | "or";
  readonly type: "Boolean";
  readonly operands: readonly BoundExpression[];
}

/** Three-valued: the opposite of unknown is unknown. */
export interface BoundNot {
  readonly kind: "not";
  readonly type: "Boolean";
  readonly operand: BoundExpression;
}

/**
 * Exact arithmetic; null where an operand is null or the divisor is zero. `divide` cuts off after
 * twelve places.
 */
export interface BoundArithmetic {
  readonly kind: "arithmetic";
  readonly type: "Number" | "Duration";
  readonly operator: "add" | "sub" | "mul" | "divide" | "divideWhole" | "mod";
  readonly left: BoundExpression;
  readonly right: BoundExpression;
  readonly isInteger?: boolean;
}

/** A function; null where an argument is null. */
export interface BoundCall {
  readonly kind: "call";
  readonly type: ScalarType;
  readonly function: BoundFunction;
  readonly arguments: readonly BoundExpression[];
  readonly isInteger?: boolean;
}

/** The items of an array in a document that pass every filter; anything but an array holds none. */
export interface BoundCollection {
  readonly variable: number;
  readonly path: readonly string[];
  /** The variable that stands for an item in the filters and in the predicate of a lambda. */
  readonly itemVariable: number;
  readonly filters: readonly BoundExpression[];
}

/**
 * True where the predicate is true for one item (`any`; without predicate: where there is one) or
 * for all.
 */
export interface BoundLambda {
  readonly kind: "any" | "all";
  readonly type: "Boolean";
  readonly collection: BoundCollection;
  readonly predicate?: BoundExpression;
}

/** The number of items. */
export interface BoundCount {
  readonly kind: "count";
  readonly type: "Number";
  readonly collection: BoundCollection;
  readonly isInteger: true;
}

/** An expression of which every name and type is known. Evaluation and SQL both start from here. */
export type BoundExpression =
  | BoundConstant
  | BoundProperty
  | BoundComparison
  | BoundIn
  | BoundLogical
  | BoundNot
  | BoundArithmetic
  | BoundCall
  | BoundLambda
  | BoundCount;

/**
 * A sort key. Null comes first in ascending order and last in descending order (OData protocol,
 * $orderby).
 */
export interface BoundOrderBy {
  readonly expression: BoundExpression;
  readonly descending: boolean;
}

/** Which properties are wanted. A property with a selection of its own is cut down in turn. */
export interface Selection {
  readonly all: boolean;
  readonly properties: ReadonlyMap<string, Selection>;
}

/** A navigation property to include. */
export interface BoundExpand {
  readonly name: string;
  readonly query: BoundQuery;
}

/** A query of which every name is known. */
export interface BoundQuery {
  readonly filter?: BoundExpression;
  readonly orderby: readonly BoundOrderBy[];
  /** Absent: everything but navigation properties. */
  readonly select?: Selection;
  readonly expand: readonly BoundExpand[];
  /** The model's navigation properties, which only `expand` shows. */
  readonly navigations: readonly string[];
  readonly top?: number;
  readonly skip?: number;
  readonly count: boolean;
  readonly skiptoken?: string;
}
