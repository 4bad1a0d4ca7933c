import {
  type BoundCollection,
  type BoundComparison,
  type BoundConstant,
  type BoundExpression,
  type BoundIn,
  type BoundLambda,
  type BoundProperty,
  type Decimal,
  decimalText,
  instantOf,
} from "../odata/index.ts";
import type { JsonPlace, ODataDialect } from "./odata-sql-dialect.ts";
import { balanced, joined, raw, type SqlFragment, sql } from "./odata-sql-fragment.ts";
import { postgresDialect } from "./odata-sql-postgres.ts";
import { sqliteDialect } from "./odata-sql-sqlite.ts";
import type { DialectName } from "./port.ts";

/**
 * A column that holds the value at a path of the document, so that an index can serve queries on
 * it.
 */
export interface PromotedColumn {
  readonly column: string;
  /**
   * `text`: the string itself. `stamp`: a moment as `2024-05-01T10:00:00.1234567Z`, always with
   * seven digits and in UTC. `number`: the number as a double, which narrows a search; the document
   * decides exactly, unless `decides` says that the column does.
   */
  readonly form: "text" | "stamp" | "number";
  /** True on a number that is a double by nature: then no document is read for it. */
  readonly decides?: boolean;
  /**
   * False where the column is never null, which lets PostgreSQL take the order from a plain index.
   */
  readonly nullable?: boolean;
}

/** Where documents lie. */
export interface ODataSqlOptions {
  readonly dialect: DialectName;
  /** The table or alias in the statement; inside a subquery only qualified names are safe. */
  readonly table: string;
  /** The column that holds documents as JSON text; `document` unless told. */
  readonly document?: string;
  /** Columns by path, such as `customerProfile/address/country`. */
  readonly promoted?: Readonly<Record<string, PromotedColumn>>;
}

const odataDialects: Readonly<Record<DialectName, ODataDialect>> = {
  sqlite: sqliteDialect,
  postgres: postgresDialect,
};

type Mode = "truth" | "exact";

const comparisonSigns = { gt: ">", ge: ">=", lt: "<", le: "<=" } as const;
const formTypes = { text: "String", stamp: "DateTimeOffset", number: "Number" } as const;
const alwaysKnown = new Set(["comparison", "in", "any", "all", "count"]);
const textTypes = new Set<string>(["String", "DateTimeOffset", "Date", "TimeOfDay", "Guid"]);
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const isConstant = (expression: BoundExpression): expression is BoundConstant =>
  expression.kind === "constant";
const isNull = (expression: BoundExpression): boolean =>
  isConstant(expression) && expression.value === null;

/** The seven-digit form of a moment, or undefined where it has more digits. */
function stampOf(value: unknown): string | undefined {
  const instant = instantOf(String(value)) ?? "";
  return instant.endsWith("00000Z") ? `${instant.slice(0, 27)}Z` : undefined;
}

const doubleOf = (value: unknown): number => Number(decimalText(value as Decimal));

/**
 * Turns bound expressions into SQL. `truth` is SQL of which only "is it true" matters, so that
 * plain comparisons can use an index; `exact` tells false from null, as `not` needs it.
 */
export class ODataSqlCompiler {
  readonly #dialect: ODataDialect;
  readonly #document: SqlFragment;
  readonly #table: string;
  readonly #promoted: Readonly<Record<string, PromotedColumn>>;

  constructor(options: ODataSqlOptions) {
    this.#dialect = odataDialects[options.dialect];
    this.#table = quoted(options.table);
    this.#document = raw(`${this.#table}.${quoted(options.document ?? "document")}`);
    this.#promoted = options.promoted ?? {};
  }

  condition(expression: BoundExpression): SqlFragment {
    return this.#boolean(expression, "truth");
  }

  /**
   * The terms of a sort key; none for a constant, which orders nothing and which PostgreSQL
   * refuses.
   */
  orderTerms(expression: BoundExpression, descending: boolean): readonly SqlFragment[] {
    if (isConstant(expression)) return [];
    const { nullOrder } = this.#dialect;
    const plain = raw(descending ? "DESC" : "ASC");
    const placed = raw(descending ? nullOrder.descending : nullOrder.ascending);
    const promotion = this.#promotion(expression);
    const direction = promotion?.nullable === false ? plain : placed;
    if (promotion?.form === "stamp") return [sql`${this.#column(promotion)} ${direction}`];
    const exact = sql`${this.#orderable(expression, this.#key(expression))} ${direction}`;
    if (promotion?.form !== "number") return [exact];
    // Doubles order as the numbers do, save that near neighbours fall together.
    return [sql`${this.#column(promotion)} ${direction}`, exact];
  }

  #boolean(expression: BoundExpression, mode: Mode): SqlFragment {
    switch (expression.kind) {
      case "constant":
        return raw(expression.value === null ? "NULL" : expression.value ? "TRUE" : "FALSE");
      case "and":
      case "or": {
        const operands = expression.operands.map((operand) => this.#boolean(operand, mode));
        return balanced(operands, expression.kind === "and" ? "AND" : "OR");
      }
      case "not":
        return sql`(NOT ${this.#boolean(expression.operand, "exact")})`;
      case "comparison":
        return this.#comparison(expression, mode);
      case "in":
        return this.#membership(expression, mode);
      case "any":
      case "all":
        return this.#lambda(expression);
      default:
        return this.#value(expression);
    }
  }

