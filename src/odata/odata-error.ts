/** Why a query text can't be read. */
export type SyntaxErrorCode =
  | "queryTooLong"
  | "tooDeep"
  | "invalidEncoding"
  | "invalidCharacter"
  | "unterminatedString"
  | "invalidLiteral"
  | "unexpectedToken"
  | "missingWhitespace"
  | "unknownOption"
  | "duplicateOption"
  | "optionNotAllowed"
  | "missingValue"
  | "invalidNumber";

/** Why a readable query can't be answered with the model at hand. */
export type BindingErrorCode =
  | "unknownProperty"
  | "unknownFunction"
  | "unknownVariable"
  | "wrongArguments"
  | "typeMismatch"
  | "valueOutOfRange"
  | "collectionExpected"
  | "lambdaExpected"
  | "notSelectable"
  | "notExpandable"
  | "duplicateItem"
  | "tooComplex"
  | "unsupportedOption"
  | "unsupportedFunction"
  | "unsupportedExpression";

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
