import type { Alias, CustomOption, OptionName, QueryOptions } from "./ast.ts";
import { ExpressionParser } from "./expression-parser.ts";
import { ItemParser, type OptionContext } from "./item-parser.ts";
import { SearchParser } from "./search-parser.ts";
import { readSource } from "./source-text.ts";
import { type Token, Tokenizer } from "./tokenizer.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Draft = Writable<Omit<QueryOptions, "aliases" | "custom" | "positions">> & {
  readonly aliases: Alias[];
  readonly custom: CustomOption[];
  readonly positions: Partial<Record<OptionName, number>>;
};

const rows = ["filter", "orderby", "skip", "top", "count", "search"] as const;
const topLevel: readonly OptionName[] = [
  ...rows,
  "select",
  "expand",
  "compute",
  "id",
  "format",
  "skiptoken",
  "deltatoken",
  "schemaversion",
  "index",
];

/**
 * Which options each place allows (OData ABNF: expandOption, expandRefOption, expandCountOption,
 * selectOption).
 */
const allowedOptions: Readonly<Record<OptionContext, readonly OptionName[]>> = {
  select: [...rows, "select", "compute"],
  expand: [...rows, "select", "expand", "compute", "levels"],
  expandStar: ["levels"],
  expandRef: rows,
  expandCount: ["filter", "search"],
  countSegment: ["filter", "search"],
};
const aliasContexts: readonly OptionContext[] = ["select", "expand"];
const alwaysWithDollar = new Set<string>(["skiptoken", "deltatoken"]);

const freeTextOptions = new Set<OptionName>([
  "search",
  "id",
  "format",
  "skiptoken",
  "deltatoken",
  "schemaversion",
]);

const emptyDraft = (): Draft => ({ aliases: [], custom: [], positions: {} });

class OptionsParser {
  readonly #tokens: Tokenizer;
  readonly #expressions: ExpressionParser;
  readonly #items: ItemParser;

  constructor(query: string) {
    this.#tokens = new Tokenizer(readSource(query));
    const inBrackets = (context: OptionContext): QueryOptions =>
      this.#expressions.nested(() => this.#nestedOptions(context));
    this.#expressions = new ExpressionParser(this.#tokens, inBrackets);
    this.#items = new ItemParser(this.#tokens, this.#expressions, inBrackets);
  }

  parse(): QueryOptions {
    const draft = emptyDraft();
    const { text } = this.#tokens.source;
    while (this.#tokens.index < text.length) {
      const isEmpty = this.#tokens.isOptionEnd(this.#tokens.index);
      if (!isEmpty) this.#option(draft);
      this.#tokens.moveTo(this.#tokens.index + 1);
    }
    return draft;
  }

  #option(draft: Draft): void {
    const { text } = this.#tokens.source;
    const start = this.#tokens.index;
    let end = start;
    while (text[end] !== "=" && !this.#tokens.isOptionEnd(end)) end += 1;
    const name = text.slice(start, end);
    const hasValue = text[end] === "=";
    if (name.startsWith("@")) {
      this.#alias(draft);
      return;
    }
    const option = this.#optionName(name, topLevel);
    if (option === undefined) {
      this.#refuseUnknown(name, start);
      this.#tokens.moveTo(hasValue ? end + 1 : end);
      const position = this.#tokens.source.positionOf(start);
      draft.custom.push({ name, value: this.#tokens.readRaw(), position });
      return;
    }
    if (!hasValue) this.#tokens.fail("missingValue", `${name} needs = and a value`, end);
    this.#tokens.moveTo(end + 1);
    this.#value(draft, option, start);
    const after = this.#tokens.peek();
    if (after.kind !== "end") this.#failBehindValue(after);
    this.#tokens.next();
  }

  #refuseUnknown(name: string, start: number): void {
    if (name.startsWith("?")) {
      this.#tokens.fail("unknownOption", "the query begins behind the ?", start);
    }
    if (name.startsWith("$")) {
      this.#tokens.fail("unknownOption", `${name} is not an option of OData`, start);
    }
  }

  #failBehindValue(token: Token): never {
    return this.#tokens.failAt(token, "expected an operator or the end of the option");
  }

