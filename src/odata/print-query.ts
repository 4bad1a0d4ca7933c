import type {
  Argument,
  Expression,
  List,
  Literal,
  OptionName,
  Path,
  QueryOptions,
  SearchExpression,
  Segment,
} from "./ast.ts";
import { encodeOptionValue, quoteString } from "./literal-text.ts";

/** How tightly each kind of expression binds; an operand that binds looser gets parentheses. */
const binding = { or: 1, and: 2, equality: 3, relation: 4, sum: 5, product: 6, unary: 7, tight: 8 };
const operatorBinding: Readonly<Record<string, number>> = {
  has: binding.tight,
  mul: binding.product,
  div: binding.product,
  divby: binding.product,
  mod: binding.product,
  add: binding.sum,
  sub: binding.sum,
  gt: binding.relation,
  ge: binding.relation,
  lt: binding.relation,
  le: binding.relation,
  eq: binding.equality,
  ne: binding.equality,
};
const primary = 9;

function bindingOf(expression: Expression): number {
  switch (expression.kind) {
    case "logical":
      return binding[expression.operator];
    case "binary":
      return operatorBinding[expression.operator] ?? primary;
    case "not":
    case "negate":
      return binding.unary;
    case "in":
      return binding.tight;
    default:
      return primary;
  }
}

function printLiteral({ type, value, typeName }: Literal): string {
  if (type === "string") return quoteString(value);
  if (type === "enum") return `${typeName ?? ""}${quoteString(value)}`;
  const isPrefixed =
    type === "duration" || type === "binary" || type === "geography" || type === "geometry";
  return isPrefixed ? `${type}${quoteString(value)}` : value;
}

const printArguments = (list: readonly Argument[]): string =>
  list
    .map(({ name, value }) => `${name === undefined ? "" : `${name}=`}${printExpression(value)}`)
    .join(",");

function printSegment(segment: Segment): string {
  switch (segment.kind) {
    case "name":
      return segment.name;
    case "annotation":
      return `@${segment.name}`;
    case "call":
      return `${segment.name}(${printArguments(segment.arguments)})`;
    case "key":
      return `(${printArguments(segment.arguments)})`;
    case "filter":
      return `$filter(${printExpression(segment.predicate)})`;
    case "count":
      return segment.options ? `$count(${printNested(segment.options)})` : "$count";
    default: {
      const { kind, variable, predicate } = segment;
      return predicate ? `${kind}(${variable ?? ""}:${printExpression(predicate)})` : `${kind}()`;
    }
  }
}

function printPath({ root, segments }: Path): string {
  let text = root ?? "";
  for (const segment of segments) {
    const separator = text === "" || segment.kind === "key" ? "" : "/";
    text += `${separator}${printSegment(segment)}`;
  }
  return text;
}

/** The expression, in parentheses if it binds looser than `needed`. */
function operand(expression: Expression, needed: number): string {
  const text = printExpression(expression);
  return bindingOf(expression) < needed ? `(${text})` : text;
}

/** A digit directly behind a minus sign would read as one number. */
function printNegation(inner: Expression): string {
  const text = operand(inner, binding.unary);
  return /^[\d+-]|^INF/.test(text) ? `-(${text})` : `-${text}`;
}

/** Behind `not`, a property that is called like an operator would read as one. */
function printNot(inner: Expression): string {
  const text = operand(inner, binding.unary);
  const word = /^\w+(?=\s|$)/.exec(text)?.[0].toLowerCase() ?? "";
  const isOperator = Object.hasOwn(operatorBinding, word) || ["and", "or", "in"].includes(word);
  return isOperator ? `not (${text})` : `not ${text}`;
}

const printList = ({ items }: List): string => `(${items.map(printExpression).join(",")})`;

/** A path to the right of `in` stands alone; anything else that is no list needs parentheses. */
function printIn(list: List | Expression): string {
  if (list.kind === "list") return printList(list);
  return operand(list, primary);
}

