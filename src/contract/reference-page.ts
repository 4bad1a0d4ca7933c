import { type Operation, type OperationId, operations, type Parameter } from "./operations.ts";
import { type FieldNode, fieldsInside, referralTree } from "./tree.ts";

/** The Referral's name on the reference page. */
export const referralTypeName = "Microsoft.Partner.Service.PartnerReferrals.Contracts.V3.Referral";

/** The types that the reference page gives to fields and parameters; empty where it names none. */
export type ReferenceType =
  | "string"
  | "boolean"
  | "float"
  | "integer"
  | "array of"
  | "array of object"
  | `array of ${typeof referralTypeName}`
  | "";

/** A row of a definition on the connector's reference page. */
export interface DefinitionRow {
  readonly title: string;
  /** Names joined with dots. */
  readonly path: string;
  readonly type: ReferenceType;
  readonly description: string;
}

/** A row of an action's parameters on the connector's reference page. */
export interface ParameterRow {
  readonly title: string;
  readonly key: string;
  readonly required: boolean;
  readonly type: ReferenceType;
  readonly description: string;
}

const isListed = (field: FieldNode): boolean =>
  field.edition === "specification" && field.kind !== "record";

/** A list whose records the specification leaves open is an "array of" nothing there. */
const isOpen = (field: FieldNode): boolean =>
  field.of?.fields.every(({ edition }) => edition !== "specification") ?? false;

function typeOf(field: FieldNode): ReferenceType {
  if (field.kind === "list") return isOpen(field) ? "array of" : "array of object";
  if (field.kind === "decimal") return "float";
  return field.kind === "flag" ? "boolean" : "string";
}

const listed = fieldsInside(referralTree).filter(({ field }) => isListed(field));

/** The Referral's definition, as the specification lists it. */
export const referralDefinition: readonly DefinitionRow[] = listed.map(({ field, steps }) => ({
  title: field.title,
  path: steps.filter((step) => step !== "*").join("."),
  type: typeOf(field),
  description: field.description,
}));

/** The answer of "Get all referrals", as the specification lists it. */
export const listDefinition: readonly DefinitionRow[] = [
  {
    title: "ODataContext",
    path: "@odata.context",
    type: "string",
    description: "OData context for this API call",
  },
  { title: "ODataCount", path: "@odata.count", type: "integer", description: "@odata.count" },
  { title: "value", path: "value", type: `array of ${referralTypeName}`, description: "" },
];

// A designer shows the fields inside a list's records in place of the list itself.
const referralParameters: readonly ParameterRow[] = listed
  .filter(({ field }) => typeOf(field) !== "array of object")
  .map(({ field }) => ({
    title: field.title,
    key: field.name,
    required: false,
    type: typeOf(field),
    description: field.description,
  }));

const patchParameters: readonly ParameterRow[] = [
  {
    title: "Update Operation",
    key: "op",
    required: false,
    type: "string",
    description: "Choose an update (patch) operation",
  },
  {
    title: "Field Path",
    key: "path",
    required: false,
    type: "string",
    description: "Path to specific field within referral document for e.g. /details/notes",
  },
  {
    title: "Value",
    key: "value",
    required: false,
    type: "",
    description: "New value to be replaced",
  },
];

const rowOf = ({ title, name, required, type, description }: Parameter): ParameterRow => ({
  title: title ?? name,
  key: name,
  required,
  type,
  description,
});

function bodyParameters({ body }: Operation): readonly ParameterRow[] {
  if (body === undefined) return [];
  return body.is === "Referral" ? referralParameters : patchParameters;
}

/** An action's parameters as a designer shows them: the body's fields singly, nothing internal. */
export function actionParameters(operationId: OperationId): readonly ParameterRow[] {
  const operation: Operation | undefined = operations.find(
    (candidate) => candidate.operationId === operationId,
  );
  if (operation === undefined) return [];
  const rowsOf = (parameters: readonly Parameter[]): readonly ParameterRow[] =>
    parameters.filter(({ visibility }) => visibility !== "internal").map(rowOf);
  const at = operation.body?.at ?? 0;
  return [
    ...rowsOf(operation.parameters.slice(0, at)),
    ...bodyParameters(operation),
    ...rowsOf(operation.parameters.slice(at)),
  ];
}
