import { badRequest } from "./errors.ts";

/** What a condition compares with. */
export type SoqlLiteral =
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "number"; readonly number: number }
  | { readonly kind: "boolean"; readonly flag: boolean }
  | { readonly kind: "null" }
  | { readonly kind: "date"; readonly text: string }
  | { readonly kind: "datetime"; readonly text: string };

/** A condition of a query. */
export type SoqlCondition =
  | { readonly kind: "and" | "or"; readonly parts: readonly SoqlCondition[] }
  | { readonly kind: "not"; readonly part: SoqlCondition }
  | {
      readonly kind: "compare";
      readonly field: string;
      readonly operator: "=" | "!=" | "<" | "<=" | ">" | ">=" | "LIKE";
      readonly value: SoqlLiteral;
    }
  | {
      readonly kind: "in";
      readonly field: string;
      readonly negated: boolean;
      readonly values: readonly SoqlLiteral[];
    };

/** A parsed query. */
export interface SoqlQuery {
  readonly fields: readonly (string | SoqlQuery)[];
  readonly from: string;
  readonly where?: SoqlCondition;
  readonly orderBy: readonly { readonly field: string; readonly descending: boolean }[];
  readonly limit?: number;
  readonly offset?: number;
}

const tokenKinds = [
  String.raw`(?<string>'(?:[^'\\]|\\.)*')`,
  String.raw`(?<datetime>\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2}))`,
  String.raw`(?<date>\d{4}-\d{2}-\d{2})`,
  String.raw`(?<number>-?\d+(?:\.\d+)?)`,
  String.raw`(?<name>[A-Za-z_]\w*(?:\.\w+)*)`,
  "(?<sign><=|>=|!=|<>|[=<>(),])",
];
const tokenPattern = new RegExp(String.raw`\s+|${tokenKinds.join("|")}`, "y");

interface Token {
  readonly kind: "string" | "datetime" | "date" | "number" | "name" | "sign" | "end";
  readonly text: string;
  readonly at: number;
}

function malformed(message: string, at: number) {
  return badRequest("MALFORMED_QUERY", `ERROR at Row:1:Column:${at + 1}\n${message}`);
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(tokenPattern);
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match) throw malformed(`line 1:${at} no viable alternative at character`, at);
    const [kind, found] =
      Object.entries(match.groups ?? {}).find(([, value]) => value !== undefined) ?? [];
    if (kind !== undefined) tokens.push({ kind, text: found, at } as Token);
  }
  return [...tokens, { kind: "end", text: "<EOF>", at: text.length }];
}

function unescaped(quoted: string): string {
  const letters: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };
  return quoted.slice(1, -1).replaceAll(/\\(.)/gs, (_all, letter: string) => {
    return letters[letter] ?? letter;
  });
}

const operators = ["=", "!=", "<>", "<", "<=", ">", ">="];

