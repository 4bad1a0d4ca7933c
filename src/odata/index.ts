export type * from "./ast.ts";
export type { BindOptions } from "./bind-expression.ts";
export { bindQuery } from "./bind-query.ts";
export type * from "./bound.ts";
export {
  dateTimeParts,
  durationSeconds,
  instantOf,
  instantOfSeconds,
  secondsOf,
  timeOf,
} from "./date-time.ts";
export { type Decimal, decimalKey, decimalOf, decimalOfKey, decimalText } from "./decimal.ts";
export { arithmetic, evaluate } from "./evaluate-expression.ts";
export {
  applyQuery,
  type Document,
  documentOrder,
  matches,
  project,
  type QueryResult,
} from "./evaluate-query.ts";
export { type BoundFunction, functions, whiteSpace } from "./functions.ts";
export { encodeOptionValue, quoteString } from "./literal-text.ts";
export {
  type BindingErrorCode,
  ODataBindingError,
  ODataError,
  ODataSyntaxError,
  type SyntaxErrorCode,
} from "./odata-error.ts";
export { parseQueryOptions } from "./parse-query-options.ts";
export { printExpression, printQuery } from "./print-query.ts";
export { numberOf, parseExactJson, readValue, type ScalarType, type Value } from "./value.ts";
