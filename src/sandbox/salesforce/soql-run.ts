import type { RowValues } from "../row-store.ts";
import { badRequest, noSuchColumn, type SalesforceError } from "./errors.ts";
import { type Caller, seesField, visibleObject } from "./organisation.ts";
import { parseId } from "./salesforce-id.ts";
import { type Field, fieldOf, relationshipField, type SalesforceObject } from "./schema.ts";
import { parseSoql, type SoqlCondition, type SoqlLiteral, type SoqlQuery } from "./soql-parser.ts";

/** A record in an answer. */
export type SoqlRecord = Readonly<Record<string, unknown>>;

/** Everything that a query found. */
export interface SoqlResult {
  readonly records: readonly SoqlRecord[];
  readonly totalSize: number;
}

interface Path {
  readonly names: readonly string[];
  readonly field: Field;
  /** Reads the value from a row of the query's object. */
  read(row: RowValues): unknown;
}

interface Scope {
  readonly caller: Caller;
  readonly object: SalesforceObject;
  readonly versionPath: string;
  readonly includesDeleted: boolean;
}

function wantObject(caller: Caller, name: string): SalesforceObject {
  const object = visibleObject(caller, name);
  if (object) return object;
  throw badRequest(
    "INVALID_TYPE",
    `sObject type '${name}' is not supported. If you are attempting to use a custom object, be ` +
      "sure to append the '__c' after the entity name.",
  );
}

/** Finds the field that a path such as `Account.Name` leads to. */
function resolvePath({ caller, object }: Scope, path: string): Path {
  const parts = path.split(".");
  const first = parts[0]?.toLowerCase() === object.name.toLowerCase() ? parts.slice(1) : parts;
  let current = object;
  const steps: { readonly field: Field; readonly to: string }[] = [];
  for (const name of first.slice(0, -1)) {
    const field = relationshipField(current, name);
    if (!field || !seesField(caller, current, field)) {
      throw badRequest(
        "INVALID_FIELD",
        `Didn't understand relationship '${name}' in field path. If you are attempting to use a ` +
          "custom relationship, be sure to append the '__r' after the custom relationship name.",
      );
    }
    const to = field.referenceTo ?? "";
    steps.push({ field, to });
    current = wantObject(caller, to);
  }
  const last = first[first.length - 1] ?? "";
  const field = fieldOf(current, last);
  if (!field || !seesField(caller, current, field)) throw noSuchColumn(current.name, last);
  const { store } = caller.organisation;
  return {
    names: [...steps.map((step) => step.field.relationship ?? ""), field.name],
    field,
    read: (row) => {
      let at: RowValues | undefined = row;
      for (const step of steps) {
        const id: unknown = at?.[step.field.name];
        at = typeof id === "string" ? store.get(step.to, id) : undefined;
      }
      return at?.[field.name] ?? (field.type === "boolean" && at ? false : null);
    },
  };
}

function wrongLiteral(field: Field): SalesforceError {
  return badRequest(
    "INVALID_FIELD",
    `value of filter criterion for field '${field.name}' must be of type ${field.type}` +
      (field.type === "datetime" || field.type === "date"
        ? " and should not be enclosed in quotes"
        : ""),
  );
}

const literalKinds: Readonly<Record<Field["type"], readonly SoqlLiteral["kind"][]>> = {
  boolean: ["boolean"],
  currency: ["number"],
  date: ["date"],
  datetime: ["datetime"],
  double: ["number"],
  email: ["string"],
  id: ["string"],
  int: ["number"],
  phone: ["string"],
  picklist: ["string"],
  reference: ["string"],
  string: ["string"],
  textarea: ["string"],
};

const longestFilteredArea = 255;

