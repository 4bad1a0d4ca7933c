import type { LiteralType } from "./ast.ts";
import { maxNameLength } from "./limits.ts";
import { prefixedLiteralType, scanGuid, scanLiteral } from "./literal-scanner.ts";
import { ODataSyntaxError, type SyntaxErrorCode } from "./odata-error.ts";
import type { SourceText } from "./source-text.ts";

/**
 * `word`: a name or keyword, dots included. `dollar`: `$name`. `sign`: one punctuation character.
 */
export type TokenKind = "word" | "dollar" | "literal" | "jsonString" | "sign" | "end";

/** A token. `value` is a literal's content; start and end are indexes in the decoded text. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly spaceBefore: boolean;
  readonly literalType?: LiteralType;
  readonly value?: string;
  readonly typeName?: string;
}

const signs = "(),/:;=*-[]{}@#.";
const namePattern = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\p{Pc}\p{Cf}]*/uy;
const asciiNamePattern = /[A-Za-z_]\w*/y;
const nameStartPattern = /[\p{L}\p{Nl}_]/u;
const nameGoesOnPattern = /[\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\p{Pc}\p{Cf}]/u;

const isSpace = (character: string | undefined): boolean => character === " " || character === "\t";
const isDigit = (character: string | undefined): boolean =>
  character !== undefined && character >= "0" && character <= "9";

/**
 * Cuts the decoded text into tokens, one at a time, since what a character means depends on the
 * option that it is in.
 */
export class Tokenizer {
  readonly source: SourceText;
  readonly #text: string;
  #index: number;
  #peeked: Token | undefined;

  constructor(source: SourceText) {
    this.source = source;
    this.#text = source.text;
    this.#index = 0;
  }

  /** Where the next token's white space begins. */
  get index(): number {
    return this.#index;
  }

  /** Continues at `index`, wherever the last token ended. */
  moveTo(index: number): void {
    this.#index = index;
    this.#peeked = undefined;
  }

  peek(): Token {
    this.#peeked ??= this.#read();
    return this.#peeked;
  }

  next(): Token {
    const token = this.peek();
    this.#index = token.end;
    this.#peeked = undefined;
    return token;
  }

  /** The next token if it is this sign; with `adjacent`, only without white space before it. */
  takeSign(sign: string, adjacent = false): Token | undefined {
    const token = this.peek();
    if (token.kind !== "sign" || token.text !== sign || (adjacent && token.spaceBefore)) return;
    return this.next();
  }

  expectSign(sign: string, context: string): Token {
    return this.takeSign(sign) ?? this.failAt(this.peek(), `expected ${sign} ${context}`);
  }

  /** True where a query option ends: at the end of the text or at a literal `&`. */
  isOptionEnd(index: number): boolean {
    const character = this.#text[index];
    return character === undefined || (character === "&" && !this.source.isEncoded(index));
  }

  /** The rest of the option as it stands. */
  readRaw(): string {
    const start = this.#index;
    let end = start;
    while (!this.isOptionEnd(end)) end += 1;
    this.moveTo(end);
    return this.#text.slice(start, end);
  }

  fail(code: SyntaxErrorCode, message: string, index: number): never {
    throw new ODataSyntaxError(code, message, this.source.positionOf(index));
  }

  /** Refuses a token, saying what was expected instead. */
  failAt(token: Token, expectation: string): never {
    const found = token.kind === "end" ? "the end" : `"${token.text.slice(0, 40)}"`;
    this.fail("unexpectedToken", `${expectation}, found ${found}`, token.start);
  }

