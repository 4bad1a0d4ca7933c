import { z } from "zod";

/** The ways in which a caller may set a field. Where there is none, it belongs to the server. */
export type Write = "create" | "put" | "patch" | "append";

/** `specification`: on the connector's reference page. `current`: came with a later edition. */
export type Edition = "specification" | "current";

/** What a field holds. */
export type FieldKind = "text" | "dateTime" | "decimal" | "flag" | "record" | "list";

/** What is said of a field beside its type. */
export interface FieldMeta {
  readonly kind: FieldKind;
  readonly title: string;
  readonly description: string;
  /** Empty where only the server sets it. */
  readonly write: readonly Write[];
  readonly edition: Edition;
  /** The values known today. Reading accepts others too. */
  readonly values?: readonly string[];
  /** True where writing accepts other values as well. */
  readonly valuesAreExamples?: boolean;
  /** A list of codes that a written value must be in. */
  readonly codes?: "country" | "currency";
  /** True where a new referral must have it. */
  readonly required?: boolean;
}

type Options = Partial<Pick<FieldMeta, "edition" | "required" | "codes" | "valuesAreExamples">>;

/** What is said of each field, by its schema. */
export const fieldMeta = z.registry<FieldMeta>();

/** The name of each record type, by its schema. */
export const recordNames = z.registry<{ readonly name: string }>();

type Field<S extends z.ZodType> = z.ZodOptional<z.ZodNullable<S>>;
type Describe = Pick<FieldMeta, "title" | "description" | "write"> & Options;

const described = <S extends z.ZodType>(
  schema: S,
  kind: FieldKind,
  about: Describe & Pick<FieldMeta, "values">,
): Field<S> => {
  // The server answers null for what it doesn't know, so every field may be null or absent.
  const field = schema.nullish();
  fieldMeta.add(field, { edition: "specification", kind, ...about });
  return field;
};

/** A field of free text. */
export const text = (
  title: string,
  description: string,
  write: readonly Write[],
  options: Options = {},
): Field<z.ZodString> => described(z.string(), "text", { title, description, write, ...options });

/** A field of text whose known values are listed; the type keeps unknown ones. */
export const oneOf = <const Value extends string>(
  values: readonly Value[],
  title: string,
  description: string,
  write: readonly Write[],
  options: Options = {},
): Field<z.ZodType<Value | (string & {})>> =>
  described(z.string() as unknown as z.ZodType<Value | (string & {})>, "text", {
    values,
    title,
    description,
    write,
    ...options,
  });

/** A yes-or-no field. */
export const flag = (
  title: string,
  description: string,
  write: readonly Write[],
  options: Options = {},
): Field<z.ZodBoolean> => described(z.boolean(), "flag", { title, description, write, ...options });

/** A moment as ISO 8601 text; the server writes UTC with up to seven fraction digits. */
export const dateTime = (
  title: string,
  description: string,
  write: readonly Write[],
  options: Options = {},
): Field<z.ZodString> =>
  described(z.string(), "dateTime", { title, description, write, ...options });

const numericText = /^\s*[-+]?\d+(\.\d+)?\s*$/;
const significantDigits = (digits: string): number =>
  digits.replace(/[^\d]/g, "").replace(/^0+/, "").length;

// A double holds any 15 significant decimal digits; more would change the amount in silence.
const amountText = z
  .string()
  .refine((value) => numericText.test(value) && significantDigits(value) <= 15)
  .transform(Number);

/** An amount: a number, or its decimal text, which becomes a number. */
export const decimal = (
  title: string,
  description: string,
  write: readonly Write[],
  options: Options = {},
): Field<z.ZodType<number>> =>
  described(z.union([z.number(), amountText]) as unknown as z.ZodType<number>, "decimal", {
    title,
    description,
    write,
    ...options,
  });

/** A named group of fields. Properties that it doesn't name survive. */
export const record = <const Shape extends z.ZodRawShape>(
  name: string,
  shape: Shape,
): z.ZodObject<Shape, z.core.$loose> => {
  const schema = z.looseObject(shape);
  recordNames.add(schema, { name });
  return schema;
};

/** A field that holds one record. */
export const part = <S extends z.ZodType>(
  of: S,
  title: string,
  description: string,
  write: readonly Write[],
  options: Options = {},
): Field<S> => described(of, "record", { title, description, write, ...options });

/** A field that holds any number of records. */
export const list = <S extends z.ZodType>(
  of: S,
  title: string,
  description: string,
  write: readonly Write[],
  options: Options = {},
): Field<z.ZodArray<S>> =>
  described(z.array(of), "list", { title, description, write, ...options });
