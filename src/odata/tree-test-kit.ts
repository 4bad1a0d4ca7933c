import { inspect } from "node:util";
import type {
  Argument,
  Expression,
  List,
  Path,
  QueryOptions,
  SearchExpression,
  Segment,
} from "./ast.ts";
import { parseQueryOptions } from "./parse-query-options.ts";

/** The tree of an expression in brackets: `(or a (and b c))`, for tests. */
export function treeOf(expression: Expression | List): string {
  switch (expression.kind) {
    case "literal": {
      const { type, value, typeName } = expression;
      if (type === "string") return `'${value}'`;
      const name = typeName === undefined ? type : `${type} ${typeName}`;
      return type === "number" || type === "boolean" || type === "null"
        ? value
        : `${name}:${value}`;
    }
    case "path":
      return pathTree(expression);
    case "logical":
      return bracketed(expression.operator, expression.operands);
    case "not":
    case "negate":
      return bracketed(expression.kind, [expression.operand]);
    case "binary":
      return bracketed(expression.operator, [expression.left, expression.right]);
    case "in":
      return bracketed("in", [expression.operand, expression.list]);
    case "list":
    case "array":
      return bracketed(expression.kind, expression.items);
    case "object":
      return `(object${expression.members.map((m) => ` ${m.name}=${treeOf(m.value)}`).join("")})`;
    case "case":
      return bracketed(
        "case",
        expression.branches.flatMap((branch) => [branch.condition, branch.result]),
      );
    default: {
      const operand = expression.operand ? `${treeOf(expression.operand)} ` : "";
      return `(${expression.kind} ${operand}${expression.typeName})`;
    }
  }
}

const bracketed = (name: string, operands: readonly (Expression | List)[]): string =>
  `(${[name, ...operands.map(treeOf)].join(" ")})`;

const argumentsTree = (list: readonly Argument[]): string =>
  list
    .map(({ name, value }) => ` ${name === undefined ? "" : `${name}=`}${treeOf(value)}`)
    .join("");

function segmentTree(segment: Segment): string {
  switch (segment.kind) {
    case "name":
      return segment.name;
    case "call":
      return `(${segment.name}${argumentsTree(segment.arguments)})`;
    case "key":
      return `(key${argumentsTree(segment.arguments)})`;
    case "annotation":
      return `@${segment.name}`;
    case "filter":
      return `($filter ${treeOf(segment.predicate)})`;
    case "count": {
      const filter = segment.options?.filter;
      return filter ? `($count ${treeOf(filter)})` : "$count";
    }
    default: {
      const { kind, variable, predicate } = segment;
      return predicate ? `(${kind} ${variable}: ${treeOf(predicate)})` : `(${kind})`;
    }
  }
}

function pathTree({ root, segments }: Path): string {
  return [...(root === undefined ? [] : [root]), ...segments.map(segmentTree)].join("/");
}

/** The tree of a search: `(or a (and b "c d"))`. */
export function searchTree(search: SearchExpression): string {
  switch (search.kind) {
    case "word":
      return search.text;
    case "phrase":
      return `"${search.text}"`;
    case "not":
      return `(not ${searchTree(search.operand)})`;
    default:
      return `(${[search.kind, ...search.operands.map(searchTree)].join(" ")})`;
  }
}

/** The tree of a `$filter`. */
export function filterTree(text: string): string {
  const { filter } = parseQueryOptions(`$filter=${text}`);
  if (!filter) throw new TypeError(`no filter in ${inspect(text)}`);
  return treeOf(filter);
}

/** The value without positions, so that trees from different texts can be compared. */
export function withoutPositions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPositions);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => key !== "position" && key !== "positions");
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutPositions(inner)]));
}

/** What a query text says, without positions. */
export const optionsOf = (text: string): Partial<QueryOptions> =>
  withoutPositions(parseQueryOptions(text)) as Partial<QueryOptions>;