/** Reads a query, token by token. */
class SoqlParser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  get #token(): Token {
    return this.#tokens[this.#next] as Token;
  }

  #fail(): never {
    throw malformed(`unexpected token: '${this.#token.text}'`, this.#token.at);
  }

  #isWord(word: string): boolean {
    return this.#token.kind === "name" && this.#token.text.toUpperCase() === word;
  }

  #takeWord(word: string): boolean {
    if (!this.#isWord(word)) return false;
    this.#next += 1;
    return true;
  }

  #takeSign(sign: string): boolean {
    if (this.#token.kind !== "sign" || this.#token.text !== sign) return false;
    this.#next += 1;
    return true;
  }

  #want(taken: boolean): void {
    if (!taken) this.#fail();
  }

  #name(): string {
    if (this.#token.kind !== "name") this.#fail();
    const { text } = this.#token;
    this.#next += 1;
    return text;
  }

  whole(): SoqlQuery {
    const query = this.#query();
    if (this.#token.kind !== "end") this.#fail();
    return query;
  }

  #query(): SoqlQuery {
    this.#want(this.#takeWord("SELECT"));
    const fields: (string | SoqlQuery)[] = [];
    do {
      if (this.#takeSign("(")) {
        fields.push(this.#query());
        this.#want(this.#takeSign(")"));
      } else if (this.#takeWord("COUNT")) {
        this.#want(this.#takeSign("(") && this.#takeSign(")"));
        fields.push("COUNT()");
      } else fields.push(this.#name());
    } while (this.#takeSign(","));
    this.#want(this.#takeWord("FROM"));
    const from = this.#name();
    const where = this.#takeWord("WHERE") ? this.#condition() : undefined;
    const orderBy = this.#orderBy();
    const limit = this.#count("LIMIT");
    const offset = this.#count("OFFSET");
    return {
      fields,
      from,
      orderBy,
      ...(where === undefined ? {} : { where }),
      ...(limit === undefined ? {} : { limit }),
      ...(offset === undefined ? {} : { offset }),
    };
  }

  #orderBy(): SoqlQuery["orderBy"] {
    if (!this.#takeWord("ORDER")) return [];
    this.#want(this.#takeWord("BY"));
    const order: { field: string; descending: boolean }[] = [];
    do {
      const field = this.#name();
      const descending = this.#takeWord("DESC");
      if (!descending) this.#takeWord("ASC");
      order.push({ field, descending });
    } while (this.#takeSign(","));
    return order;
  }

  #count(word: string): number | undefined {
    if (!this.#takeWord(word)) return undefined;
    const { kind, text } = this.#token;
    if (kind !== "number" || !/^\d+$/.test(text)) this.#fail();
    this.#next += 1;
    return Number(text);
  }

  /** AND and OR don't mix without parentheses: Salesforce refuses what it can't tell apart. */
  #condition(): SoqlCondition {
    const first = this.#single();
    for (const word of ["AND", "OR"] as const) {
      if (!this.#isWord(word)) continue;
      const parts = [first];
      while (this.#takeWord(word)) parts.push(this.#single());
      if (this.#isWord("AND") || this.#isWord("OR")) this.#fail();
      return { kind: word === "AND" ? "and" : "or", parts };
    }
    return first;
  }

  #single(): SoqlCondition {
    if (this.#takeWord("NOT")) return { kind: "not", part: this.#single() };
    if (this.#takeSign("(")) {
      const inner = this.#condition();
      this.#want(this.#takeSign(")"));
      return inner;
    }
    return this.#comparison();
  }

  #comparison(): SoqlCondition {
    const field = this.#name();
    const negated = this.#takeWord("NOT");
    if (this.#takeWord("IN")) {
      this.#want(this.#takeSign("("));
      const values: SoqlLiteral[] = [];
      do values.push(this.#literal());
      while (this.#takeSign(","));
      this.#want(this.#takeSign(")"));
      return { kind: "in", field, negated, values };
    }
    if (negated) this.#fail();
    if (this.#takeWord("LIKE")) {
      return { kind: "compare", field, operator: "LIKE", value: this.#literal() };
    }
    const { kind, text } = this.#token;
    if (kind !== "sign" || !operators.includes(text)) this.#fail();
    this.#next += 1;
    const operator = (text === "<>" ? "!=" : text) as "=";
    return { kind: "compare", field, operator, value: this.#literal() };
  }

  #literal(): SoqlLiteral {
    const { kind, text } = this.#token;
    const upper = text.toUpperCase();
    const literal = ((): SoqlLiteral | undefined => {
      if (kind === "string") return { kind: "string", text: unescaped(text) };
      if (kind === "number") return { kind: "number", number: Number(text) };
      if (kind === "date" || kind === "datetime") return { kind, text };
      if (kind !== "name") return undefined;
      if (upper === "NULL") return { kind: "null" };
      if (upper === "TRUE" || upper === "FALSE") return { kind: "boolean", flag: upper === "TRUE" };
      return undefined;
    })();
    if (!literal) this.#fail();
    this.#next += 1;
    return literal;
  }
}

/** The most characters of a query (SOQL and SOSL limits). */
const maxQueryLength = 100_000;

/** Parses a query. Errors: MALFORMED_QUERY with the place. */
export function parseSoql(text: string): SoqlQuery {
  if (text.length > maxQueryLength) throw malformed("SOQL statements cannot be longer", 0);
  return new SoqlParser(text).whole();
}
