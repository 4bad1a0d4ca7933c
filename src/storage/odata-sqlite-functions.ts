import {
  arithmetic,
  type BoundArithmetic,
  type BoundFunction,
  decimalKey,
  decimalOfKey,
  functions,
  instantOf,
  readValue,
  type ScalarType,
  type Value,
} from "../odata/index.ts";
import type { SqlValue } from "./port.ts";

type SqlFunction = (...values: SqlValue[]) => SqlValue;

/** What of node:sqlite's DatabaseSync is needed here. */
export interface FunctionRegistry {
  function(
    name: string,
    options: { readonly deterministic: boolean; readonly varargs: boolean },
    implementation: SqlFunction,
  ): void;
}

function toSql(value: Value | undefined): SqlValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "string" ? value : decimalKey(value);
}

function fromSql(types: readonly ScalarType[], value: SqlValue): NonNullable<Value> {
  const isNumber = types.includes("Number") || types.includes("Duration");
  return isNumber ? decimalOfKey(String(value)) : String(value);
}

/** A JSON number arrives as its text, a JSON string in its quotes, a count of SQL as a number. */
function jsonOf(value: SqlValue): unknown {
  return typeof value === "string" && value.startsWith('"') ? JSON.parse(value) : value;
}

const textTypes: readonly ScalarType[] = ["Date", "TimeOfDay", "Duration", "Guid"];
const operators: readonly BoundArithmetic["operator"][] = [
  "add",
  "sub",
  "mul",
  "divide",
  "divideWhole",
  "mod",
];

function* implementations(): Generator<readonly [string, SqlFunction]> {
  yield ["odata_as_Number", (value) => toSql(readValue("Number", jsonOf(value ?? null)))];
  yield [
    "odata_as_DateTimeOffset",
    (value) => (typeof value === "string" ? (instantOf(value) ?? null) : null),
  ];
  for (const type of textTypes) {
    yield [`odata_as_${type}`, (value) => toSql(readValue(type, value))];
  }
  for (const operator of operators) {
    yield [
      `odata_arithmetic_${operator}`,
      (left, right) =>
        left === null || right === null
          ? null
          : toSql(arithmetic(operator, decimalOfKey(String(left)), decimalOfKey(String(right)))),
    ];
  }
  for (const [name, entry] of Object.entries(functions)) {
    yield [
      `odata_${name satisfies string as BoundFunction}`,
      (...values) =>
        values.includes(null)
          ? null
          : toSql(
              entry.evaluate(
                ...values.map((value, index) => fromSql(entry.parameters[index] ?? [], value)),
              ),
            ),
    ];
  }
}

/** Gives a connection the functions that OData queries call. Every connection needs them. */
export function registerODataFunctions(registry: FunctionRegistry): void {
  for (const [name, implementation] of implementations()) {
    registry.function(name, { deterministic: true, varargs: true }, implementation);
  }
}
