import type { Lens } from "../mapping-port.ts";
import type { CrmValue } from "../port.ts";
import { refused, relationLens, translated } from "./relation-lens.ts";

/** What stands at the end of a text that the CRM's column could not hold whole. */
export const continuationMark = "… [continued in Partner Center]";

/** What a text lens can be told. */
export interface TextLensOptions {
  /** The most that the CRM's column holds, in UTF-16 units; absent: no limit. */
  readonly maxLength?: number;
}

function normalised(value: CrmValue): string {
  return typeof value === "string" ? value.replace(/\r\n?/g, "\n").trim() : "";
}

function isText(value: CrmValue): boolean {
  return value === null || typeof value === "string";
}

/** Cuts to at most `length` units without splitting a character in two. */
function cut(text: string, length: number): string {
  const head = text.slice(0, Math.max(0, length));
  return /[\uD800-\uDBFF]$/.test(head) ? head.slice(0, -1) : head;
}

function headOf(crm: string): string | undefined {
  return crm.endsWith(continuationMark) ? crm.slice(0, -continuationMark.length) : undefined;
}

/**
 * Text on both sides. Line endings and surrounding white space don't count; no text and an empty text are one.
 * A text that is too long for the CRM is cut and marked; while the mark stands, an edit of the cut text leaves the rest of
 * the longer text as it was, and removing the mark replaces the longer text.
 */
export function textLens({ maxLength = Number.POSITIVE_INFINITY }: TextLensOptions = {}): Lens {
  const shortened = (text: string): string =>
    text.length <= maxLength
      ? text
      : cut(text, maxLength - continuationMark.length) + continuationMark;
  const represents = (crm: CrmValue, referral: CrmValue): boolean => {
    if (!isText(crm) || !isText(referral)) return false;
    const [left, right] = [normalised(crm), normalised(referral)];
    if (left === right) return right.length <= maxLength;
    const head = headOf(left);
    return head !== undefined && right.length > maxLength && right.startsWith(head);
  };
  const same = (left: CrmValue, right: CrmValue): boolean =>
    isText(left) && isText(right) && normalised(left) === normalised(right);
  return relationLens({
    name: "text",
    represents,
    toCrm: (value) =>
      isText(value)
        ? translated(normalised(value) === "" ? null : shortened(normalised(value)))
        : refused("the referral holds something other than text here", "map another field"),
    toReferral: (value, old) => {
      if (!isText(value)) {
        return refused("the CRM holds something other than text here", "map a text column");
      }
      const text = normalised(value);
      const head = headOf(text);
      const previous = normalised(old);
      if (head === undefined || previous.length <= maxLength) return translated(text || null);
      const keptHead = headOf(shortened(previous)) ?? "";
      return translated(head + previous.slice(keptHead.length));
    },
    sameInCrm: same,
    sameInReferral: same,
  });
}
