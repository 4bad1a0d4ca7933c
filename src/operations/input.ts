import type { z } from "zod";
import { ReferralsError } from "../contract/index.ts";

/** Checks what a caller sent; rejects with `invalidRequest` that names the place. */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const result = schema.safeParse(input ?? undefined);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const place = issue.path.length === 0 ? "the body" : issue.path.join(".");
    return `${place}: ${issue.message}`;
  });
  throw new ReferralsError("invalidRequest", { message: problems.join("; ") });
}
