import type { Argument, Expression, LambdaSegment, Path, QueryOptions, Segment } from "./ast.ts";
import type { Token, Tokenizer } from "./tokenizer.ts";

/** Reads the options in the parentheses behind `$count`; the opening one has been taken. */
export type NestedOptions = (context: "countSegment") => QueryOptions;

const variables = new Set(["$it", "$this", "$root"]);
const lambdas = new Set(["any", "all"]);
const typeFunctions = new Set(["cast", "isof"]);

/** Reads paths and calls: everything that starts with a name, `$it`, `$root`, `$this` or `@`. */
export class PathParser {
  readonly #tokens: Tokenizer;
  readonly #expression: () => Expression;
  readonly #nestedOptions: NestedOptions;

  constructor(tokens: Tokenizer, expression: () => Expression, nestedOptions: NestedOptions) {
    this.#tokens = tokens;
    this.#expression = expression;
    this.#nestedOptions = nestedOptions;
  }

  parse(): Expression {
    const token = this.#tokens.peek();
    if (token.kind === "dollar") return this.#fromVariable(token);
    if (token.text === "@") return this.#fromAt();
    const name = token.text.toLowerCase();
    const word = this.#tokens.next();
    const isCall = this.#startsCall();
    if (isCall && typeFunctions.has(name)) return this.#typeTest(word, name);
    if (isCall && name === "case") return this.#case(word);
    if (isCall && lambdas.has(name)) {
      this.#tokens.fail("unexpectedToken", `${name}() needs a collection before it`, word.start);
    }
    const path = this.#path(word, undefined, [this.#named(word)]);
    const [first] = path.segments;
    if (path.segments.length === 1 && first?.kind === "name" && first.name.includes(".")) {
      const message = `${first.name} is a type or a function: expected / or ( behind it`;
      this.#tokens.fail("unexpectedToken", message, word.end);
    }
    return path;
  }

