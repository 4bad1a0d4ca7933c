import type { z } from "zod";
import { prepareRecord, wrongType } from "./check.ts";
import { kindOfValue, type Problem, pointerStep } from "./problem.ts";
import { type Referral, referralSchema } from "./referral.ts";
import { type FieldNode, type RecordNode, referralTree } from "./tree.ts";

/** What a referral is checked for: as a new one, as a PUT body, or as another side's answer. */
export type Purpose = "create" | "replace" | "read";

/** A referral with the contract's spelling, or everything that is wrong with the input. */
export type ReferralResult =
  | { readonly ok: true; readonly referral: Referral }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** The most problems that are named at once. */
export const mostProblems = 50;

const fieldAt = (path: readonly PropertyKey[]): FieldNode | undefined => {
  let record: RecordNode | undefined = referralTree;
  let field: FieldNode | undefined;
  for (const step of path) {
    if (typeof step === "number") continue;
    field = record?.byName.get(String(step));
    record = field?.of;
  }
  return field;
};

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown => {
  let value = input;
  for (const step of path) value = (value as Record<PropertyKey, unknown> | null)?.[step];
  return value;
};

function problemOf(issue: z.core.$ZodIssue, input: unknown): Problem {
  const pointer = issue.path.map((step) => pointerStep(String(step))).join("");
  const field = fieldAt(issue.path);
  const value = valueAt(input, issue.path);
  if (field && typeof issue.path.at(-1) !== "number") return wrongType(field, pointer, value);
  return {
    pointer,
    reason: `must be an object, but is ${kindOfValue(value)}`,
    remedy: "Send an object.",
  };
}

function missing(input: Readonly<Record<string, unknown>>): Problem[] {
  return referralTree.fields
    .filter((field) => field.required && input[field.name] == null)
    .map((field) => ({
      pointer: pointerStep(field.name),
      reason: "is required",
      remedy: `Send ${field.name}${field.values ? `: ${field.values.join(" or ")}` : ""}.`,
    }));
}

/**
 * Checks an input of unknown shape. Keys are matched without regard to case. Reading tolerates unknown properties and
 * values; writing ("create", "replace") refuses unknown values, but keeps unknown properties.
 */
export function validateReferral(input: unknown, purpose: Purpose): ReferralResult {
  const problems: Problem[] = [];
  const strictness = purpose === "read" ? "tolerant" : "strict";
  const prepared = prepareRecord(referralTree, input, "", { strictness, problems });
  const parsed = referralSchema.safeParse(prepared);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) problems.push(problemOf(issue, prepared));
  }
  if (purpose !== "read" && typeof prepared === "object" && prepared !== null) {
    problems.push(...missing(prepared as Readonly<Record<string, unknown>>));
  }
  if (parsed.success && problems.length === 0) return { ok: true, referral: parsed.data };
  return { ok: false, problems: problems.slice(0, mostProblems) };
}
