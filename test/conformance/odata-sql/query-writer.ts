import { encodeOptionValue, quoteString } from "../../../src/odata/index.ts";
import type { Random } from "../../../src/runtime/index.ts";
import {
  below,
  chance,
  clocks,
  codes,
  days,
  moments,
  numbers,
  pick,
  spans,
  texts,
} from "./documents.ts";

type Type =
  | "String"
  | "Boolean"
  | "Number"
  | "DateTimeOffset"
  | "Date"
  | "TimeOfDay"
  | "Duration"
  | "Guid";

interface Collection {
  readonly path: string;
  readonly item: Fields | Type;
}

/** What a name can stand for: paths of each type and the collections. */
interface Fields {
  readonly values: Readonly<Partial<Record<Type, readonly string[]>>>;
  readonly structured?: readonly string[];
  readonly collections?: readonly Collection[];
}

const partFields: Fields = { values: { String: ["name", "type"], Number: ["amount"] } };
const itemFields: Fields = {
  values: { String: ["name", "type"], Number: ["amount"], DateTimeOffset: ["moment"] },
  collections: [{ path: "parts", item: partFields }],
};
const thingFields: Fields = {
  values: {
    String: ["text", "type", "inner/text", "id"],
    Boolean: ["flag"],
    Number: ["small", "whole", "amount", "price", "ratio"],
    DateTimeOffset: ["moment", "stamp", "inner/moment"],
    Date: ["day"],
    TimeOfDay: ["clock"],
    Duration: ["span"],
    Guid: ["code"],
  },
  structured: ["inner", "extra"],
  collections: [
    { path: "tags", item: "String" },
    { path: "amounts", item: "Number" },
    { path: "moments", item: "DateTimeOffset" },
    { path: "items", item: itemFields },
    { path: "inner/items", item: itemFields },
  ],
};

const types: readonly Type[] = [
  "String",
  "Number",
  "DateTimeOffset",
  "Boolean",
  "Date",
  "TimeOfDay",
  "Duration",
  "Guid",
];
const comparisons = ["eq", "ne", "gt", "ge", "lt", "le"];
const numberFunctions = ["round", "floor", "ceiling"];
const dateTimeParts = ["year", "month", "day", "hour", "minute", "second", "totaloffsetminutes"];

const withoutPlus = (number: string): string => number.replace("+", "");

const literals: Readonly<Record<Type, (random: Random) => string>> = {
  String: (random) => quoteString(pick(random, texts)),
  Boolean: (random) => pick(random, ["true", "false"]),
  Number: (random) => withoutPlus(pick(random, numbers)),
  DateTimeOffset: (random) => pick(random, moments),
  Date: (random) => pick(random, days),
  TimeOfDay: (random) => pick(random, clocks),
  Duration: (random) => `duration'${pick(random, spans)}'`,
  Guid: (random) => pick(random, codes),
};

