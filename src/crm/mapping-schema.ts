import { z } from "zod";

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const scalars = z.union([scalar.transform((value) => [value]), z.array(scalar)]);

const valueRow = z.strictObject({
  crm: scalars.describe(
    "The CRM's values; the first is written. `open/*` covers all that begin so.",
  ),
  referral: scalars.describe("The referral's values; the first is written."),
});

const picklistSpec = z
  .strictObject({ kind: z.literal("picklist"), values: z.array(valueRow).min(1) })
  .describe("A table of values, both ways.");

const stageSpec = z
  .strictObject({
    kind: z.literal("stage"),
    values: z
      .array(
        valueRow.extend({
          unanswered: z
            .string()
            .optional()
            .describe("What is written instead into a referral that was never accepted."),
        }),
      )
      .min(1),
  })
  .describe("Status and substatus (`Active/Accepted`), and the CRM's stage.");

const textSpec = z
  .strictObject({
    kind: z.literal("text"),
    maxLength: z
      .number()
      .int()
      .min(60)
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

const dateSpec = z
  .strictObject({
    kind: z.literal("date"),
    crm: z.enum(["date", "datetime"]).default("date").describe("What the CRM's column holds."),
    timeZone: z
      .string()
      .refine(isTimeZone, "must be an IANA time zone such as Europe/Berlin")
      .default("UTC")
      .describe("Where a moment of the referral falls on the CRM's calendar date."),
  })
  .describe("A moment in the referral, a calendar date or a moment in the CRM.");

const countrySpec = z
  .strictObject({
    kind: z.literal("country"),
    crm: z.enum(["name", "code"]).default("name"),
    languages: z.array(z.string().min(2)).min(1).default(["en"]),
  })
  .describe("A two-letter code, and the country's name in the CRM.");

const listFields = z
  .record(z.string().min(1), z.string().min(1))
  .describe("The referral's property and the CRM's field.");

const contactsSpec = z
  .strictObject({ kind: z.literal("contacts"), fields: listFields })
  .describe("People, told apart by their e-mail addresses.");

const solutionsSpec = z
  .strictObject({ kind: z.literal("solutions"), fields: listFields })
  .describe("Solutions, told apart by their ids.");

const plainSpec = z.strictObject({ kind: z.enum(["same", "currency", "boolean"]) });

const fullLensSpec = z.discriminatedUnion("kind", [
  textSpec,
  decimalSpec,
  dateSpec,
  countrySpec,
  picklistSpec,
  stageSpec,
  contactsSpec,
  solutionsSpec,
  plainSpec,
]);

const shortLensSpec = z
  .enum(["text", "decimal", "date", "country", "same", "currency", "boolean"])
  .transform((kind) => fullLensSpec.parse({ kind }));

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const fieldBase = {
  name: z
    .string()
    .regex(/^[a-z][A-Za-z0-9]*$/, "must be a camelCase name")
    .describe("Stable name in conflicts and history."),
  label: z.string().min(1).describe("What a salesperson calls it."),
  write: z
    .enum(["patch", "put", "create", "never"])
    .default("patch")
    .describe("How the referral takes it."),
  consent: z.boolean().default(false).describe("Contact data: leaves the CRM with consent only."),
  required: z.boolean().default(false).describe("No referral is created without it."),
  policy: z
    .enum(["referral", "crm", "newest", "ask"])
    .default("ask")
    .describe("Who wins where both sides changed it."),
};

const referralPath = z
  .string()
  .regex(/^(\/[A-Za-z][A-Za-z0-9]*)+$/, "must be a JSON Pointer such as /details/dealValue")
  .describe("JSON Pointer in the referral; /status stands for status and substatus together.");
const crmField = z.string().min(1).describe("The CRM's field.");
const expression = z.string().min(1).describe("JSONata over the giving side's record.");

const mappedSpec = z.strictObject({
  ...fieldBase,
  referral: referralPath,
  crm: crmField,
  lens: z.union([shortLensSpec, fullLensSpec]).describe("How values are translated."),
  direction: z.enum(["both", "to-crm", "to-referral"]).default("both"),
});

const computedForReferral = z.strictObject({ ...fieldBase, referral: referralPath, expression });
const computedForCrm = z.strictObject({ ...fieldBase, crm: crmField, expression });

/** One line of a mapping: mapped both ways or one way, or computed for one side. */
export const fieldSpec = z.union([mappedSpec, computedForReferral, computedForCrm]);

const newReferralValue = z.union([
  z.strictObject({ expression: expression.describe("JSONata over the CRM's deal.") }),
  z.json(),
]);

/** A whole mapping file. */
export const mappingSpec = z.strictObject({
  crm: z.string().min(1).describe("The kind of CRM: dynamics365."),
  share: z
    .strictObject({ field: crmField, values: z.array(scalar).min(1) })
    .describe("The CRM values that mark a deal for co-sell; no referral is created without one."),
  holding: z
    .strictObject({ field: crmField, value: scalar })
    .optional()
    .describe("The CRM stage in which an inbound referral waits and edits don't sync."),
  state: z
    .strictObject({
      referralId: crmField.optional().describe("Holds the referral's id."),
      referralLink: crmField.optional().describe("Opens the referral in Partner Center."),
      syncState: crmField.optional().describe("In step, waiting, needs attention."),
      lastError: crmField.optional().describe("What went wrong, and what to do."),
      microsoftCrmId: crmField.optional().describe("The deal's id in Microsoft's CRM."),
    })
    .default({})
    .describe("CRM fields in which a seller sees how the deal stands."),
  reads: z.array(crmField).default([]).describe("Further CRM fields that expressions use."),
  fields: z.array(fieldSpec).min(1),
  newReferral: z
    .record(referralPath, newReferralValue)
    .default({})
    .describe("Constants and computed parts of a new referral, by JSON Pointer."),
  newDeal: z.record(z.string(), scalar).default({}).describe("Constants of a new CRM deal."),
});

/** A lens as a mapping file describes it. */
export type LensSpec = z.output<typeof fullLensSpec>;
/** A field as a mapping file describes it, defaults filled in. */
export type FieldSpec = z.output<typeof fieldSpec>;
/** A mapping file, defaults filled in. */
export type MappingSpec = z.output<typeof mappingSpec>;

/** The JSON Schema of a mapping file, for editors. */
export function mappingJsonSchema(): Readonly<Record<string, unknown>> {
  return {
    title: "Mapping of a CRM's deals to Partner Center referrals",
    ...z.toJSONSchema(mappingSpec, { io: "input", target: "draft-7" }),
  };
}
