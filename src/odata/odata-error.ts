/** The reasons why a query text can't be read. */
export const syntaxErrorCodes = [
  "queryTooLong",
  "tooDeep",
  "invalidEncoding",
  "invalidCharacter",
  "unterminatedString",
  "invalidLiteral",
  "unexpectedToken",
  "missingWhitespace",
  "unknownOption",
  "duplicateOption",
  "optionNotAllowed",
  "missingValue",
  "invalidNumber",
] as const;

/** Why a query text is refused. */
export type SyntaxErrorCode = (typeof syntaxErrorCodes)[number];

/** The reasons why a readable query can't be answered with the model at hand. */
export const bindingErrorCodes = [
  "unknownProperty",
  "unknownFunction",
  "wrongArguments",
  "typeMismatch",
  "valueOutOfRange",
  "collectionExpected",
  "lambdaExpected",
  "notSelectable",
  "notExpandable",
  "duplicateItem",
  "tooComplex",
  "unsupportedOption",
  "unsupportedFunction",
  "unsupportedExpression",
] as const;

/** Why a query is refused by the model. */
export type BindingErrorCode = (typeof bindingErrorCodes)[number];

/**
 * A query that is refused: `code` says why, `position` is the offset in the query text as it was
 * given.
 */
export abstract class ODataError extends Error {
  abstract readonly code: string;
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.name = new.target.name;
    this.position = position;
  }
}

/** The text is not an OData query. */
export class ODataSyntaxError extends ODataError {
  readonly code: SyntaxErrorCode;

  constructor(code: SyntaxErrorCode, message: string, position: number) {
    super(message, position);
    this.code = code;
  }
}

/** The text is an OData query, but not one that this model answers. */
export class ODataBindingError extends ODataError {
  readonly code: BindingErrorCode;

  constructor(code: BindingErrorCode, message: string, position: number) {
    super(message, position);
    this.code = code;
  }
}
