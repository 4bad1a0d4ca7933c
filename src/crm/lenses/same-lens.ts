import type { Lens } from "../mapping-port.ts";
import type { CrmValue } from "../port.ts";
import { relationLens, translated } from "./relation-lens.ts";

/** JSON text with sorted names, so that equal values have equal texts. */
export function canonicalJson(value: CrmValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
    return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${canonicalJson(inner)}`)}}`;
  }
  return JSON.stringify(value);
}

function same(left: CrmValue, right: CrmValue): boolean {
  return canonicalJson(left) === canonicalJson(right);
}

/** The same value on both sides: identifiers, links, computed values. */
export function sameLens(): Lens {
  return relationLens({
    name: "same",
    represents: same,
    toCrm: (value) => translated(value),
    toReferral: (value) => translated(value),
    sameInCrm: same,
    sameInReferral: same,
  });
}
