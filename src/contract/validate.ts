import { isStatePair } from "./lifecycle.ts";
import { parseValue } from "./parse.ts";
import { isJsonObject, mostProblems, type Problem } from "./problem.ts";
import type { Referral } from "./referral.ts";
import { referralNode, referralTree } from "./tree.ts";
import { unstorableProblems } from "./unstorable.ts";

/** What a referral is checked for: as a new one, as a PUT body, or as another side's answer. */
export type Purpose = "create" | "replace" | "read";

/** A referral with the contract's spelling, or what is wrong with the input. */
export type ReferralResult =
  | { readonly ok: true; readonly referral: Referral }
  | { readonly ok: false; readonly problems: readonly Problem[] };

function missingFields(referral: Readonly<Record<string, unknown>>): Problem[] {
  return referralTree.fields
    .filter(({ name, required }) => required && (referral[name] ?? null) === null)
    .map(({ name, values }) => ({
      pointer: `/${name}`,
      reason: "is required",
      remedy: `Send ${name}${values ? `: ${values.join(" or ")}` : ""}.`,
    }));
}

const isSet = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && value !== "None";

function stateProblems(
  { status, substatus }: Readonly<Record<string, unknown>>,
  stored: Referral | undefined,
): Problem[] {
  if (!isSet(status) || !isSet(substatus) || isStatePair({ status, substatus })) return [];
  if (stored?.status === status && stored.substatus === substatus) return [];
  const reason = "is no substatus of this status";
  const remedy = "Send a pair of the lifecycle, such as Active with Accepted.";
  return [{ pointer: "/substatus", reason, remedy }];
}

/**
 * Checks an input of unknown shape. Keys are matched without regard to case, and decimal text
 * becomes a number. Reading tolerates unknown values, writing refuses them, and both keep unknown
 * properties. Where the `stored` referral is given that the input shall replace, its own values
 * pass, so that what was read can be sent back.
 */
export function validateReferral(
  input: unknown,
  purpose: Purpose,
  stored?: Referral,
): ReferralResult {
  const strict = purpose !== "read";
  const unstorable = strict ? unstorableProblems(input) : [];
  if (unstorable.length > 0) return { ok: false, problems: unstorable };
  const problems: Problem[] = [];
  const referral = parseValue(referralNode, input, "", { strict, problems, stored });
  if (strict && isJsonObject(referral)) {
    problems.push(...missingFields(referral));
    if (problems.length === 0) problems.push(...stateProblems(referral, stored));
  }
  if (problems.length > 0) return { ok: false, problems: problems.slice(0, mostProblems) };
  return { ok: true, referral: referral as Referral };
}