/** The expression as OData text, with as few parentheses as precedence allows. */
export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case "literal":
      return printLiteral(expression);
    case "path":
      return printPath(expression);
    case "logical": {
      const needed = binding[expression.operator] + 1;
      const operands = expression.operands.map((inner) => operand(inner, needed));
      return operands.join(` ${expression.operator} `);
    }
    case "binary": {
      const { operator, left, right } = expression;
      const needed = operatorBinding[operator] ?? primary;
      return `${operand(left, needed)} ${operator} ${operand(right, needed + 1)}`;
    }
    case "in":
      return `${operand(expression.operand, binding.tight)} in ${printIn(expression.list)}`;
    case "not":
      return printNot(expression.operand);
    case "negate":
      return printNegation(expression.operand);
    case "array":
      return `[${expression.items.map(printExpression).join(",")}]`;
    case "object": {
      const members = expression.members.map(
        ({ name, value }) => `${JSON.stringify(name)}:${printExpression(value)}`,
      );
      return `{${members.join(",")}}`;
    }
    case "case": {
      const branches = expression.branches.map(
        ({ condition, result }) => `${printExpression(condition)} : ${printExpression(result)}`,
      );
      return `case(${branches.join(",")})`;
    }
    default: {
      const { kind, operand: inner, typeName } = expression;
      return inner ? `${kind}(${printExpression(inner)},${typeName})` : `${kind}(${typeName})`;
    }
  }
}

function printSearch(search: SearchExpression): string {
  const inBrackets = (inner: SearchExpression): string =>
    inner.kind === "and" || inner.kind === "or" ? `(${printSearch(inner)})` : printSearch(inner);
  switch (search.kind) {
    case "word":
      return search.text;
    case "phrase":
      return `"${search.text}"`;
    case "not":
      return `NOT ${inBrackets(search.operand)}`;
    default:
      return search.operands.map(inBrackets).join(` ${search.kind.toUpperCase()} `);
  }
}

const inBrackets = (options: QueryOptions | undefined): string =>
  options === undefined ? "" : `(${printNested(options)})`;

const printers: Readonly<
  Partial<Record<OptionName, (options: QueryOptions) => string | undefined>>
> = {
  filter: ({ filter }) => filter && printExpression(filter),
  orderby: ({ orderby }) =>
    orderby
      ?.map((item) => `${printExpression(item.expression)}${item.descending ? " desc" : ""}`)
      .join(","),
  select: ({ select }) =>
    select
      ?.map(({ path, options, parameterNames }) => {
        const names = parameterNames ? `(${parameterNames.join(",")})` : "";
        return `${path.join("/")}${names}${inBrackets(options)}`;
      })
      .join(","),
  expand: ({ expand }) =>
    expand
      ?.map(({ path, suffix, options }) => {
        const end = suffix === undefined ? "" : `/${suffix}`;
        return `${path.join("/")}${end}${inBrackets(options)}`;
      })
      .join(","),
  compute: ({ compute }) =>
    compute?.map(({ expression, name }) => `${printExpression(expression)} as ${name}`).join(","),
  search: ({ search }) => search && printSearch(search),
};

/** Each option with its name and its plain value; options given first come first. */
function parts(options: QueryOptions): readonly (readonly [string, string])[] {
  const names = Object.keys(options.positions) as OptionName[];
  const system = names.flatMap((name): readonly (readonly [string, string])[] => {
    const print = printers[name];
    const value = print ? print(options) : options[name];
    return value === undefined ? [] : [[`$${name}`, String(value)]];
  });
  const aliases = options.aliases.map(
    ({ name, value }) => [`@${name}`, printExpression(value)] as const,
  );
  const custom = options.custom.map(({ name, value }) => [name, value] as const);
  return [...system, ...aliases, ...custom];
}

const printNested = (options: QueryOptions): string =>
  parts(options)
    .map(([name, value]) => `${name}=${value}`)
    .join(";");

/**
 * The options as the query of a URL, percent-encoded where needed. Parsing it again gives the same
 * options.
 */
export const printQuery = (options: QueryOptions): string =>
  parts(options)
    .map(([name, value]) => `${encodeOptionValue(name)}=${encodeOptionValue(value)}`)
    .join("&");
