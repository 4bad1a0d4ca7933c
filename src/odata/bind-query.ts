import type { ModelProperty, ModelType } from "../contract/index.ts";
import type { ExpandItem, OptionName, OrderByItem, QueryOptions, SelectItem } from "./ast.ts";
import { type BindOptions, ExpressionBinder } from "./bind-expression.ts";
import { findProperty } from "./bind-path.ts";
import type { BoundExpand, BoundOrderBy, BoundQuery, Selection } from "./bound.ts";
import { ODataBindingError } from "./odata-error.ts";

/** Options that parse and are refused, with the reason. */
const refusedOptions: Readonly<Partial<Record<OptionName, string>>> = {
  search: "use $filter with contains(…)",
  compute: "write the expression where it is needed",
  id: "address the resource by its path",
  format: "answers are always JSON",
  deltatoken: "there are no delta links",
  schemaversion: "there is one version of the model",
  index: "collections are not edited by position",
  levels: "nest $expand instead",
};

const unsupported = (message: string, position: number): never => {
  throw new ODataBindingError("unsupportedOption", message, position);
};

function refuseOptions(options: QueryOptions): void {
  for (const [option, reason] of Object.entries(refusedOptions)) {
    const position = options.positions[option as OptionName];
    if (position !== undefined) unsupported(`$${option} is not supported: ${reason}`, position);
  }
  const [alias] = options.aliases;
  if (alias) {
    unsupported(
      "parameter aliases are not supported: write the value in its place",
      alias.position,
    );
  }
}

function bindOrderBy(
  items: readonly OrderByItem[],
  model: ModelType,
  options: BindOptions,
): readonly BoundOrderBy[] {
  const binder = new ExpressionBinder(model, options);
  return items.map(({ expression, descending, position }) => {
    const bound = binder.bind(expression);
    if (bound.type === "Any" || bound.type === "Untyped") {
      const message = "only values of a known type can be ordered";
      throw new ODataBindingError("typeMismatch", message, position);
    }
    return { expression: bound, descending };
  });
}

/** A selection in the making. */
interface SelectionDraft extends Selection {
  all: boolean;
  readonly properties: Map<string, SelectionDraft>;
}

const emptySelection = (): SelectionDraft => ({ all: false, properties: new Map() });

function addItem(
  draft: SelectionDraft,
  item: SelectItem,
  model: ModelType,
  dynamic: boolean,
): void {
  if (item.options) unsupported("options inside $select are not supported", item.position);
  let type: ModelType | undefined = model;
  let selection = draft;
  for (const [index, name] of item.path.entries()) {
    if (name === "*" && index === item.path.length - 1) break;
    if (name.startsWith("@") || name.endsWith("*") || item.parameterNames) {
      const message = `${name} can't be selected: only properties can`;
      throw new ODataBindingError("notSelectable", message, item.position);
    }
    const property: ModelProperty | undefined =
      type && findProperty(type, name, item.position, dynamic);
    if (type === undefined) {
      const message = `${name} stands behind a value that has no properties`;
      throw new ODataBindingError("unknownProperty", message, item.position);
    }
    const inner: SelectionDraft =
      selection.properties.get(property?.name ?? name) ?? emptySelection();
    selection.properties.set(property?.name ?? name, inner);
    selection = inner;
    type = typeof property?.type === "string" ? undefined : property?.type;
  }
  selection.all = true;
}

function bindSelect(
  items: readonly SelectItem[],
  model: ModelType,
  options: BindOptions,
): Selection {
  const draft = emptySelection();
  for (const item of items) addItem(draft, item, model, options.dynamicProperties ?? false);
  return draft;
}

function notExpandable(message: string, position: number): never {
  throw new ODataBindingError("notExpandable", message, position);
}

function bindExpandItem(
  item: ExpandItem,
  model: ModelType,
  options: BindOptions,
): readonly BoundExpand[] {
  const { path, suffix, position } = item;
  if (suffix !== undefined) unsupported(`${suffix} is not supported`, position);
  const [name = ""] = path;
  if (path.length > 1 || name.startsWith("@") || name === "$value") {
    return notExpandable(`${path.join("/")} is no navigation property`, position);
  }
  const named = name === "*" ? model.properties : [findProperty(model, name, position, false)];
  const expands = named.flatMap((property) =>
    property?.navigation && typeof property.type !== "string"
      ? [
          {
            name: property.name,
            query: bindQuery(item.options ?? emptyOptions, property.type, options),
          },
        ]
      : [],
  );
  if (name === "*" || expands.length > 0) return expands;
  return notExpandable(`${name} is no navigation property: it comes without $expand`, position);
}

const emptyOptions: QueryOptions = { aliases: [], custom: [], positions: {} };

function bindExpand(
  items: readonly ExpandItem[],
  model: ModelType,
  options: BindOptions,
): readonly BoundExpand[] {
  const expands: BoundExpand[] = [];
  for (const item of items) {
    for (const expand of bindExpandItem(item, model, options)) {
      if (expands.some(({ name }) => name === expand.name)) {
        const message = `${expand.name} is expanded twice`;
        throw new ODataBindingError("duplicateItem", message, item.position);
      }
      expands.push(expand);
    }
  }
  return expands;
}

/**
 * Checks a query against a model and settles every name and type. Errors: ODataBindingError with
 * the offset in the query text. Custom options are left to the caller.
 */
export function bindQuery(
  options: QueryOptions,
  model: ModelType,
  bindOptions: BindOptions = {},
): BoundQuery {
  refuseOptions(options);
  const { filter, orderby, select, expand, top, skip, count, skiptoken } = options;
  const binder = new ExpressionBinder(model, bindOptions);
  const navigations = model.properties.filter((property) => property.navigation);
  return {
    ...(filter ? { filter: binder.condition(filter) } : {}),
    orderby: bindOrderBy(orderby ?? [], model, bindOptions),
    ...(select ? { select: bindSelect(select, model, bindOptions) } : {}),
    expand: bindExpand(expand ?? [], model, bindOptions),
    navigations: navigations.map(({ name }) => name),
    ...(top === undefined ? {} : { top }),
    ...(skip === undefined ? {} : { skip }),
    count: count ?? false,
    ...(skiptoken === undefined ? {} : { skiptoken }),
  };
}
