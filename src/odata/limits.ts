/** The longest query text that is read, in characters. */
export const maxQueryLength = 16_384;

/**
 * How deep expressions and nested options may go: parentheses, operators, paths, arguments,
 * `$expand` in `$expand`.
 */
export const maxDepth = 100;

/** The longest name of a property, type, function or variable (OData ABNF: odataIdentifier). */
export const maxNameLength = 128;

/**
 * The most digits of a number and the largest power of ten that a query may ask to compare with.
 */
export const maxNumberDigits = 128;

/**
 * How many arithmetic operators one query may hold, so that exact results stay small on every
 * database.
 */
export const maxArithmeticOperators = 32;

/**
 * How many collections one condition may look through inside each other: each multiplies the work.
 */
export const maxCollectionDepth = 4;
