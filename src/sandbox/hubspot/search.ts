import { modifiedProperty, type ObjectKind, type PropertyDefinition } from "./definitions.ts";
import { badRequest } from "./errors.ts";
import { shownObject } from "./objects.ts";
import {
  definitionsOf,
  indexedState,
  objectsOf,
  type Portal,
  type StoredObject,
} from "./portal.ts";
import { momentOf } from "./values.ts";

const limits = {
  body: 3000,
  groups: 5,
  filtersPerGroup: 6,
  filters: 18,
  perPage: 200,
  results: 10_000,
} as const;

type State = Omit<StoredObject, "indexed">;
type Test = (object: State) => boolean;

interface Filter {
  readonly propertyName: string;
  readonly operator: string;
  readonly value?: unknown;
  readonly values?: readonly unknown[];
  readonly highValue?: unknown;
}

function comparable(definition: PropertyDefinition, text: string): number | string {
  if (definition.type === "number") return Number(text);
  return definition.type === "date" || definition.type === "datetime" ? momentOf(text) : text;
}

function compileFilter(portal: Portal, kind: ObjectKind, filter: Filter): Test {
  const { operator, propertyName } = filter;
  const definition = definitionsOf(portal, kind).find(({ name }) => name === propertyName);
  if (!definition) {
    throw badRequest(`There was a problem with the request: no property ${propertyName}`);
  }
  const readValue = (object: State): number | string | null => {
    const text = object.properties[propertyName] ?? null;
    return text === null ? null : comparable(definition, text);
  };
  if (operator === "HAS_PROPERTY") return (object) => readValue(object) !== null;
  if (operator === "NOT_HAS_PROPERTY") return (object) => readValue(object) === null;
  if (operator === "IN") {
    if (!Array.isArray(filter.values)) throw badRequest("IN needs values");
    const wanted = filter.values.map((value) => comparable(definition, String(value)));
    return (object) => wanted.includes(readValue(object) ?? "");
  }
  if (typeof filter.value !== "string" && typeof filter.value !== "number") {
    throw badRequest(`The filter on ${propertyName} needs a value`);
  }
  const wanted = comparable(definition, String(filter.value));
  const tests: Readonly<Record<string, (found: number | string) => boolean>> = {
    EQ: (found) => found === wanted,
    NEQ: (found) => found !== wanted,
    LT: (found) => found < wanted,
    LTE: (found) => found <= wanted,
    GT: (found) => found > wanted,
    GTE: (found) => found >= wanted,
  };
  const test = tests[operator];
  if (!test) throw badRequest(`"${operator}" is not an operator of this emulator`);
  return (object) => {
    const found = readValue(object);
    return found !== null && test(found);
  };
}

function compileGroups(portal: Portal, kind: ObjectKind, groups: unknown): Test {
  if (groups === undefined) return () => true;
  const lists = (groups as readonly { readonly filters: readonly Filter[] }[]).map(
    ({ filters }) => filters,
  );
  const total = lists.flat().length;
  const isTooMuch =
    lists.length > limits.groups ||
    total > limits.filters ||
    lists.some((filters) => filters.length > limits.filtersPerGroup);
  if (isTooMuch) throw badRequest("The search has too many filters or filter groups");
  const tests = lists.map((filters) =>
    filters.map((filter) => compileFilter(portal, kind, filter)),
  );
  if (tests.length === 0) return () => true;
  return (object) => tests.some((group) => group.every((test) => test(object)));
}

interface Sort {
  readonly propertyName: string;
  readonly direction?: string;
}

function compileSort(portal: Portal, kind: ObjectKind, sorts: readonly Sort[] | undefined) {
  if ((sorts?.length ?? 0) > 1) throw badRequest("Only one sort is allowed in a search");
  const [sort] = sorts ?? [];
  const name = sort?.propertyName ?? "createdate";
  const definition = definitionsOf(portal, kind).find((each) => each.name === name);
  if (!definition) throw badRequest(`There is no property ${name} to sort by`);
  const sign = sort?.direction === "DESCENDING" ? -1 : 1;
  return (left: State, right: State): number => {
    const one = comparable(definition, left.properties[name] ?? "");
    const other = comparable(definition, right.properties[name] ?? "");
    if (one === other) return 0;
    return one < other ? -sign : sign;
  };
}

/**
 * Answers a search. It sees what its index holds: what was written comes to light some moments
 * later, archived objects never, and behind 10,000 results there is nothing. Errors: 400.
 */
export function answerSearch(portal: Portal, kind: ObjectKind, body: Record<string, unknown>) {
  if (JSON.stringify(body).length > limits.body) {
    throw badRequest("The search is longer than 3000 characters");
  }
  const limit = Number(body.limit ?? 10);
  const from = Number(body.after ?? 0);
  if (!(limit >= 1 && limit <= limits.perPage)) throw badRequest("limit must be 1 to 200");
  if (!Number.isInteger(from) || from + limit > limits.results) {
    throw badRequest("Only the first 10,000 results of a search can be paged through");
  }
  const test = compileGroups(portal, kind, body.filterGroups);
  const order = compileSort(portal, kind, body.sorts as readonly Sort[] | undefined);
  const found = objectsOf(portal, kind)
    .flatMap((object) => indexedState(portal, object) ?? [])
    .filter((state) => !state.archived && !portal.mishaps.isHidden(state.id))
    .filter(test)
    .sort(order);
  const wanted = body.properties as readonly string[] | undefined;
  const rest = from + limit;
  return {
    total: found.length,
    results: found
      .slice(from, rest)
      .map((state) => shownObject(kind, state, [...(wanted ?? []), modifiedProperty(kind)])),
    ...(rest < found.length ? { paging: { next: { after: String(rest) } } } : {}),
  };
}
