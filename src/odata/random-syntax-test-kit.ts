import type { Random } from "../runtime/index.ts";
import type {
  Argument,
  ExpandItem,
  Expression,
  Literal,
  OptionName,
  OrderByItem,
  QueryOptions,
  SearchExpression,
  Segment,
} from "./ast.ts";

const position = 0;
const names = [
  "a",
  "and",
  "or",
  "not",
  "eq",
  "in",
  "name",
  "цена",
  "_x1",
  "any",
  "contains",
  "asc",
];
const texts = ["", "a", "it's", "a&b=c+d%;#", '"', "\\", "é😀", "  ", "and", "\n", "(", "/", "?"];
const numbers = ["0", "-1", "1.50", "9007199254740993", "1e-7", "-INF", "NaN", "INF"];

/**
 * Makes random trees that a text could have said, for tests: parsing what is printed must give them
 * back.
 */
export class SyntaxMaker {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  options(depth: number): QueryOptions {
    const positions: Partial<Record<OptionName, number>> = {};
    const given: Partial<Record<OptionName, unknown>> = {
      filter: this.expression(depth),
      orderby: this.#list(1, () => this.#key(depth)),
      select: this.#list(1, () => this.#selectItem(depth)),
      expand: this.#list(1, () => this.#expandItem(depth)),
      top: this.#below(100),
      skip: this.#below(100),
      count: this.#chance(0.5),
      search: this.#search(2),
      compute: this.#list(1, () => ({ expression: this.expression(1), name: "c", position })),
      format: "json",
      skiptoken: this.#pick(texts.slice(1)),
    };
    const kept: Partial<Record<OptionName, unknown>> = {};
    for (const name of Object.keys(given) as OptionName[]) {
      if (this.#chance(0.6)) continue;
      kept[name] = given[name];
      positions[name] = position;
    }
    const aliases = this.#chance(0.2) ? [{ name: "p", value: this.expression(2), position }] : [];
    const custom = this.#chance(0.2) ? [{ name: "x-y", value: this.#pick(texts), position }] : [];
    return { ...kept, aliases, custom, positions } as QueryOptions;
  }

  expression(depth: number): Expression {
    const fate = depth <= 0 ? this.#random.fraction() * 0.35 : this.#random.fraction();
    if (fate < 0.15) return this.#literal();
    if (fate < 0.35) return this.#path(depth);
    const inner = (): Expression => this.expression(depth - 1);
    if (fate < 0.5) {
      const operator = this.#pick(["and", "or"] as const);
      return { kind: "logical", operator, operands: this.#list(2, inner), position };
    }
    if (fate < 0.7) {
      const operator = this.#pick([
        "mul",
        "div",
        "divby",
        "mod",
        "add",
        "sub",
        "gt",
        "ge",
        "lt",
        "le",
        "eq",
        "ne",
      ] as const);
      return { kind: "binary", operator, left: inner(), right: inner(), position };
    }
    if (fate < 0.75) return { kind: "not", operand: inner(), position };
    if (fate < 0.8) return { kind: "negate", operand: inner(), position };
    if (fate < 0.85) return this.#in(depth);
    if (fate < 0.88) return { kind: "array", items: this.#list(0, inner), position };
    if (fate < 0.91) {
      const members = this.#list(0, () => ({ name: this.#pick(texts), value: inner() }));
      return { kind: "object", members, position };
    }
    if (fate < 0.94) {
      const branches = this.#list(1, () => ({ condition: inner(), result: inner() }));
      return { kind: "case", branches, position };
    }
    const kind = this.#pick(["cast", "isof"] as const);
    const typeName = this.#pick(["Edm.String", "Collection(Model.A)"]);
    return { kind, operand: inner(), typeName, position };
  }

  #in(depth: number): Expression {
    const operand = this.expression(depth - 1);
    if (this.#chance(0.5)) {
      const items = this.#list(0, () => this.#literal());
      return { kind: "in", operand, list: { kind: "list", items, position }, position };
    }
    const list = this.#path(depth - 1);
    return { kind: "in", operand, list, position };
  }

