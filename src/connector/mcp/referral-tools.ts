import { z } from "zod";
import type { ListReferralsQuery, ReceivedReferral, ReferralsClient } from "../../client/index.ts";
import {
  fields,
  type JsonSchema,
  jsonSchema,
  type PatchOperation,
  type Problem,
  patchPaths,
  type Referral,
  ReferralsError,
  validatePatch,
  validateReferral,
} from "../../contract/index.ts";
import { mergePatch } from "./merge-patch.ts";
import { inputOf, type Tool, textSchema } from "./tool.ts";
import { parseToolInput } from "./tool-input.ts";

/** Referrals that one answer holds: more would drown an agent. */
export const listLimits = { unlessTold: 25, most: 200 } as const;

const definitions = jsonSchema().$defs as JsonSchema;
const reference = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` });
const requiredNames = fields
  .filter(({ required, path }) => required && !path.includes("."))
  .map(({ path }) => path);

const idSchema = textSchema("The referral's id.");
const eTagSchema = textSchema(
  "The eTag of the version that the change is meant for, quotes included. Without it the change " +
    "is made to the version that is read just before.",
);

const id = z.string().min(1).max(200);
const eTag = z.string().min(1).max(200).optional();
const document = z.record(z.string(), z.unknown());
const listInput = z.strictObject({
  filter: z.string().max(4_000).optional(),
  orderby: z.string().max(1_000).optional(),
  select: z.string().max(2_000).optional(),
  top: z.int().min(1).max(listLimits.most).default(listLimits.unlessTold),
  skip: z.int().min(0).default(0),
});

function refuse(problems: readonly Problem[]): ReferralsError {
  const [first] = problems;
  const message = `${first?.pointer}: ${first?.reason}. ${first?.remedy}`;
  return new ReferralsError("invalidRequest", { message, problems });
}

function operationsOf(input: unknown): readonly PatchOperation[] {
  const result = validatePatch(input);
  if (!result.ok) throw refuse(result.problems);
  return result.operations;
}

function newReferralOf(input: unknown): Referral {
  const result = validateReferral(input, "create");
  if (!result.ok) throw refuse(result.problems);
  return result.referral;
}

type Parameters = Readonly<Record<string, JsonSchema>>;

const about = (more: Parameters = {}): Parameters => ({ id: idSchema, ...more });

/** The referral that a change is meant for, in the version that it is meant for. */
async function current(
  client: ReferralsClient,
  wanted: { readonly id: string; readonly eTag?: string | undefined },
): Promise<ReceivedReferral> {
  const referral = await client.getReferral(wanted.id);
  if (wanted.eTag !== undefined && wanted.eTag !== referral.eTag) {
    throw new ReferralsError("preconditionFailed");
  }
  return referral;
}

async function listed(client: ReferralsClient, query: ListReferralsQuery) {
  const referrals: Referral[] = [];
  let count: number | undefined;
  for await (const page of client.listReferrals(query).byPage()) {
    count ??= page.count;
    referrals.push(...page.referrals);
  }
  return { referrals, ...(count === undefined ? {} : { count }) };
}

function readingTools(client: ReferralsClient): readonly Tool[] {
  return [
    {
      name: "get_referral",
      title: "Get a referral by Id",
      description: "Reads one referral with all its fields.",
      effect: "read",
      inputSchema: inputOf(about(), ["id"]),
      prepare: (input) => {
        const wanted = parseToolInput(z.strictObject({ id }), input);
        return () => client.getReferral(wanted.id);
      },
    },
    {
      name: "list_referrals",
      title: "Get all referrals",
      description:
        "Lists referrals by an OData query, at most " +
        `${listLimits.most} at once, ${listLimits.unlessTold} unless told. Select the fields ` +
        "that are needed, and read single ones with get_referral.",
      effect: "read",
      inputSchema: inputOf({
        filter: textSchema("An OData filter, such as: status eq 'New' and type eq 'Shared'"),
        orderby: textSchema("An OData order, such as: updatedDateTime desc"),
        select: textSchema("Field names with commas between, such as: id,name,status"),
        top: { type: "integer", minimum: 1, maximum: listLimits.most },
        skip: { type: "integer", minimum: 0 },
      }),
      prepare: (input) => {
        const { filter, orderby, select, ...page } = parseToolInput(listInput, input);
        const query = {
          ...page,
          count: true,
          ...(filter === undefined ? {} : { filter }),
          ...(orderby === undefined ? {} : { orderby }),
          ...(select === undefined ? {} : { select }),
        };
        return () => listed(client, query);
      },
    },
  ];
}

function writingTools(client: ReferralsClient): readonly Tool[] {
  const newReferral = {
    allOf: [reference("Referral"), { required: requiredNames }],
    description: "The new referral.",
  };
  const patchSchema = {
    type: "array",
    minItems: 1,
    description: "Changes of single fields; all take place or none.",
    items: {
      type: "object",
      required: ["path", "value"],
      properties: {
        op: { type: "string", enum: ["replace", "add"], default: "replace" },
        path: {
          type: "string",
          enum: patchPaths.map(({ path }) => path).filter((path) => !path.includes("*")),
        },
        value: { description: "The new value" },
      },
    },
  };
  const changeInput = z.strictObject({ id, eTag, changes: document });
  return [
    {
      name: "create_referral",
      title: "Create a referral",
      description:
        "Creates a referral and answers with the stored one, whose status may differ. For a " +
        "co-sell deal: type Shared, share consent, an assistanceRequestCode and notes.",
      effect: "write",
      inputSchema: inputOf({ referral: newReferral }, ["referral"], definitions),
      prepare: (input) => {
        const { referral } = parseToolInput(z.strictObject({ referral: z.unknown() }), input);
        const checked = newReferralOf(referral);
        return () => client.createReferral(checked);
      },
    },
    {
      name: "patch_referral",
      title: "Update specific fields in a referral by Id",
      description:
        "Changes single fields. Accept: /status Active with /substatus Accepted. Decline: Closed " +
        "with Declined. Win: Closed with Won. Lose: Closed with Lost and a /statusReason.",
      effect: "write",
      inputSchema: inputOf(about({ operations: patchSchema, eTag: eTagSchema }), [
        "id",
        "operations",
      ]),
      prepare: (input) => {
        const schema = z.strictObject({ id, eTag, operations: z.unknown() });
        const { operations, ...wanted } = parseToolInput(schema, input);
        const checked = operationsOf(operations);
        return async () => client.patchReferral(await current(client, wanted), checked);
      },
    },
    {
      name: "update_referral",
      title: "Update a referral by Id",
      description:
        "Changes fields that patch_referral can't, such as the name. Only the fields given are " +
        "changed; a list is replaced as a whole. Everything else stays as it is.",
      effect: "write",
      inputSchema: inputOf(
        about({ changes: reference("Referral"), eTag: eTagSchema }),
        ["id", "changes"],
        definitions,
      ),
      prepare: (input) => {
        const { changes, ...wanted } = parseToolInput(changeInput, input);
        return async () => {
          const before = await current(client, wanted);
          const merged = mergePatch(before, changes) as Referral;
          return client.updateReferral({ ...merged, id: before.id, eTag: before.eTag });
        };
      },
    },
  ];
}

function registrationTools(client: ReferralsClient): readonly Tool[] {
  const registration = z.strictObject({ id, eTag, registration: document });
  const correction = z.strictObject({
    id,
    eTag,
    index: z.int().min(0).max(1_000).default(0),
    changes: document,
  });
  return [
    {
      name: "create_deal_registration",
      title: "Create a referral deal registration",
      description:
        "Registers the deal of a referral (AzureIPCoSell). A deal should be marked as won no " +
        "sooner than 72 hours after the referral was created.",
      effect: "final",
      inputSchema: inputOf(
        about({ registration: reference("Registration"), eTag: eTagSchema }),
        ["id", "registration"],
        definitions,
      ),
      prepare: (input) => {
        const { registration: value, ...wanted } = parseToolInput(registration, input);
        operationsOf([{ op: "add", path: "/registrations/-", value }]);
        return async () => client.createDealRegistration(await current(client, wanted), value);
      },
    },
    {
      name: "update_deal_registration",
      title: "Update deal registration in a referral by Id",
      description: "Corrects fields of a deal registration; only the fields given are changed.",
      effect: "write",
      inputSchema: inputOf(
        about({
          changes: reference("Registration"),
          index: { type: "integer", minimum: 0, default: 0 },
          eTag: eTagSchema,
        }),
        ["id", "changes"],
        definitions,
      ),
      prepare: (input) => {
        const { changes, index, ...wanted } = parseToolInput(correction, input);
        return async () =>
          client.updateDealRegistration(await current(client, wanted), changes, { index });
      },
    },
  ];
}

/** The connector's actions as tools, with schemas from the contract. */
export const referralTools = (client: ReferralsClient): readonly Tool[] => [
  ...readingTools(client),
  ...writingTools(client),
  ...registrationTools(client),
];
