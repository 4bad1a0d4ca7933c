export type * from "./ast.ts";
export {
  type BindingErrorCode,
  ODataBindingError,
  ODataError,
  ODataSyntaxError,
  type SyntaxErrorCode,
} from "./odata-error.ts";
export { parseQueryOptions } from "./parse-query-options.ts";
