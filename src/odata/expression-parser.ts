import type { Binary, BinaryOperator, Expression, List, Literal, Logical } from "./ast.ts";
import { DepthGauge } from "./depth-gauge.ts";
import { type NestedOptions, PathParser } from "./path-parser.ts";
import type { Token, Tokenizer } from "./tokenizer.ts";

/** How tightly operators bind (OData 4.01 URL conventions, section "Operator Precedence"). */
const precedences: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  eq: 3,
  ne: 3,
  gt: 4,
  ge: 4,
  lt: 4,
  le: 4,
  add: 5,
  sub: 5,
  mul: 6,
  div: 6,
  divby: 6,
  mod: 6,
};
const tightOperators = new Set(["in", "has"]);
const constantWords: Readonly<Record<string, Literal["type"]>> = {
  true: "boolean",
  false: "boolean",
  null: "null",
};
const numberWords = new Set(["INF", "NaN"]);

const isOperatorName = (name: string): boolean =>
  Object.hasOwn(precedences, name) || tightOperators.has(name);

/** Reads the expressions of one query: precedence climbing over tokens, with a cap on depth. */
export class ExpressionParser {
  readonly #tokens: Tokenizer;
  readonly #paths: PathParser;
  readonly #gauge: DepthGauge;

  constructor(tokens: Tokenizer, nestedOptions: NestedOptions) {
    this.#tokens = tokens;
    this.#paths = new PathParser(tokens, () => this.parse(), nestedOptions);
    this.#gauge = new DepthGauge((message) => tokens.fail("tooDeep", message, tokens.index));
  }

  /** Runs `parse` one level deeper. */
  nested<T>(parse: () => T): T {
    return this.#gauge.nested(parse);
  }

