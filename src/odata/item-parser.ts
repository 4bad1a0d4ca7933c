import type { ComputeItem, ExpandItem, OrderByItem, QueryOptions, SelectItem } from "./ast.ts";
import type { ExpressionParser } from "./expression-parser.ts";
import type { Token, Tokenizer } from "./tokenizer.ts";

/** Where nested options stand; each place allows other ones. */
export type OptionContext =
  | "select"
  | "expand"
  | "expandStar"
  | "expandRef"
  | "expandCount"
  | "countSegment";

/** Reads the options in parentheses; the opening one has been taken. */
export type OptionsInBrackets = (context: OptionContext) => QueryOptions;

/** Reads the comma-separated items of `$select`, `$expand`, `$orderby` and `$compute`. */
export class ItemParser {
  readonly #tokens: Tokenizer;
  readonly #expressions: ExpressionParser;
  readonly #options: OptionsInBrackets;

  constructor(tokens: Tokenizer, expressions: ExpressionParser, options: OptionsInBrackets) {
    this.#tokens = tokens;
    this.#expressions = expressions;
    this.#options = options;
  }

  orderby(): readonly OrderByItem[] {
    return this.#items(() => {
      const position = this.#position(this.#tokens.peek());
      const expression = this.#expressions.parse();
      const direction = this.#tokens.peek();
      const word = direction.kind === "word" ? direction.text.toLowerCase() : "";
      if (word !== "asc" && word !== "desc") return { expression, descending: false, position };
      this.#tokens.next();
      return { expression, descending: word === "desc", position };
    });
  }

  compute(): readonly ComputeItem[] {
    return this.#items(() => {
      const position = this.#position(this.#tokens.peek());
      const expression = this.#expressions.parse();
      const as = this.#tokens.next();
      if (as.text.toLowerCase() !== "as") this.#tokens.failAt(as, "expected as and a name");
      return { expression, name: this.#word("expected a name behind as").text, position };
    });
  }

  select(): readonly SelectItem[] {
    return this.#items(() => {
      const position = this.#position(this.#tokens.peek());
      const path = this.#selectPath();
      if (path.at(-1)?.endsWith("*")) return { path, position };
      if (!this.#tokens.takeSign("(", true)) return { path, position };
      const first = this.#tokens.peek();
      const after = this.#tokens.source.text[first.end];
      if (first.kind === "word" && (after === "," || after === ")")) {
        return { path, parameterNames: this.#parameterNames(), position };
      }
      return { path, options: this.#options("select"), position };
    });
  }

  expand(): readonly ExpandItem[] {
    return this.#items(() => {
      const position = this.#position(this.#tokens.peek());
      const { path, suffix } = this.#expandPath();
      const last = path.at(-1);
      const item = { path, ...(suffix === undefined ? {} : { suffix }), position };
      if (last === "$value" || !this.#tokens.takeSign("(", true)) return item;
      if (last === "*" && suffix !== undefined) {
        this.#tokens.failAt(this.#tokens.peek(), "*/$ref takes no options");
      }
      return { ...item, options: this.#options(contextOf(last, suffix)) };
    });
  }

  #items<T>(item: () => T): readonly T[] {
    const items: T[] = [];
    do items.push(this.#expressions.nested(item));
    while (this.#tokens.takeSign(","));
    return items;
  }

  #selectPath(): readonly string[] {
    const path: string[] = [];
    do {
      if (this.#tokens.takeSign("*")) return [...path, "*"];
      const name = this.#name("expected a property, a type or *");
      if (this.#tokens.takeSign(".", true)) {
        this.#tokens.expectSign("*", "behind the namespace");
        return [...path, `${name}.*`];
      }
      path.push(name);
    } while (this.#tokens.takeSign("/", true));
    return path;
  }

  #expandPath(): Pick<ExpandItem, "path" | "suffix"> {
    const path: string[] = [];
    do {
      const token = this.#tokens.peek();
      if (token.kind === "dollar") return this.#expandEnd(path, token);
      if (this.#tokens.takeSign("*")) {
        path.push("*");
        if (!this.#tokens.takeSign("/", true)) return { path };
        return this.#expandEnd(path, this.#tokens.peek());
      }
      path.push(this.#name("expected a navigation property, a type or *"));
    } while (this.#tokens.takeSign("/", true));
    return { path };
  }

  #expandEnd(path: readonly string[], token: Token): Pick<ExpandItem, "path" | "suffix"> {
    const isAllowed =
      path.length === 0
        ? token.text === "$value"
        : token.text === "$ref" || (token.text === "$count" && path.at(-1) !== "*");
    if (!isAllowed) this.#tokens.failAt(token, "expected a navigation property");
    this.#tokens.next();
    if (token.text === "$value") return { path: ["$value"] };
    return { path, suffix: token.text === "$ref" ? "$ref" : "$count" };
  }

  #parameterNames(): readonly string[] {
    const names: string[] = [];
    do names.push(this.#word("expected a parameter name").text);
    while (this.#tokens.takeSign(","));
    this.#tokens.expectSign(")", "behind the parameter names");
    return names;
  }

  /** A name, or an annotation with its `@` and qualifier. */
  #name(expectation: string): string {
    if (!this.#tokens.takeSign("@")) return this.#word(expectation).text;
    const name = this.#word("expected a name behind @").text;
    if (!this.#tokens.takeSign("#", true)) return `@${name}`;
    return `@${name}#${this.#word("expected a qualifier behind #").text}`;
  }

  #word(expectation: string): Token {
    const token = this.#tokens.next();
    return token.kind === "word" ? token : this.#tokens.failAt(token, expectation);
  }

  #position(token: Token): number {
    return this.#tokens.source.positionOf(token.start);
  }
}

function contextOf(last: string | undefined, suffix: ExpandItem["suffix"]): OptionContext {
  if (last === "*") return "expandStar";
  if (suffix === "$ref") return "expandRef";
  return suffix === "$count" ? "expandCount" : "expand";
}