  #read(): Token {
    let start = this.#index;
    while (isSpace(this.#text[start])) start += 1;
    const spaceBefore = start > this.#index;
    const character = this.#text[start];
    if (character === undefined || (character === "&" && this.isOptionEnd(start))) {
      return { kind: "end", text: "", start, end: start, spaceBefore };
    }
    if (character === "'") return this.#string(start, start, spaceBefore);
    if (character === '"') return this.#jsonString(start, spaceBefore);
    const isSigned = character === "-" || character === "+";
    if (isDigit(character) || (isSigned && isDigit(this.#text[start + 1]))) {
      return this.#literal(start, spaceBefore);
    }
    if (this.#text.startsWith("-INF", start) && !this.#nameGoesOn(start + 4)) {
      return this.#token("literal", start, start + 4, spaceBefore, "number");
    }
    if (character === "$") return this.#dollar(start, spaceBefore);
    if (signs.includes(character)) return this.#token("sign", start, start + 1, spaceBefore);
    return this.#word(start, spaceBefore);
  }

  #token(
    kind: TokenKind,
    start: number,
    end: number,
    spaceBefore: boolean,
    literalType?: LiteralType,
  ): Token {
    const text = this.#text.slice(start, end);
    const token = { kind, text, start, end, spaceBefore };
    return literalType === undefined ? token : { ...token, literalType, value: text };
  }

  #literal(start: number, spaceBefore: boolean): Token {
    const literal = scanLiteral(this.#text, start);
    if (!literal) return this.fail("invalidCharacter", "expected a number", start);
    if (literal.problem !== undefined) this.fail("invalidLiteral", literal.problem, start);
    const follower = this.#text[literal.end];
    if (follower === "." || follower === "'" || this.#nameGoesOn(literal.end)) {
      const text = this.#text.slice(start, literal.end + 1);
      this.fail("invalidLiteral", `"${text}…" is neither a number nor a date nor a GUID`, start);
    }
    return this.#token("literal", start, literal.end, spaceBefore, literal.type);
  }

  /** A string whose quote is at `quote`; a prefix, if any, begins at `start`. */
  #string(start: number, quote: number, spaceBefore: boolean): Token {
    let value = "";
    let from = quote + 1;
    for (;;) {
      const end = this.#text.indexOf("'", from);
      if (end < 0) this.fail("unterminatedString", "the string has no closing quote", quote);
      value += this.#text.slice(from, end);
      if (this.#text[end + 1] !== "'") {
        return { ...this.#token("literal", start, end + 1, spaceBefore, "string"), value };
      }
      value += "'";
      from = end + 2;
    }
  }

  #jsonString(start: number, spaceBefore: boolean): Token {
    let end = start + 1;
    while (this.#text[end] !== '"') {
      if (end >= this.#text.length) {
        this.fail("unterminatedString", "the string has no closing quote", start);
      }
      end += this.#text[end] === "\\" ? 2 : 1;
    }
    const token = this.#token("jsonString", start, end + 1, spaceBefore);
    const value = this.#jsonValue(token.text, start);
    return { ...token, value };
  }

  #jsonValue(text: string, start: number): string {
    let value: unknown;
    try {
      // JSON forbids raw control characters; a line break inside quotes is readable all the same.
      value = JSON.parse(
        text.replace(/[\n\r\t]/g, (c) => `\\u00${c === "\t" ? "09" : c === "\n" ? "0a" : "0d"}`),
      );
    } catch {
      this.fail("invalidLiteral", "the string has an escape that JSON doesn't know", start);
    }
    const string = String(value);
    if (string.includes("\0") || !string.isWellFormed()) {
      this.fail("invalidCharacter", "the string has an escape that is no character", start);
    }
    return string;
  }

  #dollar(start: number, spaceBefore: boolean): Token {
    const end = this.#nameEnd(start + 1);
    if (end === start + 1) this.fail("invalidCharacter", "expected a name behind $", start);
    return this.#token("dollar", start, end, spaceBefore);
  }

  #word(start: number, spaceBefore: boolean): Token {
    const guid = scanGuid(this.#text, start);
    if (guid && !this.#nameGoesOn(guid.end)) {
      return this.#token("literal", start, guid.end, spaceBefore, "guid");
    }
    let end = this.#nameEnd(start);
    if (end === start) this.#failAtCharacter(start);
    while (this.#text[end] === ".") {
      const partEnd = this.#nameEnd(end + 1);
      if (partEnd === end + 1) break;
      end = partEnd;
    }
    if (this.#text[end] === "'") return this.#prefixed(start, end, spaceBefore);
    return this.#token("word", start, end, spaceBefore);
  }

  #prefixed(start: number, quote: number, spaceBefore: boolean): Token {
    const prefix = this.#text.slice(start, quote);
    const token = this.#string(start, quote, spaceBefore);
    const literalType = prefixedLiteralType(prefix, token.value ?? "");
    if (literalType === undefined) {
      const text = token.text.slice(0, 60);
      const message = `${text} is not a literal; a GUID, date or number has no quotes`;
      this.fail("invalidLiteral", message, start);
    }
    const typeName = literalType === "enum" ? { typeName: prefix } : {};
    return { ...token, literalType, ...typeName };
  }

  #failAtCharacter(start: number): never {
    const character = String.fromCodePoint(this.#text.codePointAt(start) ?? 0);
    const hint = character === "+" ? "; a space is written %20, not +" : "";
    this.fail("invalidCharacter", `${character} has no meaning here${hint}`, start);
  }

  #nameGoesOn(index: number): boolean {
    const code = this.#text.codePointAt(index);
    return code !== undefined && nameGoesOnPattern.test(String.fromCodePoint(code));
  }

  /** The end of the name that begins at `start`; `start` itself where none begins. */
  #nameEnd(start: number): number {
    asciiNamePattern.lastIndex = start;
    let end = asciiNamePattern.test(this.#text) ? asciiNamePattern.lastIndex : start;
    if ((this.#text.charCodeAt(end) || 0) > 0x7f && (end > start || this.#nameStarts(start))) {
      namePattern.lastIndex = start;
      end = namePattern.test(this.#text) ? namePattern.lastIndex : end;
    }
    if (end - start > maxNameLength) {
      this.fail("invalidCharacter", `a name has at most ${maxNameLength} characters`, start);
    }
    return end;
  }

  #nameStarts(index: number): boolean {
    return nameStartPattern.test(String.fromCodePoint(this.#text.codePointAt(index) ?? 0));
  }
}
