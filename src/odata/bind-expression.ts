import type { ModelType } from "../contract/index.ts";
import { nearestName } from "../contract/index.ts";
import type {
  Binary,
  CallSegment,
  CountSegment,
  Expression,
  FilterSegment,
  In,
  LambdaSegment,
  Path,
  Segment,
} from "./ast.ts";
import { bindArithmetic, bindNegation } from "./bind-arithmetic.ts";
import { bindLiteral } from "./bind-literal.ts";
import { bindComparison, bindMembership, fitTo, folded } from "./bind-operands.ts";
import { findProperty, type Target, targetOf } from "./bind-path.ts";
import type { BoundCollection, BoundExpression, BoundProperty } from "./bound.ts";
import { functions, queryFunction, refusedFunctions } from "./functions.ts";
import { maxArithmeticOperators, maxCollectionDepth } from "./limits.ts";
import { ODataBindingError } from "./odata-error.ts";
import type { ScalarType } from "./value.ts";

/** What binding needs beside the query and the model. */
export interface BindOptions {
  /** The moment that now() means, in milliseconds since 1970; without it now() is refused. */
  readonly nowMs?: number;
  /**
   * True where properties that an open type doesn't name may be queried; else they are refused as
   * misspelt.
   */
  readonly dynamicProperties?: boolean;
}

interface Variable {
  readonly name: string;
  readonly target: Target;
}

const comparisons = new Set(["eq", "ne", "gt", "ge", "lt", "le"]);

const refuse = (message: string, position: number): never => {
  throw new ODataBindingError("unsupportedExpression", message, position);
};

/** Binds the expressions of one query. */
export class ExpressionBinder {
  readonly #options: BindOptions;
  /** The row, then the variables of the enclosing lambdas. */
  readonly #variables: Variable[];
  /** The variable whose properties bare names are: the row, or inside `$filter(…)` an item. */
  #this = 0;
  #arithmeticOperators = 0;

