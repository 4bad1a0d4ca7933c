/**
 * The kinds of literal. `string` is also what an unprefixed duration or enumeration member looks
 * like.
 */
export type LiteralType =
  | "null"
  | "boolean"
  | "number"
  | "string"
  | "guid"
  | "date"
  | "dateTimeOffset"
  | "timeOfDay"
  | "duration"
  | "binary"
  | "geography"
  | "geometry"
  | "enum";

/**
 * A literal. `value` is its text without quotes and prefix, so that no digit is lost:
 * `9007199254740993`, `1.10`, `2024-05-01T10:00:00.1234567+02:00`. Booleans and null are in lower
 * case.
 */
export interface Literal {
  readonly kind: "literal";
  readonly type: LiteralType;
  readonly value: string;
  /** The qualified type of an enumeration literal, such as `Sales.Pattern`. */
  readonly typeName?: string;
  readonly position: number;
}

/** Operators with two operands, from the tightest group to the loosest. */
export type BinaryOperator =
  | "has"
  | "mul"
  | "div"
  | "divby"
  | "mod"
  | "add"
  | "sub"
  | "gt"
  | "ge"
  | "lt"
  | "le"
  | "eq"
  | "ne";

/** `left operator right`; `position` is the operator's. */
export interface Binary {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  readonly position: number;
}

/** A chain of `and` or of `or` with two or more operands; `position` is the first operator's. */
export interface Logical {
  readonly kind: "logical";
  readonly operator: "and" | "or";
  readonly operands: readonly Expression[];
  readonly position: number;
}

/** `not operand` or `-operand`. */
export interface Unary {
  readonly kind: "not" | "negate";
  readonly operand: Expression;
  readonly position: number;
}

/** `operand in (…)`, `operand in […]` or `operand in path`. */
export interface In {
  readonly kind: "in";
  readonly operand: Expression;
  readonly list: List | Expression;
  readonly position: number;
}

/** A parenthesised list of literals, which stands only to the right of `in`. */
export interface List {
  readonly kind: "list";
  readonly items: readonly Expression[];
  readonly position: number;
}

/** A JSON array whose items are expressions. */
export interface ArrayExpression {
  readonly kind: "array";
  readonly items: readonly Expression[];
  readonly position: number;
}

/** A JSON object whose values are expressions. */
export interface ObjectExpression {
  readonly kind: "object";
  readonly members: readonly { readonly name: string; readonly value: Expression }[];
  readonly position: number;
}

/** `cast(operand,Type)` or `isof(operand,Type)`; without operand it means the current instance. */
export interface TypeTest {
  readonly kind: "cast" | "isof";
  readonly operand?: Expression;
  readonly typeName: string;
  readonly position: number;
}

/** `case(condition:result,…)`. */
export interface Case {
  readonly kind: "case";
  readonly branches: readonly { readonly condition: Expression; readonly result: Expression }[];
  readonly position: number;
}

/** An argument of a call; functions of a service take them by name. */
export interface Argument {
  readonly name?: string;
  readonly value: Expression;
}

/** A property, variable or type name. Only a model can tell which. */
export interface NameSegment {
  readonly kind: "name";
  readonly name: string;
  readonly position: number;
}

/** `name(…)`: a function, or a collection with a key. Only a model can tell which. */
export interface CallSegment {
  readonly kind: "call";
  readonly name: string;
  readonly arguments: readonly Argument[];
  readonly position: number;
}

/** A key in parentheses behind `$filter(…)`. */
export interface KeySegment {
  readonly kind: "key";
  readonly arguments: readonly Argument[];
  readonly position: number;
}

/** `any(v:predicate)`, `any()` or `all(v:predicate)`. */
export interface LambdaSegment {
  readonly kind: "any" | "all";
  readonly variable?: string;
  readonly predicate?: Expression;
  readonly position: number;
}

/** `$count`, with options or without. */
export interface CountSegment {
  readonly kind: "count";
  readonly options?: QueryOptions;
  readonly position: number;
}