/** Writes random queries on thingModel as text, every operator and function among them. */
export class QueryWriter {
  readonly #random: Random;
  /** The row, then the variables in reach. */
  readonly #scopes: { readonly prefix: string; readonly fields: Fields | Type }[] = [
    { prefix: "", fields: thingFields },
  ];
  #arithmetic = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A whole query: filter, sort keys, top and skip. */
  query(): string {
    this.#arithmetic = 0;
    const options: string[] = [];
    if (chance(this.#random, 0.95))
      options.push(`$filter=${encodeOptionValue(this.#condition(3))}`);
    if (chance(this.#random, 0.4)) options.push(`$orderby=${encodeOptionValue(this.#orderby())}`);
    if (chance(this.#random, 0.3)) options.push(`$top=${below(this.#random, 8)}`);
    if (chance(this.#random, 0.3)) options.push(`$skip=${below(this.#random, 8)}`);
    return options.join("&");
  }

  #orderby(): string {
    const keys = Array.from({ length: 1 + below(this.#random, 3) }, () => {
      const direction = pick(this.#random, ["", " asc", " desc"]);
      if (chance(this.#random, 0.1)) return `(${this.#condition(1)})${direction}`;
      return `${this.#value(pick(this.#random, types), 1)}${direction}`;
    });
    return keys.join(",");
  }

  #condition(depth: number): string {
    const random = this.#random;
    const fate = depth <= 0 ? 0.5 + random.fraction() / 2 : random.fraction();
    if (fate < 0.13) return `(${this.#condition(depth - 1)}) and (${this.#condition(depth - 1)})`;
    if (fate < 0.26) return `(${this.#condition(depth - 1)}) or (${this.#condition(depth - 1)})`;
    if (fate < 0.36) return `not (${this.#condition(depth - 1)})`;
    if (fate < 0.5) return this.#lambda(depth) ?? this.#comparison(depth);
    if (fate < 0.6) return this.#textTest(depth);
    if (fate < 0.68) return this.#membership();
    if (fate < 0.73) return this.#nullTest();
    if (fate < 0.77) return this.#value("Boolean", depth);
    return this.#comparison(depth);
  }

  #comparison(depth: number): string {
    const random = this.#random;
    const type = pick(random, chance(random, 0.6) ? types.slice(0, 3) : types);
    const left = this.#value(type, depth);
    const right = chance(random, 0.7) ? literals[type](random) : this.#value(type, depth);
    const operator = pick(random, comparisons);
    const sides = chance(random, 0.2) ? [right, left] : [left, right];
    return `${sides[0]} ${operator} ${sides[1]}`;
  }

  #membership(): string {
    const random = this.#random;
    if (chance(random, 0.2)) return `${literals.String(random)} in tags`;
    const type = pick(random, types);
    const items = Array.from({ length: below(random, 4) }, () =>
      chance(random, 0.15) ? "null" : literals[type](random),
    );
    return `${this.#property(type)} in (${items.join(",")})`;
  }

  #nullTest(): string {
    const random = this.#random;
    const operator = pick(random, comparisons);
    if (chance(random, 0.3))
      return `${pick(random, ["inner", "extra"])} ${pick(random, ["eq", "ne"])} null`;
    if (chance(random, 0.2))
      return `extra ${operator} ${literals[pick(random, types.slice(0, 2))](random)}`;
    return `${this.#value(pick(random, types), 1)} ${operator} null`;
  }

  #textTest(depth: number): string {
    const name = pick(this.#random, ["contains", "startswith", "endswith"]);
    const part = chance(this.#random, 0.8)
      ? literals.String(this.#random)
      : this.#value("String", depth);
    return `${name}(${this.#value("String", depth)},${part})`;
  }

  #lambda(depth: number): string | undefined {
    const random = this.#random;
    const scope = pick(random, this.#scopes);
    const { fields, prefix } = scope;
    if (typeof fields === "string" || !fields.collections) return undefined;
    const { path, item } = pick(random, fields.collections);
    const filter = chance(random, 0.15) ? `/$filter(${this.#ofItem(item)})` : "";
    const collection = `${prefix}${path}${filter}`;
    if (chance(random, 0.15)) return `${collection}/any()`;
    if (chance(random, 0.2))
      return `${collection}/$count ${pick(random, comparisons)} ${below(random, 3)}`;
    const variable = `v${this.#scopes.length}`;
    const isScalar = typeof item === "string";
    this.#scopes.push({ prefix: isScalar ? variable : `${variable}/`, fields: item });
    const condition = this.#condition(depth - 1);
    this.#scopes.pop();
    return `${collection}/${pick(random, ["any", "all"])}(${variable}:${condition})`;
  }

  /** A condition in which bare names are an item's own. */
  #ofItem(item: Fields | Type): string {
    const outer = this.#scopes.splice(0);
    this.#scopes.push({ prefix: typeof item === "string" ? "$this" : "", fields: item });
    const type = typeof item === "string" ? item : "String";
    const operator = pick(this.#random, comparisons);
    const condition = `${this.#property(type)} ${operator} ${literals[type](this.#random)}`;
    this.#scopes.splice(0, 1, ...outer);
    return condition;
  }

  #property(type: Type): string {
    const found = this.#scopes.flatMap(({ prefix, fields }) => {
      if (typeof fields === "string") return fields === type ? [prefix] : [];
      return (fields.values[type] ?? []).map((path) => `${prefix}${path}`);
    });
    return found.length === 0 ? literals[type](this.#random) : pick(this.#random, found);
  }

  #value(type: Type, depth: number): string {
    if (depth <= 0 || chance(this.#random, 0.6)) return this.#property(type);
    switch (type) {
      case "String":
        return this.#text(depth - 1);
      case "Number":
        return this.#number(depth - 1);
      case "DateTimeOffset":
        return this.#moment(depth - 1);
      case "Date":
        return chance(this.#random, 0.5)
          ? `date(${this.#property("DateTimeOffset")})`
          : `(${this.#property("Date")} ${this.#sign()} ${literals.Duration(this.#random)})`;
      case "TimeOfDay":
        return `time(${this.#property("DateTimeOffset")})`;
      case "Duration":
        return this.#duration(depth - 1);
      case "Boolean":
        return `(${this.#condition(depth - 1)})`;
      default:
        return this.#property(type);
    }
  }

  #sign(): string {
    return pick(this.#random, ["add", "sub"]);
  }

  #text(depth: number): string {
    const random = this.#random;
    const value = this.#value("String", depth);
    const name = pick(random, ["tolower", "toupper", "trim", "concat", "substring"]);
    if (name === "concat") return `concat(${value},${this.#value("String", depth)})`;
    if (name !== "substring") return `${name}(${value})`;
    const start = below(random, 6) - 2;
    return chance(random, 0.5)
      ? `substring(${value},${start})`
      : `substring(${value},${start},${below(random, 4)})`;
  }

  #number(depth: number): string {
    const random = this.#random;
    const fate = random.fraction();
    if (fate < 0.35 && this.#arithmetic < 8) {
      this.#arithmetic += 1;
      const operator = pick(random, ["add", "sub", "mul", "div", "divby", "mod"]);
      const right = chance(random, 0.5) ? literals.Number(random) : this.#value("Number", depth);
      return `(${this.#value("Number", depth)} ${operator} ${right})`;
    }
    if (fate < 0.45) return `(-${this.#property("Number").replace(/^-/, "")})`;
    if (fate < 0.55) return `${pick(random, numberFunctions)}(${this.#value("Number", depth)})`;
    if (fate < 0.65) return `length(${this.#value("String", depth)})`;
    if (fate < 0.75) return `indexof(${this.#value("String", depth)},${literals.String(random)})`;
    if (fate < 0.8) return `totalseconds(${this.#value("Duration", depth)})`;
    if (fate < 0.85)
      return `fractionalseconds(${this.#property(pick(random, ["DateTimeOffset", "TimeOfDay"]))})`;
    if (fate < 0.9) return `${pick(random, dateTimeParts.slice(0, 3))}(${this.#property("Date")})`;
    if (fate < 0.93)
      return `${pick(random, dateTimeParts.slice(3, 6))}(${this.#property("TimeOfDay")})`;
    return `${pick(random, dateTimeParts)}(${this.#moment(depth)})`;
  }

  #moment(depth: number): string {
    const random = this.#random;
    const fate = random.fraction();
    if (fate < 0.6) return this.#property("DateTimeOffset");
    if (fate < 0.7) return pick(random, ["now()", "mindatetime()", "maxdatetime()"]);
    const duration = this.#value("Duration", depth);
    return `(${this.#property("DateTimeOffset")} ${this.#sign()} ${duration})`;
  }

  #duration(depth: number): string {
    const random = this.#random;
    const fate = random.fraction();
    if (fate < 0.3) return `(${this.#property("DateTimeOffset")} sub ${this.#moment(0)})`;
    if (fate < 0.4) return `(${this.#property("Date")} sub ${literals.Date(random)})`;
    if (fate < 0.7)
      return `(${this.#property("Duration")} ${this.#sign()} ${this.#value("Duration", depth)})`;
    const factor = pick(random, ["2", "0.5", "3", "7"]);
    return `(${this.#property("Duration")} ${pick(random, ["mul", "div"])} ${factor})`;
  }
}