  #fromVariable(token: Token): Path {
    if (!variables.has(token.text)) {
      return this.#tokens.failAt(token, "expected an expression");
    }
    this.#tokens.next();
    const path = this.#path(token, token.text, []);
    if (token.text === "$root" && path.segments.length === 0) {
      this.#tokens.failAt(this.#tokens.peek(), "expected / and a name behind $root");
    }
    return path;
  }

  /**
   * `@name` is a parameter alias unless a namespace or qualifier shows that it is an annotation.
   */
  #fromAt(): Path {
    const at = this.#tokens.next();
    const name = this.#annotationName();
    if (!/[.#]/.test(name)) return this.#path(at, `@${name}`, []);
    return this.#path(at, undefined, [{ kind: "annotation", name, position: this.#position(at) }]);
  }

  #annotationName(): string {
    const word = this.#tokens.next();
    if (word.kind !== "word" || word.spaceBefore) {
      this.#tokens.failAt(word, "expected a name behind @");
    }
    if (!this.#tokens.takeSign("#", true)) return word.text;
    const qualifier = this.#tokens.next();
    if (qualifier.kind !== "word" || qualifier.spaceBefore) {
      this.#tokens.failAt(qualifier, "expected a qualifier behind #");
    }
    return `${word.text}#${qualifier.text}`;
  }

  #path(start: Token, root: string | undefined, first: readonly Segment[]): Path {
    const segments = [...first];
    while (this.#tokens.takeSign("/", true)) segments.push(...this.#segment());
    const position = this.#position(start);
    return root === undefined
      ? { kind: "path", segments, position }
      : { kind: "path", root, segments, position };
  }

  #segment(): readonly Segment[] {
    const token = this.#tokens.next();
    const position = this.#position(token);
    if (token.spaceBefore) this.#tokens.failAt(token, "expected a name directly behind /");
    if (token.text === "@") return [{ kind: "annotation", name: this.#annotationName(), position }];
    if (token.text === "$count") return [this.#count(position)];
    if (token.text === "$filter") return this.#filter(position);
    if (token.kind !== "word") return this.#tokens.failAt(token, "expected a name behind /");
    if (lambdas.has(token.text.toLowerCase()) && this.#startsCall()) return [this.#lambda(token)];
    return [this.#named(token)];
  }

  #named(word: Token): Segment {
    const position = this.#position(word);
    if (!this.#startsCall()) return { kind: "name", name: word.text, position };
    return { kind: "call", name: word.text, arguments: this.#arguments(), position };
  }

  #count(position: number): Segment {
    if (!this.#tokens.takeSign("(", true)) return { kind: "count", position };
    return { kind: "count", options: this.#nestedOptions("countSegment"), position };
  }

  #filter(position: number): readonly Segment[] {
    this.#tokens.expectSign("(", "behind $filter");
    const predicate = this.#expression();
    this.#tokens.expectSign(")", "behind the condition");
    const filter: Segment = { kind: "filter", predicate, position };
    if (!this.#startsCall()) return [filter];
    const key = this.#position(this.#tokens.peek());
    return [filter, { kind: "key", arguments: this.#arguments(), position: key }];
  }

  #lambda(token: Token): LambdaSegment {
    const kind = token.text.toLowerCase() === "any" ? "any" : "all";
    const position = this.#position(token);
    this.#tokens.expectSign("(", `behind ${kind}`);
    if (kind === "any" && this.#tokens.takeSign(")")) return { kind, position };
    const variable = this.#tokens.next();
    if (variable.kind !== "word" || variable.text.includes(".")) {
      this.#tokens.failAt(variable, `expected ${kind}(x:…) with a variable of your choice`);
    }
    this.#tokens.expectSign(":", `behind the variable of ${kind}`);
    const predicate = this.#expression();
    this.#tokens.expectSign(")", `behind the condition of ${kind}`);
    return { kind, variable: variable.text, predicate, position };
  }

  #startsCall(): boolean {
    const token = this.#tokens.peek();
    return token.kind === "sign" && token.text === "(" && !token.spaceBefore;
  }

  #arguments(): readonly Argument[] {
    this.#tokens.expectSign("(", "before the arguments");
    const list: Argument[] = [];
    if (this.#tokens.takeSign(")")) return list;
    do list.push(this.#argument());
    while (this.#tokens.takeSign(","));
    this.#tokens.expectSign(")", "behind the arguments");
    return list;
  }

  #argument(): Argument {
    const token = this.#tokens.peek();
    const source = this.#tokens.source.text;
    if (token.kind === "word" && source[token.end] === "=") {
      this.#tokens.next();
      this.#tokens.expectSign("=", "behind the argument's name");
      return { name: token.text, value: this.#expression() };
    }
    return { value: this.#expression() };
  }

  #typeTest(word: Token, name: string): Expression {
    const kind = name === "cast" ? "cast" : "isof";
    const position = this.#position(word);
    this.#tokens.expectSign("(", `behind ${kind}`);
    const start = this.#tokens.peek().start;
    const typeName = this.#typeName();
    if (typeName !== undefined && this.#tokens.takeSign(")")) return { kind, typeName, position };
    this.#tokens.moveTo(start);
    const operand = this.#expression();
    this.#tokens.expectSign(",", `and a type in ${kind}`);
    const type = this.#typeName() ?? this.#tokens.failAt(this.#tokens.peek(), "expected a type");
    this.#tokens.expectSign(")", `behind the type in ${kind}`);
    return { kind, operand, typeName: type, position };
  }

  /** A type name, or `Collection(…)` of one; undefined where something else stands. */
  #typeName(): string | undefined {
    const word = this.#tokens.peek();
    if (word.kind !== "word") return undefined;
    this.#tokens.next();
    if (word.text !== "Collection" || !this.#tokens.takeSign("(", true)) return word.text;
    const item = this.#tokens.next();
    return item.kind === "word" && this.#tokens.takeSign(")")
      ? `Collection(${item.text})`
      : undefined;
  }

  #case(word: Token): Expression {
    this.#tokens.expectSign("(", "behind case");
    const branches: { readonly condition: Expression; readonly result: Expression }[] = [];
    do {
      const condition = this.#expression();
      this.#tokens.expectSign(":", "behind a condition of case");
      branches.push({ condition, result: this.#expression() });
    } while (this.#tokens.takeSign(","));
    this.#tokens.expectSign(")", "behind case");
    return { kind: "case", branches, position: this.#position(word) };
  }

  #position(token: Token): number {
    return this.#tokens.source.positionOf(token.start);
  }
}
