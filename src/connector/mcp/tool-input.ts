import type { z } from "zod";
import { ReferralsError } from "../../contract/index.ts";

/** Checks a tool's input; rejects with `invalidRequest` that names each place and what is wrong. */
export function parseToolInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => ({
    pointer: `/${path.join("/")}`,
    reason: message,
    remedy: "Call the tool as its schema says.",
  }));
  const [first] = problems;
  const message = `${first?.pointer}: ${first?.reason}`;
  throw new ReferralsError("invalidRequest", { message, problems });
}
