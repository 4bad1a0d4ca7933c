import type { BoundArithmetic, BoundFunction, ScalarType, Value } from "../odata/index.ts";
import type { SqlFragment } from "./odata-sql-fragment.ts";

/** A place in a JSON document. */
export interface JsonPlace {
  readonly json: SqlFragment;
  readonly path: SqlFragment;
}

/** The SQL of a value from the SQL of another. */
export type Unary = (value: SqlFragment) => SqlFragment;

/** The SQL of two operands. */
export type Binary = (left: SqlFragment, right: SqlFragment) => SqlFragment;

/** The SQL of a function from the SQL of its arguments. */
export type Template = (...operands: readonly SqlFragment[]) => SqlFragment;

/** Everything in which the databases differ when a bound query becomes SQL. */
export interface ODataDialect {
  /** The place of a path in the row's document, which is JSON text. */
  rowPlace(document: SqlFragment, path: readonly string[]): JsonPlace;
  /** The place of a path in an array's item; the array's rows have the name `alias`. */
  itemPlace(alias: string, path: readonly string[]): JsonPlace;
  /** FROM clause with a row for each item of the array at a place; anything else has none. */
  items(place: JsonPlace, alias: string): SqlFragment;
  /**
   * The value of a type at a place; null where something else is. A DateTimeOffset comes as text,
   * perhaps invalid.
   */
  readonly read: Readonly<Record<ScalarType, (place: JsonPlace) => SqlFragment>>;
  /** True where there is something at the place. */
  exists(place: JsonPlace): SqlFragment;
  /** A constant that is not null. */
  constant(type: ScalarType, value: NonNullable<Value>): SqlFragment;
  /** A DateTimeOffset as fixed-width text in UTC; null where it is invalid. */
  instant: Unary;
  /** A floating-point parameter. */
  double(value: number): SqlFragment;
  /** A column of doubles as a number. */
  numberOfDouble: Unary;
  /** A whole number of SQL as a number. */
  wholeNumber: Unary;
  /** A Boolean as 0, 1 or, for null, 2. */
  booleanCode: Unary;
  readonly equals: Binary;
  readonly differs: Binary;
  /** Text that compares and sorts by code point. */
  byCodePoint: Unary;
  readonly functions: Readonly<Record<BoundFunction, Template>>;
  readonly arithmetic: Readonly<Record<BoundArithmetic["operator"], Binary>>;
  /** What makes null come first, or last where the order is descending. */
  readonly nullOrder: { readonly ascending: string; readonly descending: string };
}
