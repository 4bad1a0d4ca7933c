import { isJsonObject, mostProblems, type Problem, pointerOf } from "./problem.ts";

/** How many objects and lists may lie in each other; a referral itself needs eight. */
export const deepestInput = 64;

const brokenText = {
  reason: "holds half a character or NUL",
  remedy: "Send whole characters.",
} as const;

/** PostgreSQL can hold neither a NUL nor half of a surrogate pair, and no person types them. */
const isBroken = (text: string): boolean => text.includes("\0") || !text.isWellFormed();

function look(value: unknown, pointer: string, depth: number, problems: Problem[]): void {
  if (typeof value === "string") {
    if (isBroken(value)) problems.push({ pointer, ...brokenText });
    return;
  }
  const isList = Array.isArray(value);
  if (!isList && !isJsonObject(value)) return;
  if (depth === deepestInput) {
    const remedy = `Send at most ${deepestInput} levels.`;
    problems.push({ pointer, reason: "is nested too deeply", remedy });
    return;
  }
  for (const [step, inner] of isList ? value.entries() : Object.entries(value)) {
    if (problems.length === mostProblems) return;
    if (typeof step === "string" && isBroken(step)) {
      const reason = "has a property whose name holds half a character or NUL";
      problems.push({ pointer, reason, remedy: brokenText.remedy });
    } else {
      look(inner, pointer + pointerOf([step]), depth + 1, problems);
    }
  }
}

/**
 * What no database can hold: text that isn't text, in unknown properties and in names, too, and a
 * nesting without end.
 */
export function unstorableProblems(input: unknown): readonly Problem[] {
  const problems: Problem[] = [];
  look(input, "", 0, problems);
  return problems;
}