  constructor(model: ModelType, options: BindOptions) {
    this.#options = options;
    this.#variables = [
      { name: "$it", target: { kind: "structured", type: model, collection: false } },
    ];
  }

  /** A condition. */
  condition(expression: Expression): BoundExpression {
    const bound = fitTo(this.bind(expression), "Boolean");
    if (bound) return bound;
    const message = "expected a condition, which is true or false";
    throw new ODataBindingError("typeMismatch", message, expression.position);
  }

  /** Any expression with a value. */
  bind(expression: Expression): BoundExpression {
    switch (expression.kind) {
      case "literal":
        return bindLiteral(expression);
      case "path":
        return this.#path(expression);
      case "logical": {
        const operands = expression.operands.map((operand) => this.condition(operand));
        return folded({ kind: expression.operator, type: "Boolean", operands }, operands);
      }
      case "not":
        return this.#not(expression.operand);
      case "negate":
        return this.#counted(expression.position, () =>
          bindNegation(this.bind(expression.operand), expression.position),
        );
      case "binary":
        return this.#binary(expression);
      case "in":
        return this.#in(expression);
      default:
        return refuse(`${expression.kind} is not supported`, expression.position);
    }
  }

  #not(expression: Expression): BoundExpression {
    const operand = fitTo(this.bind(expression), "Boolean");
    if (operand) return folded({ kind: "not", type: "Boolean", operand }, [operand]);
    const message = "not binds tighter than a comparison: write not (…) around the condition";
    throw new ODataBindingError("typeMismatch", message, expression.position);
  }

  #binary({ operator, left, right, position }: Binary): BoundExpression {
    if (operator === "has") return refuse("there are no flags in this model", position);
    const [a, b] = [this.bind(left), this.bind(right)];
    if (comparisons.has(operator)) return bindComparison(operator, a, b, position);
    return this.#counted(position, () => bindArithmetic(operator, a, b, position));
  }

  #counted(position: number, bind: () => BoundExpression): BoundExpression {
    this.#arithmeticOperators += 1;
    if (this.#arithmeticOperators <= maxArithmeticOperators) return bind();
    const message = `a query has at most ${maxArithmeticOperators} arithmetic operators`;
    throw new ODataBindingError("tooComplex", message, position);
  }

  #in({ operand, list, position }: In): BoundExpression {
    const left = this.bind(operand);
    if (list.kind === "list" || list.kind === "array") {
      return bindMembership(
        left,
        list.items.map((item) => this.bind(item)),
        position,
      );
    }
    if (list.kind !== "path") return refuse("in needs a list or a collection", list.position);
    const { target, property } = this.#follow(list, list.segments);
    if (!target.collection || target.kind !== "scalar") {
      const message = "in needs a list such as ('a','b') or a collection";
      throw new ODataBindingError("collectionExpected", message, list.position);
    }
    const collection = this.#collection(property, []);
    const item = { ...this.#item(collection, target), type: target.type };
    const predicate = bindComparison("eq", left, item, position);
    return { kind: "any", type: "Boolean", collection, predicate };
  }

  #path(path: Path): BoundExpression {
    const [first] = path.segments;
    if (path.root === undefined && first?.kind === "call" && path.segments.length === 1) {
      return this.#call(first);
    }
    const end = path.segments.findIndex((segment) => segment.kind !== "name");
    const names = end < 0 ? path.segments : path.segments.slice(0, end);
    const { target, property } = this.#follow(path, names);
    if (end >= 0) return this.#behind(path.segments.slice(end), target, property);
    if (target.collection) {
      const message = "a collection has no value of its own: ask with any, all or $count";
      throw new ODataBindingError("lambdaExpected", message, path.position);
    }
    if (target.kind === "dynamic") return { ...property, type: "Untyped" };
    if (target.kind === "structured") return property;
    return { ...property, type: target.type, isInteger: target.isInteger };
  }

  /** Follows names from the variable or row at which a path starts. */
  #follow(
    path: Path,
    segments: readonly Segment[],
  ): { readonly target: Target; readonly property: BoundProperty } {
    const [first] = segments;
    const start = this.#start(path, first);
    let target = this.#variables[start.variable]?.target as Target;
    const names: string[] = [];
    for (const segment of start.isNamed ? segments.slice(1) : segments) {
      if (segment.kind !== "name")
        return refuse(`${segment.kind} is not supported`, segment.position);
      const next = this.#step(target, segment.name, segment.position);
      names.push(next.name);
      target = next.target;
    }
    const property: BoundProperty = {
      kind: "property",
      type: "Any",
      variable: start.variable,
      path: names,
    };
    return { target, property };
  }

  #start(path: Path, first: Segment | undefined): { variable: number; isNamed: boolean } {
    if (path.root === "$it") return { variable: 0, isNamed: false };
    if (path.root === "$this") return { variable: this.#this, isNamed: false };
    if (path.root?.startsWith("@")) {
      const message = "parameter aliases are not supported: write the value in its place";
      throw new ODataBindingError("unsupportedOption", message, path.position);
    }
    if (path.root !== undefined) return refuse(`${path.root} is not supported`, path.position);
    const name = first?.kind === "name" ? first.name : undefined;
    const variable = this.#variables.findLastIndex((candidate) => candidate.name === name);
    return variable > 0 ? { variable, isNamed: true } : { variable: this.#this, isNamed: false };
  }

  #step(from: Target, name: string, position: number): { name: string; target: Target } {
    if (from.collection) {
      const message = `what ${name} is behind is a collection: write …/any(x:x/${name} …)`;
      throw new ODataBindingError("lambdaExpected", message, position);
    }
    if (from.kind === "dynamic") return { name, target: from };
    if (from.kind === "scalar") {
      const message = `${name} stands behind a value that has no properties`;
      throw new ODataBindingError("unknownProperty", message, position);
    }
    const dynamic = this.#options.dynamicProperties ?? false;
    const property = findProperty(from.type, name, position, dynamic);
    if (!property) return { name, target: { kind: "dynamic", collection: false } };
    if (property.navigation) refuse(`${name} can be expanded but not filtered by`, position);
    return { name: property.name, target: targetOf(property) };
  }

  /** What stands behind the names of a path: `$filter(…)` segments, then any, all or `$count`. */
  #behind(segments: readonly Segment[], target: Target, property: BoundProperty): BoundExpression {
    const last = segments.at(-1) as Segment;
    const before = segments.slice(0, -1);
    const filters = before.filter((segment) => segment.kind === "filter");
    const isLast = last.kind === "any" || last.kind === "all" || last.kind === "count";
    if (filters.length < before.length || !isLast) {
      const odd = before.find((segment) => segment.kind !== "filter") ?? last;
      return refuse(`${describe(odd)} can't be used here`, odd.position);
    }
    if (!target.collection && target.kind !== "dynamic") {
      const message = `${describe(last)} needs a collection before it`;
      throw new ODataBindingError("collectionExpected", message, last.position);
    }
    const item: Target = target.kind === "dynamic" ? target : { ...target, collection: false };
    if (last.kind === "count") return this.#count(last, filters, item, property);
    return this.#lambda(last, filters, item, property);
  }

  #count(
    segment: CountSegment,
    filters: readonly FilterSegment[],
    item: Target,
    property: BoundProperty,
  ): BoundExpression {
    const { options } = segment;
    if (options?.search) refuse("$search is not supported", segment.position);
    const conditions = filters.map((filter) => filter.predicate);
    if (options?.filter) conditions.push(options.filter);
    const bound = conditions.map((condition) => this.#ofItem(item, condition));
    const collection = this.#collection(property, bound);
    return { kind: "count", type: "Number", collection, isInteger: true };
  }

  #lambda(
    segment: LambdaSegment,
    filters: readonly FilterSegment[],
    item: Target,
    property: BoundProperty,
  ): BoundExpression {
    const bound = filters.map(({ predicate }) => this.#ofItem(item, predicate));
    const collection = this.#collection(property, bound);
    const { kind, variable, predicate } = segment;
    if (!predicate) return { kind, type: "Boolean", collection };
    const condition = this.#inside(variable ?? "", item, predicate);
    return { kind, type: "Boolean", collection, predicate: condition };
  }

  #collection(property: BoundProperty, filters: readonly BoundExpression[]): BoundCollection {
    const { variable, path } = property;
    return { variable, path, itemVariable: this.#variables.length, filters };
  }

  #item(collection: BoundCollection, target: Target): BoundProperty {
    const isInteger = target.kind === "scalar" && target.isInteger;
    return {
      kind: "property",
      type: "Any",
      variable: collection.itemVariable,
      path: [],
      isInteger,
    };
  }

  /** Binds a condition of `$filter(…)`, in which bare names are the item's own. */
  #ofItem(target: Target, condition: Expression): BoundExpression {
    const outer = this.#this;
    this.#this = this.#variables.length;
    const bound = this.#inside("$this", target, condition);
    this.#this = outer;
    return bound;
  }

  #inside(name: string, target: Target, condition: Expression): BoundExpression {
    if (this.#variables.length > maxCollectionDepth) {
      const message = `collections are looked through at most ${maxCollectionDepth} levels deep`;
      throw new ODataBindingError("tooComplex", message, condition.position);
    }
    this.#variables.push({ name, target });
    const bound = this.condition(condition);
    this.#variables.pop();
    return bound;
  }

  #call(call: CallSegment): BoundExpression {
    const { name, position } = call;
    if (name.toLowerCase() === "now" && call.arguments.length === 0) return this.#now(position);
    const known = queryFunction(name);
    if (known === undefined) return refuseFunction(name, position);
    const entry = functions[known];
    const most = entry.parameters.length;
    const least = most - (entry.optional ?? 0);
    const count = call.arguments.length;
    const isNamed = call.arguments.some((argument) => argument.name !== undefined);
    if (isNamed || count < least || count > most) {
      const expected = least === most ? String(most) : `${least} or ${most}`;
      const message = `${known} takes ${expected} argument${most === 1 ? "" : "s"}`;
      throw new ODataBindingError("wrongArguments", message, position);
    }
    const bound = call.arguments.map(({ value }, index) => {
      const types = entry.parameters[index] ?? [];
      return this.#argument(known, value, types);
    });
    const isInteger = entry.isInteger ?? false;
    const { result: type } = entry;
    return folded({ kind: "call", type, function: known, arguments: bound, isInteger }, bound);
  }

  #argument(name: string, value: Expression, types: readonly ScalarType[]): BoundExpression {
    const argument = this.bind(value);
    for (const type of types) {
      const fitting = fitTo(argument, type);
      if (fitting) return fitting;
    }
    const message = `${name} needs ${types.join(" or ")} here`;
    throw new ODataBindingError("typeMismatch", message, value.position);
  }

  #now(position: number): BoundExpression {
    const { nowMs } = this.#options;
    if (nowMs === undefined) return refuse("now() is not supported here", position);
    const value = new Date(nowMs).toISOString();
    return { kind: "constant", type: "DateTimeOffset", value };
  }
}

function describe(segment: Segment): string {
  if (segment.kind === "name" || segment.kind === "call") return segment.name;
  return segment.kind === "count" || segment.kind === "filter" ? `$${segment.kind}` : segment.kind;
}

function refuseFunction(name: string, position: number): never {
  const lower = name.toLowerCase();
  if (Object.hasOwn(refusedFunctions, lower)) {
    const reason = refusedFunctions[lower] ?? "";
    throw new ODataBindingError("unsupportedFunction", `${name} is refused: ${reason}`, position);
  }
  const near = nearestName(name, Object.keys(functions));
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  throw new ODataBindingError("unknownFunction", `there is no function ${name}${hint}`, position);
}
