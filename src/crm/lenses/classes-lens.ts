import type { Lens, LensResult } from "../mapping-port.ts";
import type { CrmValue } from "../port.ts";
import { refused, relationLens, translated } from "./relation-lens.ts";

type Scalar = string | number | boolean | null;

/**
 * Values of one side that mean the same as values of the other; the first of each is the one that
 * is written.
 */
export interface ValueClass {
  /** An entry `open/*` stands for every value that begins so. */
  readonly crm: readonly Scalar[];
  readonly referral: readonly Scalar[];
  /** What is written into a referral that was never accepted, in place of the first. */
  readonly unanswered?: string;
}

function isScalar(value: CrmValue): value is Scalar {
  return value === null || typeof value !== "object";
}

function fits(pattern: Scalar, value: CrmValue): boolean {
  if (typeof pattern === "string" && pattern.endsWith("*") && typeof value === "string") {
    return value.startsWith(pattern.slice(0, -1));
  }
  return pattern === value;
}

/** The first class that names the value itself, else the first whose pattern covers it. */
function classOf(
  classes: readonly ValueClass[],
  side: "crm" | "referral",
  value: CrmValue,
): ValueClass | undefined {
  return (
    classes.find((entry) => entry[side].includes(value as Scalar)) ??
    classes.find((entry) => entry[side].some((pattern) => fits(pattern, value)))
  );
}

function same(left: CrmValue, right: CrmValue): boolean {
  return isScalar(left) && left === right;
}

function shown(value: CrmValue): string {
  return value === null ? "nothing" : isScalar(value) ? `"${String(value)}"` : "a structure";
}

function unknownValue(side: string, value: CrmValue): LensResult<never> {
  return refused(
    `the ${side}'s value ${shown(value)} is not in the mapping's table`,
    "add it to the field's values in the mapping file",
  );
}

function firstPlain(values: readonly Scalar[]): Scalar | undefined {
  return values.find((value) => typeof value !== "string" || !value.endsWith("*"));
}

/**
 * Translates by a table of classes, both ways. The receiving side keeps its value where it is of
 * the right class already, so several values of one side may share one value of the other.
 */
export function classesLens(name: string, classes: readonly ValueClass[]): Lens {
  return relationLens({
    name,
    represents: (crm, referral) => {
      const found = classOf(classes, "referral", referral);
      return found !== undefined && found === classOf(classes, "crm", crm);
    },
    toCrm: (value) => {
      const target = firstPlain(classOf(classes, "referral", value)?.crm ?? []);
      return target === undefined ? unknownValue("referral", value) : translated(target);
    },
    toReferral: (value, old) => {
      const found = classOf(classes, "crm", value);
      const wasUnanswered = typeof old === "string" && old.startsWith("New/");
      const target =
        wasUnanswered && found?.unanswered !== undefined
          ? found.unanswered
          : firstPlain(found?.referral ?? []);
      return target === undefined ? unknownValue("CRM", value) : translated(target);
    },
    sameInCrm: same,
    sameInReferral: same,
  });
}

/** Yes or no; nothing counts as no. */
export function booleanLens(): Lens {
  return classesLens("boolean", [
    { crm: [true], referral: [true] },
    { crm: [false, null], referral: [false, null] },
  ]);
}