  #optionName(name: string, allowed: readonly OptionName[]): OptionName | undefined {
    const plain = (name.startsWith("$") ? name.slice(1) : name).toLowerCase();
    if (!name.startsWith("$") && alwaysWithDollar.has(plain)) return undefined;
    return allowed.find((option) => option === plain);
  }

  #alias(draft: Draft): void {
    const at = this.#tokens.next();
    const name = this.#tokens.next();
    if (name.kind !== "word") this.#tokens.failAt(name, "expected a name behind @");
    this.#tokens.expectSign("=", "behind the name of the alias");
    const position = this.#tokens.source.positionOf(at.start);
    if (draft.aliases.some((alias) => alias.name === name.text)) {
      this.#tokens.fail("duplicateOption", `@${name.text} is given twice`, at.start);
    }
    draft.aliases.push({ name: name.text, value: this.#expressions.parse(), position });
    const after = this.#tokens.peek();
    if (after.kind !== "end" && !")".includes(after.text) && after.text !== ";") {
      this.#failBehindValue(after);
    }
  }

  #nestedOptions(context: OptionContext): QueryOptions {
    const draft = emptyDraft();
    do {
      const token = this.#tokens.peek();
      if (token.text === "@" && aliasContexts.includes(context)) this.#alias(draft);
      else this.#nestedOption(draft, context);
    } while (this.#tokens.takeSign(";"));
    this.#tokens.expectSign(")", "or ; behind the option");
    return draft;
  }

  #nestedOption(draft: Draft, context: OptionContext): void {
    const token = this.#tokens.next();
    if (token.kind !== "word" && token.kind !== "dollar") {
      this.#tokens.failAt(token, "expected a query option");
    }
    const option = this.#optionName(token.text, allowedOptions[context]);
    if (option === undefined) {
      const known = this.#optionName(token.text, [...topLevel, "levels"]);
      const code = known === undefined ? "unknownOption" : "optionNotAllowed";
      this.#tokens.fail(code, `${token.text} is not an option that is allowed here`, token.start);
    }
    this.#tokens.expectSign("=", `behind ${token.text}`);
    this.#value(draft, option, token.start);
  }

  #value(draft: Draft, option: OptionName, start: number): void {
    const { text } = this.#tokens.source;
    if (draft.positions[option] !== undefined) {
      this.#tokens.fail("duplicateOption", `$${option} is given twice`, start);
    }
    draft.positions[option] = this.#tokens.source.positionOf(start);
    const valueStart = this.#tokens.index;
    const isSpace = text[valueStart] === " " || text[valueStart] === "\t";
    if (isSpace && !freeTextOptions.has(option)) {
      this.#tokens.fail("unexpectedToken", `$${option}= takes no white space`, valueStart);
    }
    this.#read(draft, option);
  }

  #read(draft: Draft, option: OptionName): void {
    switch (option) {
      case "filter":
        draft.filter = this.#expressions.parse();
        return;
      case "orderby":
      case "select":
      case "expand":
      case "compute":
        this.#readItems(draft, option);
        return;
      case "top":
      case "skip":
        draft[option] = this.#wholeNumber(option);
        return;
      case "count":
        draft.count = this.#boolean();
        return;
      case "levels":
        draft.levels = this.#levels();
        return;
      case "search":
        draft.search = new SearchParser(this.#tokens, (parse) =>
          this.#expressions.nested(parse),
        ).parse();
        return;
      case "index":
        draft.index = this.#index();
        return;
      default:
        draft[option] = this.#rawValue(option);
    }
  }

  #readItems(draft: Draft, option: "orderby" | "select" | "expand" | "compute"): void {
    if (option === "orderby") draft.orderby = this.#items.orderby();
    else if (option === "select") draft.select = this.#items.select();
    else if (option === "expand") draft.expand = this.#items.expand();
    else draft.compute = this.#items.compute();
  }

  #wholeNumber(option: "top" | "skip"): number {
    const token = this.#tokens.next();
    const number = Number(token.text);
    if (
      token.literalType === "number" &&
      /^\d+$/.test(token.text) &&
      Number.isSafeInteger(number)
    ) {
      return number;
    }
    const message = `$${option} takes a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`;
    return this.#tokens.fail("invalidNumber", message, token.start);
  }

  #index(): number {
    const token = this.#tokens.next();
    const number = Number(token.text);
    if (/^-?\d+$/.test(token.text) && Number.isSafeInteger(number)) return number;
    return this.#tokens.fail("invalidNumber", "$index takes a whole number", token.start);
  }

  #levels(): number | "max" {
    const token = this.#tokens.next();
    if (token.text.toLowerCase() === "max") return "max";
    if (/^[1-9]\d{0,8}$/.test(token.text)) return Number(token.text);
    const message = "$levels takes a whole number from 1, without leading zeros, or max";
    return this.#tokens.fail("invalidNumber", message, token.start);
  }

  #boolean(): boolean {
    const token = this.#tokens.next();
    const word = token.text.toLowerCase();
    if (word === "true" || word === "false") return word === "true";
    return this.#tokens.failAt(token, "expected true or false");
  }

  #rawValue(option: OptionName): string {
    const start = this.#tokens.index;
    const value = this.#tokens.readRaw();
    if (value === "") this.#tokens.fail("missingValue", `$${option} needs a value`, start);
    return value;
  }
}

/**
 * Reads the query options of an OData 4.01 URL: the text behind `?`, percent-encoded or not.
 * Errors: ODataSyntaxError with the offset in the text as given.
 */
export function parseQueryOptions(query: string): QueryOptions {
  return new OptionsParser(query).parse();
}
