import { fields, type ReferralField } from "../../contract/index.ts";
import type { ConnectorEdition } from "./editions.ts";

/** Swagger 2.0, or a part of it, as plain data. */
export type SwaggerObject = { readonly [name: string]: unknown };

interface FieldTree {
  readonly field: ReferralField;
  readonly children: readonly FieldTree[];
}

// "@odata.context" is one name, dot and all.
const splitAt = ({ path }: ReferralField): number =>
  path.startsWith("@") ? -1 : path.lastIndexOf(".");
const nameOf = (field: ReferralField): string => field.path.slice(splitAt(field) + 1);
const parentOf = (field: ReferralField): string => field.path.slice(0, Math.max(0, splitAt(field)));

const treesBelow = (parent: string): readonly FieldTree[] =>
  fields
    .filter((field) => parentOf(field) === parent)
    .map((field) => ({ field, children: treesBelow(field.path) }));

const roots = treesBelow("");

/** Only these list their values: readers must accept others, so the fewer enums the better. */
const enumerated: ReadonlySet<string> = new Set([
  "inviteContext.assistanceRequestCode",
  "salesStage",
]);

/** What decides how a field is written down. */
interface SchemaTerms {
  readonly includes: (field: ReferralField) => boolean;
  /** True: every field with known values lists them, as a form for input does. */
  readonly listsValues: boolean;
}

/** Leaving the title out makes a designer show the name, which is what is wanted here. */
const titleOf = ({ type, title }: ReferralField, name: string): SwaggerObject =>
  (type === "record" || type === "list") && title === name ? {} : { title };

const isServerOwned = ({ edition, write }: ReferralField): boolean =>
  edition === "current" && !write.some((way) => way === "create" || way === "put");

function shapeOf({ field, children }: FieldTree, terms: SchemaTerms): SwaggerObject {
  const inside = children.filter((child) => terms.includes(child.field));
  switch (field.type) {
    case "record":
      return { type: "object", properties: propertiesOf(inside, terms) };
    case "list": {
      // The specification leaves what is in some lists open.
      const items =
        inside.length === 0 ? {} : { type: "object", properties: propertiesOf(inside, terms) };
      return { type: "array", items };
    }
    case "decimal":
      return { type: "number", format: "float" };
    case "flag":
      return { type: "boolean" };
    default:
      return { type: "string" };
  }
}

/** A sole value is filled in for the maker. */
const valuesOf = (values: readonly string[] = []): SwaggerObject => ({
  enum: values,
  ...(values.length === 1 ? { default: values[0] } : {}),
});

function propertyOf(tree: FieldTree, terms: SchemaTerms): SwaggerObject {
  const { field } = tree;
  const hasEnum = field.values && (terms.listsValues || enumerated.has(field.path));
  const isReadOnly = !terms.listsValues && parentOf(field) === "" && isServerOwned(field);
  return {
    ...titleOf(field, nameOf(field)),
    description: field.description,
    ...shapeOf(tree, terms),
    ...(hasEnum ? valuesOf(field.values) : {}),
    ...(isReadOnly ? { readOnly: true } : {}),
  };
}

const propertiesOf = (trees: readonly FieldTree[], terms: SchemaTerms): SwaggerObject =>
  Object.fromEntries(trees.map((tree) => [nameOf(tree.field), propertyOf(tree, terms)]));

/** The Referral as an edition knows it. */
export function referralSchema(edition: ConnectorEdition): SwaggerObject {
  const includes = (field: ReferralField): boolean =>
    edition === "current" || field.edition === "specification";
  const terms = { includes, listsValues: false };
  const listed = roots.filter(({ field }) => includes(field));
  return { type: "object", properties: propertiesOf(listed, terms) };
}

/** What a caller sends to register a deal. */
export function registrationSchema(): SwaggerObject {
  const terms = {
    includes: (field: ReferralField) => field.write.length > 0,
    listsValues: true,
  };
  const listed = treesBelow("registrations").filter(({ field }) => terms.includes(field));
  return { type: "object", properties: propertiesOf(listed, terms) };
}