function comparable(field: Field, value: unknown): string | number | boolean | null {
  if (value === null || value === undefined) return null;
  if (field.type === "datetime")
    return Date.parse(String(value).replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
  if (typeof value === "number" || typeof value === "boolean") return value;
  return field.type === "id" || field.type === "reference"
    ? String(value)
    : String(value).toLowerCase();
}

function literalValue(field: Field, literal: SoqlLiteral): string | number | boolean | null {
  if (literal.kind === "null") return null;
  if (!literalKinds[field.type].includes(literal.kind)) throw wrongLiteral(field);
  if (literal.kind === "number") return literal.number;
  if (literal.kind === "boolean") return literal.flag;
  if (field.type === "id" || field.type === "reference") {
    const id = parseId(literal.text);
    if (id !== undefined) return id;
    throw badRequest("INVALID_QUERY_FILTER_OPERATOR", `invalid ID field: ${literal.text}`);
  }
  return comparable(field, literal.text);
}

type Test = (row: RowValues) => boolean;

function likePattern(text: string): RegExp {
  const escaped = text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("%", ".*").replaceAll("_", ".")}$`, "is");
}

function filterable(path: Path): Path {
  const { field } = path;
  if (field.type === "textarea" && (field.length ?? 0) > longestFilteredArea) {
    throw badRequest("INVALID_FIELD", `field '${field.name}' can not be filtered in a query call`);
  }
  return path;
}

function compileComparison(
  scope: Scope,
  condition: Extract<SoqlCondition, { kind: "compare" }>,
): Test {
  const path = filterable(resolvePath(scope, condition.field));
  const { field } = path;
  const { operator, value } = condition;
  if (operator === "LIKE") {
    if (value.kind !== "string") throw wrongLiteral(field);
    const pattern = likePattern(value.text);
    return (row) => typeof path.read(row) === "string" && pattern.test(String(path.read(row)));
  }
  const wanted = literalValue(field, value);
  return (row) => {
    const found = comparable(field, path.read(row));
    if (operator === "=") return found === wanted;
    if (operator === "!=") return found !== wanted;
    if (found === null || wanted === null) return false;
    if (operator === "<") return found < wanted;
    if (operator === "<=") return found <= wanted;
    return operator === ">" ? found > wanted : found >= wanted;
  };
}

function compileCondition(scope: Scope, condition: SoqlCondition): Test {
  switch (condition.kind) {
    case "and": {
      const tests = condition.parts.map((part) => compileCondition(scope, part));
      return (row) => tests.every((test) => test(row));
    }
    case "or": {
      const tests = condition.parts.map((part) => compileCondition(scope, part));
      return (row) => tests.some((test) => test(row));
    }
    case "not": {
      const test = compileCondition(scope, condition.part);
      return (row) => !test(row);
    }
    case "in": {
      const path = filterable(resolvePath(scope, condition.field));
      const values = condition.values.map((value) => literalValue(path.field, value));
      return (row) => values.includes(comparable(path.field, path.read(row))) !== condition.negated;
    }
    default:
      return compileComparison(scope, condition);
  }
}

function attributes({ object, versionPath }: Scope, row: RowValues) {
  return { type: object.name, url: `${versionPath}/sobjects/${object.name}/${String(row.Id)}` };
}

/** Puts a value where its path says: `Account.Name` becomes `{Account: {Name}}`. */
function place(
  scope: Scope,
  record: Record<string, unknown>,
  names: readonly string[],
  row: RowValues,
  value: unknown,
): void {
  const [first = "", ...rest] = names;
  if (rest.length === 0) {
    record[first] = value;
    return;
  }
  const field = relationshipField(scope.object, first);
  const to = field?.referenceTo ?? "";
  const parentId = row[field?.name ?? ""];
  const { store } = scope.caller.organisation;
  const parent = typeof parentId === "string" ? store.get(to, parentId) : undefined;
  const object = scope.caller.organisation.schema().object(to);
  if (!parent || !object) {
    record[first] = null;
    return;
  }
  const inner = { ...scope, object };
  const nested = (record[first] ?? { attributes: attributes(inner, parent) }) as Record<
    string,
    unknown
  >;
  place(inner, nested, rest, parent, value);
  record[first] = nested;
}

type Projection = (record: Record<string, unknown>, row: RowValues) => void;

function compileChildren(scope: Scope, query: SoqlQuery): Projection {
  const child = scope.object.children.find(
    ({ name }) => name.toLowerCase() === query.from.toLowerCase(),
  );
  if (!child) {
    throw badRequest(
      "INVALID_TYPE",
      `Didn't understand relationship '${query.from}' in FROM part of query call. If you are ` +
        "attempting to use a custom relationship, be sure to append the '__r' after the custom " +
        "relationship name.",
    );
  }
  const object = wantObject(scope.caller, child.object);
  const run = compileQuery({ ...scope, object, includesDeleted: scope.includesDeleted }, query);
  return (record, row) => {
    const records = run((each) => each[child.field] === row.Id);
    // Rows without children show null in place of an empty list.
    record[child.name] =
      records.length === 0 ? null : { totalSize: records.length, done: true, records };
  };
}