/** `$filter(predicate)` inside a path. */
export interface FilterSegment {
  readonly kind: "filter";
  readonly predicate: Expression;
  readonly position: number;
}

/** `@Namespace.Term#Qualifier`; `name` includes the qualifier, not the `@`. */
export interface AnnotationSegment {
  readonly kind: "annotation";
  readonly name: string;
  readonly position: number;
}

/** One step of a path. */
export type Segment =
  | NameSegment
  | CallSegment
  | KeySegment
  | LambdaSegment
  | CountSegment
  | FilterSegment
  | AnnotationSegment;

/**
 * A path. `root` is `$it`, `$this`, `$root` or a parameter alias with its `@`; without one it
 * starts at a name.
 */
export interface Path {
  readonly kind: "path";
  readonly root?: string;
  readonly segments: readonly Segment[];
  readonly position: number;
}

/** An expression of `$filter`, `$orderby`, `$compute` or a parameter alias. */
export type Expression =
  | Literal
  | Binary
  | Logical
  | Unary
  | In
  | ArrayExpression
  | ObjectExpression
  | TypeTest
  | Case
  | Path;

/** One key of `$orderby`. */
export interface OrderByItem {
  readonly expression: Expression;
  readonly descending: boolean;
  readonly position: number;
}

/**
 * One item of `$select`. Names, type names, `@annotations`, and at the end perhaps `*` or
 * `Namespace.*`.
 */
export interface SelectItem {
  readonly path: readonly string[];
  readonly options?: QueryOptions;
  /** The parameter names that tell apart functions of one name. */
  readonly parameterNames?: readonly string[];
  readonly position: number;
}

/** One item of `$expand`. The path's last name may be `*` or `$value`. */
export interface ExpandItem {
  readonly path: readonly string[];
  /** `$ref` or `$count` at the end of the path. */
  readonly suffix?: "$ref" | "$count";
  readonly options?: QueryOptions;
  readonly position: number;
}

/** One item of `$compute`. */
export interface ComputeItem {
  readonly expression: Expression;
  readonly name: string;
  readonly position: number;
}

/** An expression of `$search`; neighbours without an operator are joined by `and`. */
export type SearchExpression =
  | { readonly kind: "word" | "phrase"; readonly text: string; readonly position: number }
  | { readonly kind: "not"; readonly operand: SearchExpression; readonly position: number }
  | {
      readonly kind: "and" | "or";
      readonly operands: readonly SearchExpression[];
      readonly position: number;
    };

/** A parameter alias and its value; `name` is without the `@`. */
export interface Alias {
  readonly name: string;
  readonly value: Expression;
  readonly position: number;
}

/** An option that OData doesn't define. */
export interface CustomOption {
  readonly name: string;
  readonly value: string;
  readonly position: number;
}

/** The names of the system query options, without the `$`. */
export type OptionName =
  | "filter"
  | "orderby"
  | "select"
  | "expand"
  | "top"
  | "skip"
  | "count"
  | "search"
  | "compute"
  | "levels"
  | "id"
  | "format"
  | "skiptoken"
  | "deltatoken"
  | "schemaversion"
  | "index";

/** What a query text says. An option that was not given is absent. */
export interface QueryOptions {
  readonly filter?: Expression;
  readonly orderby?: readonly OrderByItem[];
  readonly select?: readonly SelectItem[];
  readonly expand?: readonly ExpandItem[];
  readonly top?: number;
  readonly skip?: number;
  readonly count?: boolean;
  readonly search?: SearchExpression;
  readonly compute?: readonly ComputeItem[];
  /** In `$expand` only. */
  readonly levels?: number | "max";
  readonly id?: string;
  readonly format?: string;
  readonly skiptoken?: string;
  readonly deltatoken?: string;
  readonly schemaversion?: string;
  readonly index?: number;
  readonly aliases: readonly Alias[];
  readonly custom: readonly CustomOption[];
  /** Where each given option starts. */
  readonly positions: Readonly<Partial<Record<OptionName, number>>>;
}
