import { z } from "zod";

const crmScalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const textSpec = z
  .strictObject({
    kind: z.literal("text"),
    maxLength: z
      .number()
      .int()
      .positive()
      .optional()
      .describe("The most that the CRM's column holds, in UTF-16 units."),
  })
  .describe("Text; line endings and outer white space don't count.");

const decimalSpec = z
  .strictObject({
    kind: z.literal("decimal"),
    scale: z.number().int().min(0).max(10).default(2).describe("Digits that the CRM keeps."),
  })
  .describe("An amount, exact in decimal.");

/** What a lens can be told, by its kind. */
export const lensSpec = z.discriminatedUnion("kind", [textSpec, decimalSpec]);

const lensName = z.enum(["text", "decimal"]).transform((kind) => lensSpec.parse({ kind }));

/** One line of a mapping. */
export const fieldSpec = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][A-Za-z0-9]*$/, "must be a camelCase name")
    .describe("Stable name in conflicts and history."),
  label: z.string().min(1).describe("What a salesperson calls it."),
  referral: z
    .string()
    .regex(/^\/[A-Za-z]/, "must be a JSON Pointer such as /details/dealValue")
    .describe("JSON Pointer in the referral; /status stands for status and substatus together."),
  crm: z.string().min(1).describe("The CRM's field."),
  lens: z.union([lensName, lensSpec]).describe("How values are translated."),
  direction: z.enum(["both", "to-crm", "to-referral"]).default("both"),
  policy: z
    .enum(["referral", "crm", "newest", "ask"])
    .default("ask")
    .describe("Who wins where both sides changed it."),
  write: z
    .enum(["patch", "put", "create", "never"])
    .describe("How the referral takes it.")
    .optional(),
  consent: z.boolean().default(false).describe("Contact data: leaves the CRM with consent only."),
  required: z.boolean().default(false).describe("No referral is created without it."),
});

/** A whole mapping file. */
export const mappingSpec = z.strictObject({
  crm: z.string().min(1).describe("The kind of CRM: dynamics365."),
  fields: z.array(fieldSpec).min(1),
  share: z
    .strictObject({
      field: z.string().min(1),
      values: z.array(crmScalar).min(1),
    })
    .describe("The CRM values that mark a deal for co-sell."),
  newDeal: z.record(z.string(), crmScalar).default({}),
  newReferral: z.record(z.string(), z.json()).default({}),
  holding: z.strictObject({ field: z.string().min(1), value: crmScalar }).optional(),
});

/** A lens as a mapping file describes it. */
export type LensSpec = z.output<typeof lensSpec>;
/** A field as a mapping file describes it, defaults filled in. */
export type FieldSpec = z.output<typeof fieldSpec>;
/** A mapping file, defaults filled in. */
export type MappingSpec = z.output<typeof mappingSpec>;