function compileProjection(scope: Scope, query: SoqlQuery): Projection {
  const parts = query.fields.map((field): Projection => {
    if (typeof field !== "string") return compileChildren(scope, field);
    const path = resolvePath(scope, field);
    return (record, row) => place(scope, record, path.names, row, path.read(row));
  });
  return (record, row) => {
    for (const part of parts) part(record, row);
  };
}

function compileOrder(scope: Scope, query: SoqlQuery) {
  const keys = query.orderBy.map(({ field, descending }) => {
    const path = filterable(resolvePath(scope, field));
    return { path, sign: descending ? -1 : 1 };
  });
  return (left: RowValues, right: RowValues): number => {
    for (const { path, sign } of keys) {
      const one = comparable(path.field, path.read(left));
      const other = comparable(path.field, path.read(right));
      if (one === other) continue;
      if (one === null) return -sign;
      if (other === null) return sign;
      return one < other ? -sign : sign;
    }
    return 0;
  };
}

const maxOffset = 2000;

function compileQuery(
  scope: Scope,
  query: SoqlQuery,
): (belongs: (row: RowValues) => boolean) => readonly SoqlRecord[] {
  const { caller, object } = scope;
  const { mishaps, store } = caller.organisation;
  if ((query.offset ?? 0) > maxOffset) {
    throw badRequest("NUMBER_OUTSIDE_VALID_RANGE", "SOQL offset exceeds the limit of 2000");
  }
  const test = query.where ? compileCondition(scope, query.where) : () => true;
  const order = compileOrder(scope, query);
  const project = compileProjection(scope, query);
  return (belongs) => {
    const rows = store
      .all(object.name)
      .filter((row) => scope.includesDeleted || row.IsDeleted !== true)
      .filter((row) => !mishaps.isHidden(String(row.Id)))
      .filter((row) => belongs(row) && test(row))
      .sort(order);
    const from = query.offset ?? 0;
    return rows.slice(from, from + (query.limit ?? rows.length)).map((row) => {
      const record: Record<string, unknown> = { attributes: attributes(scope, row) };
      project(record, row);
      return record;
    });
  };
}

/** Runs a query. Errors: SalesforceError with the codes of the API's documentation. */
export function runSoql(
  caller: Caller,
  text: string,
  versionPath: string,
  includesDeleted: boolean,
): SoqlResult {
  const query = parseSoql(text);
  const object = wantObject(caller, query.from);
  const scope: Scope = { caller, object, versionPath, includesDeleted };
  if (query.fields.includes("COUNT()")) {
    const counted = compileQuery(scope, { ...query, fields: ["Id"] })(() => true);
    return { records: [], totalSize: counted.length };
  }
  const records = compileQuery(scope, query)(() => true);
  return { records, totalSize: records.length };
}