  #comparison(comparison: BoundComparison, mode: Mode): SqlFragment {
    const { operator, left, right } = comparison;
    if (isNull(right)) return this.#nullComparison(operator, left);
    if (isNull(left)) return this.#nullComparison(operator, right);
    const [a, b] = this.#keys(left, right);
    if (operator === "ne") return this.#dialect.differs(a, b);
    if (operator === "eq") return this.#equality(comparison, a, b, mode);
    const canBeEqualNulls =
      (operator === "ge" || operator === "le") && this.#mayBeNull(left) && this.#mayBeNull(right);
    if (canBeEqualNulls && left.type === "Boolean") return this.#booleanOrder(operator, a, b);
    const sign = raw(comparisonSigns[operator]);
    const inOrder = sql`${this.#orderable(left, a)} ${sign} ${this.#orderable(left, b)}`;
    const order = this.#narrowed(comparison, sql`(${inOrder})`);
    const known = mode === "exact" ? sql`coalesce(${order}, FALSE)` : order;
    return canBeEqualNulls ? sql`(${known} OR ${a} IS NULL AND ${b} IS NULL)` : known;
  }

  /**
   * Conditions can be compared with conditions, to any depth. Written in terms of each operand
   * once, or each level would double the statement.
   */
  #booleanOrder(operator: "ge" | "le", a: SqlFragment, b: SqlFragment): SqlFragment {
    const { booleanCode } = this.#dialect;
    const codes = raw(operator === "ge" ? "0, 3, 4, 8" : "0, 1, 4, 8");
    return sql`(${booleanCode(a)} * 3 + ${booleanCode(b)} IN (${codes}))`;
  }

  #mayBeNull(expression: BoundExpression): boolean {
    if (isConstant(expression)) return false;
    return !alwaysKnown.has(expression.kind) && this.#promotion(expression)?.nullable !== false;
  }

  /**
   * Null equals null, is at least null and at most null; binding has settled that nothing is more
   * or less.
   */
  #nullComparison(operator: BoundComparison["operator"], other: BoundExpression): SqlFragment {
    return sql`(${this.#key(other)} IS ${raw(operator === "ne" ? "NOT NULL" : "NULL")})`;
  }

  #equality(comparison: BoundComparison, a: SqlFragment, b: SqlFragment, mode: Mode): SqlFragment {
    const hasConstant = isConstant(comparison.left) || isConstant(comparison.right);
    if (mode === "exact" || !hasConstant) return this.#dialect.equals(a, b);
    return this.#narrowed(comparison, sql`(${a} = ${b})`);
  }

  /** Adds a comparison of a double, which an index serves, to that of the exact numbers. */
  #narrowed({ operator, left, right }: BoundComparison, exact: SqlFragment): SqlFragment {
    const [property, other] = isConstant(right) ? [left, right] : [right, left];
    const promotion = this.#promotion(property);
    if (promotion?.form !== "number" || !isConstant(other)) return exact;
    const isUpper = (operator === "lt" || operator === "le") === (property === left);
    const isStrict = promotion.decides && (operator === "lt" || operator === "gt");
    const sign = raw(operator === "eq" ? "=" : `${isUpper ? "<" : ">"}${isStrict ? "" : "="}`);
    const double = this.#dialect.double(doubleOf(other.value));
    if (promotion.decides) return sql`(${this.#column(promotion)} ${sign} ${double})`;
    return sql`(${this.#column(promotion)} ${sign} ${double} AND ${exact})`;
  }

  #membership({ operand, values }: BoundIn, mode: Mode): SqlFragment {
    const known = values.filter((value) => value.value !== null);
    const alternatives: SqlFragment[] = [];
    if (known.length < values.length) alternatives.push(this.#nullComparison("eq", operand));
    if (known.length > 0) {
      const isOne = this.#isOneOf(operand, known);
      alternatives.push(mode === "exact" ? sql`coalesce(${isOne}, FALSE)` : isOne);
    }
    return alternatives.length === 0 ? raw("FALSE") : balanced(alternatives, "OR");
  }

  #isOneOf(operand: BoundExpression, values: readonly BoundConstant[]): SqlFragment {
    const promotion = this.#promotion(operand);
    const stamps = promotion?.form === "stamp" ? values.map(({ value }) => stampOf(value)) : [];
    if (promotion && stamps.length > 0 && stamps.every((stamp) => stamp !== undefined)) {
      const constants = stamps.map((stamp) => this.#dialect.constant("String", stamp));
      return sql`(${this.#column(promotion)} IN (${joined(constants, ", ")}))`;
    }
    const keys = values.map((value) => this.#key(value));
    return sql`(${this.#key(operand)} IN (${joined(keys, ", ")}))`;
  }

  #lambda({ kind, collection, predicate }: BoundLambda): SqlFragment {
    const conditions = this.#filters(collection);
    if (predicate && kind === "any") conditions.push(this.#boolean(predicate, "truth"));
    if (predicate && kind === "all") {
      conditions.push(sql`(${this.#boolean(predicate, "exact")} IS NOT TRUE)`);
    }
    const word = raw(kind === "any" ? "EXISTS" : "NOT EXISTS");
    const where = balanced(conditions, "AND");
    return sql`(${word} (SELECT 1 FROM ${this.#items(collection)} WHERE ${where}))`;
  }

  #filters({ filters }: BoundCollection): SqlFragment[] {
    return filters.map((filter) => this.#boolean(filter, "truth"));
  }

  #items({ variable, path, itemVariable }: BoundCollection): SqlFragment {
    return this.#dialect.items(this.#place(variable, path), `item${itemVariable}`);
  }

  #place(variable: number, path: readonly string[]): JsonPlace {
    return variable === 0
      ? this.#dialect.rowPlace(this.#document, path)
      : this.#dialect.itemPlace(`item${variable}`, path);
  }

  /** The value as functions take it: a DateTimeOffset is text with its own offset. */
  #value(expression: BoundExpression): SqlFragment {
    switch (expression.kind) {
      case "constant":
        return this.#constant(expression, false);
      case "property":
        return this.#property(expression);
      case "arithmetic": {
        const { operator, left, right } = expression;
        return this.#dialect.arithmetic[operator](this.#value(left), this.#value(right));
      }
      case "call": {
        const operands = expression.arguments.map((argument) => this.#value(argument));
        return this.#dialect.functions[expression.function](...operands);
      }
      case "count": {
        const where = balanced(this.#filters(expression.collection), "AND");
        const items = this.#items(expression.collection);
        return this.#dialect.wholeNumber(sql`(SELECT count(*) FROM ${items} WHERE ${where})`);
      }
      default:
        return this.#boolean(expression, "exact");
    }
  }

  #property(property: BoundProperty): SqlFragment {
    const promotion = this.#promotion(property);
    if (promotion && promotion.form !== "number") return this.#column(promotion);
    if (promotion?.decides) return this.#dialect.numberOfDouble(this.#column(promotion));
    const place = this.#place(property.variable, property.path);
    if (property.type === "Any" || property.type === "Untyped") return this.#present(place);
    return this.#dialect.read[property.type](place);
  }

  /** True where there is something, else null, so that it compares with null as a value does. */
  #present(place: JsonPlace): SqlFragment {
    return sql`CASE WHEN ${this.#dialect.exists(place)} THEN TRUE END`;
  }

  #constant({ type, value }: BoundConstant, asKey: boolean): SqlFragment {
    if (value === null || type === "Null") return raw("NULL");
    if (type === "DateTimeOffset" && !asKey) return this.#dialect.constant("String", value);
    return this.#dialect.constant(type, value);
  }

  /** The value as it is compared and sorted: moments in UTC. */
  #key(expression: BoundExpression): SqlFragment {
    if (isConstant(expression)) return this.#constant(expression, true);
    if (expression.type !== "DateTimeOffset") return this.#value(expression);
    const promotion = this.#promotion(expression);
    if (!promotion) return this.#dialect.instant(this.#value(expression));
    return sql`(substr(${this.#column(promotion)}, 1, 27) || '00000Z')`;
  }

  /**
   * The keys of two operands; where a stamp column meets a stamp, the column itself, for its
   * index's sake.
   */
  #keys(left: BoundExpression, right: BoundExpression): readonly [SqlFragment, SqlFragment] {
    const [a, b] = [this.#promotion(left), this.#promotion(right)];
    if (a?.decides && b?.decides) return [this.#column(a), this.#column(b)];
    const stamp = this.#stampKeys(left, right);
    if (stamp) return stamp;
    const swapped = this.#stampKeys(right, left);
    return swapped ? [swapped[1], swapped[0]] : [this.#key(left), this.#key(right)];
  }

  #stampKeys(
    property: BoundExpression,
    constant: BoundExpression,
  ): readonly [SqlFragment, SqlFragment] | undefined {
    const promotion = this.#promotion(property);
    const stamp = isConstant(constant) ? stampOf(constant.value) : undefined;
    if (promotion?.form !== "stamp" || stamp === undefined) return undefined;
    return [this.#column(promotion), this.#dialect.constant("String", stamp)];
  }

  #orderable({ type }: BoundExpression, key: SqlFragment): SqlFragment {
    return textTypes.has(type) ? this.#dialect.byCodePoint(key) : key;
  }

  #promotion(expression: BoundExpression): PromotedColumn | undefined {
    if (expression.kind !== "property" || expression.variable !== 0) return undefined;
    const path = expression.path.join("/");
    const promotion = Object.hasOwn(this.#promoted, path) ? this.#promoted[path] : undefined;
    return promotion && formTypes[promotion.form] === expression.type ? promotion : undefined;
  }

  #column({ column }: PromotedColumn): SqlFragment {
    return raw(`${this.#table}.${quoted(column)}`);
  }
}
