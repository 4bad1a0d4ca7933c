import type { SearchExpression } from "./ast.ts";
import type { Tokenizer } from "./tokenizer.ts";

type Nested = <T>(parse: () => T) => T;

const isSpace = (character: string | undefined): boolean => character === " " || character === "\t";

/**
 * Reads `$search`, whose words follow rules of their own: AND, OR and NOT count in capitals only,
 * and only where an operator can stand; anything but white space, brackets and double quotes
 * belongs to a word.
 */
export class SearchParser {
  readonly #tokens: Tokenizer;
  readonly #text: string;
  readonly #nested: Nested;
  #index: number;

  constructor(tokens: Tokenizer, nested: Nested) {
    this.#tokens = tokens;
    this.#text = tokens.source.text;
    this.#nested = nested;
    this.#index = tokens.index;
  }

  parse(): SearchExpression {
    this.#skipSpace();
    const search = this.#text[this.#index] === "'" ? this.#quoted() : this.#or();
    this.#skipSpace();
    this.#tokens.moveTo(this.#index);
    return search;
  }

  #or(): SearchExpression {
    return this.#chain(
      "or",
      () => this.#and(),
      () => this.#takeOperator("OR"),
    );
  }

  #and(): SearchExpression {
    const goesOn = (): boolean => {
      if (this.#takeOperator("AND")) return true;
      const start = this.#index;
      this.#skipSpace();
      if (this.#index > start && this.#startsTerm() && !this.#isOperator("OR")) return true;
      this.#index = start;
      return false;
    };
    return this.#chain("and", () => this.#not(), goesOn);
  }

  #chain(
    kind: "and" | "or",
    operand: () => SearchExpression,
    goesOn: () => boolean,
  ): SearchExpression {
    const position = this.#position(this.#index);
    const first = operand();
    const operands = [first];
    while (goesOn()) operands.push(operand());
    return operands.length === 1 ? first : { kind, operands, position };
  }

  #not(): SearchExpression {
    this.#skipSpace();
    const start = this.#index;
    if (!this.#isOperator("NOT")) return this.#term();
    this.#index += "NOT".length;
    const operand = this.#nested(() => this.#not());
    return { kind: "not", operand, position: this.#position(start) };
  }

  #term(): SearchExpression {
    const start = this.#index;
    const character = this.#text[start];
    if (character === "(") {
      this.#index += 1;
      const inner = this.#nested(() => this.#or());
      this.#skipSpace();
      if (this.#text[this.#index] !== ")") this.#fail("expected ) to close the bracket");
      this.#index += 1;
      return inner;
    }
    if (character === '"') return this.#phrase();
    if (!this.#startsTerm()) this.#fail("expected a search word");
    while (this.#isWordPart(this.#index)) this.#index += 1;
    const text = this.#text.slice(start, this.#index);
    return { kind: "word", text, position: this.#position(start) };
  }

  #phrase(): SearchExpression {
    const start = this.#index;
    const end = this.#text.indexOf('"', start + 1);
    if (end <= start + 1) this.#fail("expected a phrase between double quotes");
    this.#index = end + 1;
    const text = this.#text.slice(start + 1, end);
    return { kind: "phrase", text, position: this.#position(start) };
  }

  /**
   * Text between single quotes is one word, whatever it holds (OData ABNF: searchExpr-incomplete).
   */
  #quoted(): SearchExpression {
    this.#tokens.moveTo(this.#index);
    const token = this.#tokens.next();
    this.#index = token.end;
    return { kind: "word", text: token.value ?? "", position: this.#position(token.start) };
  }

  #takeOperator(operator: string): boolean {
    const start = this.#index;
    this.#skipSpace();
    if (this.#index > start && this.#isOperator(operator)) {
      this.#index += operator.length;
      return true;
    }
    this.#index = start;
    return false;
  }

  /** True where the word is an operator: white space and another term must follow it. */
  #isOperator(operator: string): boolean {
    const after = this.#index + operator.length;
    if (!this.#text.startsWith(operator, this.#index) || !isSpace(this.#text[after])) return false;
    let next = after;
    while (isSpace(this.#text[next])) next += 1;
    return this.#isTermStart(next);
  }

  #startsTerm(): boolean {
    return this.#isTermStart(this.#index);
  }

  #isTermStart(index: number): boolean {
    const character = this.#text[index];
    return character === "(" || character === '"' || (character !== "'" && this.#isWordPart(index));
  }

  #isWordPart(index: number): boolean {
    if (this.#tokens.isOptionEnd(index)) return false;
    const character = this.#text[index] ?? "";
    if (character === ";") return this.#tokens.source.isEncoded(index);
    return !isSpace(character) && !'()"'.includes(character);
  }

  #skipSpace(): void {
    while (isSpace(this.#text[this.#index])) this.#index += 1;
  }

  #position(index: number): number {
    return this.#tokens.source.positionOf(index);
  }

  #fail(message: string): never {
    return this.#tokens.fail("unexpectedToken", message, this.#index);
  }
}