  parse(): Expression {
    return this.nested(() => this.#operators(1));
  }

  #operators(lowest: number): Expression {
    return this.#gauge.measured((lower) => {
      let left = this.#unary();
      for (;;) {
        const operator = this.#operatorName();
        const precedence = operator === undefined ? 0 : (precedences[operator] ?? 0);
        if (operator === undefined || precedence < lowest) return left;
        const token = this.#takeOperator();
        lower();
        left =
          operator === "and" || operator === "or"
            ? this.#logical(operator, left, token)
            : this.#binary(operator as BinaryOperator, left, token);
      }
    });
  }

  #operandOf(operator: string): Expression {
    return this.nested(() => this.#operators((precedences[operator] ?? 0) + 1));
  }

  #binary(operator: BinaryOperator, left: Expression, token: Token): Binary {
    const right = this.#operandOf(operator);
    return { kind: "binary", operator, left, right, position: this.#position(token) };
  }

  /** A chain of one of `and` and `or` is one node, so that its length adds no depth. */
  #logical(operator: "and" | "or", first: Expression, token: Token): Logical {
    const operands = [first, this.#operandOf(operator)];
    while (this.#operatorName() === operator) {
      this.#takeOperator();
      operands.push(this.#operandOf(operator));
    }
    return { kind: "logical", operator, operands, position: this.#position(token) };
  }

  /**
   * The operator that comes next, in lower case. Names are operators only where an operator can
   * stand.
   */
  #operatorName(): string | undefined {
    const token = this.#tokens.peek();
    if (token.kind !== "word") return undefined;
    const name = token.text.toLowerCase();
    return isOperatorName(name) ? name : undefined;
  }

  #takeOperator(): Token {
    const token = this.#tokens.next();
    const after = this.#tokens.peek();
    const isApart = after.spaceBefore || after.text === "(" || after.kind === "end";
    if (token.spaceBefore && isApart) return token;
    const [side, at] = token.spaceBefore ? ["after", token.end] : ["before", token.start];
    const hint = this.#tokens.source.text[at] === "+" ? ", written %20 and not +" : "";
    const message = `"${token.text}" needs white space ${side} it${hint}`;
    return this.#tokens.fail("missingWhitespace", message, at);
  }

  #unary(): Expression {
    const token = this.#tokens.peek();
    if (this.#isNot(token)) {
      this.#tokens.next();
      const operand = this.nested(() => this.#unary());
      return { kind: "not", operand, position: this.#position(token) };
    }
    if (this.#tokens.takeSign("-")) {
      const operand = this.nested(() => this.#unary());
      return { kind: "negate", operand, position: this.#position(token) };
    }
    return this.#tight();
  }

  /**
   * True for the operator `not`; a property of that name is one that an operator, a bracket or the
   * end follows.
   */
  #isNot(token: Token): boolean {
    if (token.kind !== "word" || token.text.toLowerCase() !== "not") return false;
    this.#tokens.next();
    const after = this.#tokens.peek();
    this.#tokens.moveTo(token.spaceBefore ? token.start - 1 : token.start);
    if (after.kind === "sign" && after.text === "(") return true;
    if (!after.spaceBefore || after.kind === "end") return false;
    if (after.kind === "sign") return "([{@-".includes(after.text);
    const isOperator = after.kind === "word" && isOperatorName(after.text.toLowerCase());
    return !(isOperator && /[\s(]/.test(this.#tokens.source.text[after.end] ?? ""));
  }

  /** `in` and `has` bind tighter than any other operator. */
  #tight(): Expression {
    return this.#gauge.measured((lower) => {
      let left = this.#primary();
      for (;;) {
        const operator = this.#operatorName();
        if (operator === undefined || !tightOperators.has(operator)) return left;
        const position = this.#position(this.#takeOperator());
        lower();
        left =
          operator === "in"
            ? { kind: "in", operand: left, list: this.#listOrExpression(), position }
            : { kind: "binary", operator: "has", left, right: this.#enumeration(), position };
      }
    });
  }

  #enumeration(): Expression {
    const token = this.#tokens.peek();
    const value = this.#primary();
    if (value.kind === "literal" && (value.type === "enum" || value.type === "string"))
      return value;
    return this.#tokens.failAt(token, "expected an enumeration member such as Sales.Color'Red'");
  }

  /**
   * A parenthesised list holds literals only; one expression in parentheses must itself be a
   * collection.
   */
  #listOrExpression(): List | Expression {
    const open = this.#tokens.takeSign("(");
    if (!open) return this.#primary();
    const items: Expression[] = [];
    if (!this.#tokens.takeSign(")")) {
      do {
        const token = this.#tokens.peek();
        const item = this.parse();
        items.push(item);
        if (item.kind !== "literal" && (items.length > 1 || this.#tokens.peek().text === ",")) {
          this.#tokens.failAt(token, "a list behind in holds literals only");
        }
      } while (this.#tokens.takeSign(","));
      this.#tokens.expectSign(")", "behind the list");
    }
    const [only] = items;
    if (items.length === 1 && only && only.kind !== "literal") return only;
    return { kind: "list", items, position: this.#position(open) };
  }

  #primary(): Expression {
    const token = this.#tokens.peek();
    switch (token.kind) {
      case "literal":
        return this.#literal(this.#tokens.next());
      case "jsonString":
        return this.#jsonString(this.#tokens.next());
      case "word": {
        const word = this.#constant(token);
        return word ?? this.#paths.parse();
      }
      case "dollar":
        return this.#paths.parse();
      case "sign":
        return this.#bracketed(token);
      default:
        return this.#tokens.failAt(token, "expected an expression");
    }
  }

  #bracketed(token: Token): Expression {
    switch (token.text) {
      case "(": {
        this.#tokens.next();
        const inner = this.parse();
        this.#tokens.expectSign(")", "to close the bracket");
        return inner;
      }
      case "[":
        return this.nested(() => this.#array());
      case "{":
        return this.nested(() => this.#object());
      case "@":
        return this.#paths.parse();
      default:
        return this.#tokens.failAt(token, "expected an expression");
    }
  }

  #literal(token: Token): Literal {
    const type = token.literalType ?? "string";
    const text = token.value ?? "";
    const value = type === "number" ? text.replace(/^\+/, "") : text;
    const typeName = token.typeName === undefined ? {} : { typeName: token.typeName };
    return { kind: "literal", type, value, ...typeName, position: this.#position(token) };
  }

  #jsonString(token: Token): Literal {
    const value = token.value ?? "";
    return { kind: "literal", type: "string", value, position: this.#position(token) };
  }

  #constant(token: Token): Literal | undefined {
    const word = token.text.toLowerCase();
    const type = numberWords.has(token.text)
      ? "number"
      : Object.hasOwn(constantWords, word)
        ? constantWords[word]
        : undefined;
    if (type === undefined) return undefined;
    this.#tokens.next();
    const value = type === "number" ? token.text : word;
    return { kind: "literal", type, value, position: this.#position(token) };
  }

  #array(): Expression {
    const open = this.#tokens.next();
    const items: Expression[] = [];
    if (!this.#tokens.takeSign("]")) {
      do items.push(this.parse());
      while (this.#tokens.takeSign(","));
      this.#tokens.expectSign("]", "behind the array");
    }
    return { kind: "array", items, position: this.#position(open) };
  }

  #object(): Expression {
    const open = this.#tokens.next();
    const members: { readonly name: string; readonly value: Expression }[] = [];
    if (!this.#tokens.takeSign("}")) {
      do {
        const name = this.#tokens.next();
        if (name.kind !== "jsonString") {
          this.#tokens.failAt(name, "expected a member name in double quotes");
        }
        this.#tokens.expectSign(":", "behind the member name");
        members.push({ name: name.value ?? "", value: this.parse() });
      } while (this.#tokens.takeSign(","));
      this.#tokens.expectSign("}", "behind the object");
    }
    return { kind: "object", members, position: this.#position(open) };
  }

  #position(token: Token): number {
    return this.#tokens.source.positionOf(token.start);
  }
}
