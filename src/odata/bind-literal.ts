import type { Literal } from "./ast.ts";
import type { BoundConstant } from "./bound.ts";
import { dateOf, durationSeconds, instantOf, timeOf } from "./date-time.ts";
import { parseDecimal } from "./decimal.ts";
import { maxNumberDigits } from "./limits.ts";
import { ODataBindingError } from "./odata-error.ts";
import { guidOf, type ScalarType, type Value } from "./value.ts";

/**
 * A constant that remembers its literal, since `'…'` and a bare GUID can stand for several types.
 */
export interface LiteralConstant extends BoundConstant {
  readonly literal?: Literal;
}

const integerPattern = /^-?\d+$/;

function number(literal: Literal): LiteralConstant {
  const value = parseDecimal(literal.value);
  if (!value) {
    const isSpecial = /[a-z]{2}/i.test(literal.value);
    const message = isSpecial
      ? `${literal.value} is no number that a document can hold`
      : `${literal.value.slice(0, 40)}… is too large or too long a number`;
    throw new ODataBindingError("valueOutOfRange", message, literal.position);
  }
  const digits = value.unscaled.toString().replace("-", "").length;
  if (digits > maxNumberDigits || Math.abs(digits - value.scale) > maxNumberDigits) {
    const message = `a number has at most ${maxNumberDigits} digits before and behind the point`;
    throw new ODataBindingError("valueOutOfRange", message, literal.position);
  }
  const isInteger = integerPattern.test(literal.value);
  return { kind: "constant", type: "Number", value, isInteger, literal };
}

function required(value: Value | undefined, literal: Literal, what: string): Value {
  if (value !== undefined) return value;
  const message = `${literal.value} is no ${what} between the years 1 and 9999`;
  throw new ODataBindingError("valueOutOfRange", message, literal.position);
}

/** A literal as a constant of the type that it has by itself. */
export function bindLiteral(literal: Literal): LiteralConstant {
  const { value: text } = literal;
  const constant = (type: BoundConstant["type"], value: Value): LiteralConstant => ({
    kind: "constant",
    type,
    value,
    literal,
  });
  switch (literal.type) {
    case "null":
      return constant("Null", null);
    case "boolean":
      return constant("Boolean", text === "true");
    case "number":
      return number(literal);
    case "string":
    case "enum":
      return constant("String", text);
    case "guid":
      return constant("Guid", text.toLowerCase());
    case "date":
      return constant("Date", required(dateOf(text), literal, "date"));
    case "dateTimeOffset":
      required(instantOf(text), literal, "date and time");
      return constant("DateTimeOffset", text);
    case "timeOfDay":
      return constant("TimeOfDay", required(timeOf(text), literal, "time"));
    case "duration":
      return constant("Duration", required(durationSeconds(text), literal, "duration"));
    default: {
      const message = `no property of this model holds ${literal.type} values`;
      throw new ODataBindingError("unsupportedExpression", message, literal.position);
    }
  }
}

/**
 * The constant as a value of another type where OData lets the literal stand for it: text for a
 * Guid or a Duration, a bare GUID for text, a date for the midnight in UTC with which it begins.
 * Undefined where it can't.
 */
export function convertConstant(
  constant: LiteralConstant,
  type: ScalarType,
): LiteralConstant | undefined {
  if (constant.type === "Null" || constant.type === type) return constant;
  const { literal } = constant;
  if (!literal) return undefined;
  const converted = (value: Value | undefined): LiteralConstant | undefined =>
    value === undefined ? undefined : { kind: "constant", type, value, literal };
  if (literal.type === "string" && type === "Guid") return converted(guidOf(literal.value));
  if (literal.type === "string" && type === "Duration") {
    return converted(durationSeconds(literal.value));
  }
  if (literal.type === "guid" && type === "String") return converted(literal.value);
  if (literal.type === "date" && type === "DateTimeOffset") {
    return converted(`${literal.value}T00:00:00Z`);
  }
  return undefined;
}
