import { z } from "zod";
import type { Problem } from "../../contract/index.ts";
import { refuseInput } from "../rules/referral-change.ts";

const text = z.string().min(1).max(500);
const largestCount = 2_000_000;
const longestSkipMs = 3_660 * 86_400_000;

/** The bodies of the admin API. */
export const adminBodies = {
  send: z.strictObject({
    organizationId: text.optional(),
    kind: z.enum(["lead", "co-sell"]).default("lead"),
    substatus: z.enum(["Pending", "Received"]).default("Pending"),
    referral: z.record(z.string(), z.unknown()).default({}),
  }),
  edit: z.record(z.string(), z.unknown()),
  accept: z.strictObject({ microsoftMsxId: text.optional() }).default({}),
  decline: z.strictObject({ statusReason: text.optional() }).default({}),
  close: z.strictObject({
    outcome: z.enum(["Won", "Lost"]).default("Won"),
    statusReason: text.optional(),
  }),
  microsoftMsxId: z.strictObject({ microsoftMsxId: text }),
  advance: z.strictObject({ milliseconds: z.number().int().min(1).max(longestSkipMs) }),
  limit: z.strictObject({ calls: z.number().int().min(1).max(1_000_000_000) }),
  mfa: z.strictObject({ required: z.boolean() }),
  seed: z.strictObject({
    organizationId: text.optional(),
    count: z.number().int().min(1).max(largestCount),
  }),
  replay: z.strictObject({ id: text.optional() }).default({}),
} as const;

/** A body in the shape that the schema demands. Errors: invalidRequest. */
export function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems: Problem[] = parsed.error.issues.map((issue) => ({
    pointer: issue.path.map((step) => `/${String(step)}`).join(""),
    reason: issue.message,
    remedy: "See the admin API in the service's reference.",
  }));
  throw refuseInput(problems);
}