  #literal(): Literal {
    const literal = (type: Literal["type"], value: string): Literal => ({
      kind: "literal",
      type,
      value,
      position,
    });
    return this.#pick([
      literal("string", this.#pick(texts)),
      literal("number", this.#pick(numbers)),
      literal("boolean", this.#pick(["true", "false"])),
      literal("null", "null"),
      literal("guid", "01234567-89ab-cdef-0123-456789ABCDEF"),
      literal("date", "2024-02-29"),
      literal("dateTimeOffset", "2024-02-29T10:00:00.1234567+02:00"),
      literal("timeOfDay", "10:00:00.5"),
      literal("duration", "-P1DT2H"),
      literal("binary", "T0RhdGE="),
      literal("geography", "SRID=0;Point(1 2)"),
      { ...literal("enum", "Red,Blue"), typeName: "Sales.Color" },
    ]);
  }

  #path(depth: number): Expression {
    const root = this.#pick([undefined, undefined, undefined, "$it", "$this", "@p"]);
    const first: Segment[] = root === undefined ? [this.#first(depth)] : [];
    const rest = this.#list(0, () => this.#segment(depth)).slice(0, 2);
    const segments = [...first, ...rest];
    return root === undefined
      ? { kind: "path", segments, position }
      : { kind: "path", root, segments, position };
  }

  /** Names that begin a path: not those that are operators there. */
  #first(depth: number): Segment {
    if (this.#chance(0.25)) return this.#call(depth);
    return { kind: "name", name: this.#pick(names.filter((name) => name !== "not")), position };
  }

  #call(depth: number): Segment {
    const named = this.#chance(0.3);
    const list = this.#list(0, (): Argument => {
      const value = this.expression(depth - 1);
      return named ? { name: "n", value } : { value };
    });
    return { kind: "call", name: this.#pick(["trim", "Model.F", "f"]), arguments: list, position };
  }

  #segment(depth: number): Segment {
    const fate = this.#random.fraction();
    if (fate < 0.5 || depth <= 0) return { kind: "name", name: this.#pick(names), position };
    if (fate < 0.6) return this.#call(depth);
    if (fate < 0.7) return { kind: "annotation", name: "Core.Term#q", position };
    if (fate < 0.8) return { kind: "count", position };
    const predicate = this.expression(depth - 1);
    if (fate < 0.9) return { kind: "filter", predicate, position };
    return { kind: this.#pick(["any", "all"] as const), variable: "v", predicate, position };
  }

  #key(depth: number): OrderByItem {
    return { expression: this.expression(depth), descending: this.#chance(0.5), position };
  }

  #selectItem(depth: number): unknown {
    const path = this.#pick([["a"], ["a", "b"], ["*"], ["Model.*"], ["@Core.Term"], ["a", "*"]]);
    const last = path.at(-1) ?? "";
    if (last.endsWith("*") || this.#chance(0.7)) return { path, position };
    if (this.#chance(0.3)) return { path, parameterNames: ["x", "y"], position };
    return { path, options: this.#rows(depth), position };
  }

  #expandItem(depth: number): ExpandItem {
    const path = this.#pick([["a"], ["a", "Model.B"], ["*"], ["$value"]]);
    if (path[0] === "*" || path[0] === "$value") return { path, position };
    if (this.#chance(0.2)) return { path, suffix: "$ref", position };
    if (depth <= 0 || this.#chance(0.5)) return { path, position };
    return { path, options: this.#rows(depth), position };
  }

  #rows(depth: number): QueryOptions {
    const filter = this.expression(depth - 1);
    const search = this.#search(1);
    const positions = { filter: position, top: position, search: position };
    return { filter, top: this.#below(9), search, aliases: [], custom: [], positions };
  }

  #search(depth: number): SearchExpression {
    const fate = depth <= 0 ? 0 : this.#random.fraction();
    if (fate < 0.3) return { kind: "word", text: this.#pick(["blue", "o'neil", "a-b"]), position };
    if (fate < 0.5) return { kind: "phrase", text: this.#pick(["x y", "(;)&", "OR"]), position };
    if (fate < 0.65) return { kind: "not", operand: this.#search(depth - 1), position };
    const kind = this.#pick(["and", "or"] as const);
    return { kind, operands: this.#list(2, () => this.#search(depth - 1)), position };
  }

  #list<T>(least: number, make: () => T): T[] {
    return Array.from({ length: least + this.#below(3) }, make);
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)] as T;
  }

  #below(limit: number): number {
    return Math.floor(this.#random.fraction() * limit);
  }

  #chance(probability: number): boolean {
    return this.#random.fraction() < probability;
  }
}
