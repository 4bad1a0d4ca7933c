import type { Lens } from "../mapping-port.ts";
import type { CrmValue } from "../port.ts";
import { refused, relationLens, translated } from "./relation-lens.ts";

/** What a text lens can be told. */
export interface TextLensOptions {
  /** The most that the CRM's column holds, in UTF-16 units (at least 60); absent: no limit. */
  readonly maxLength?: number;
}

/** What stands at the end of a text that the CRM's column could not hold whole. */
export function continuationMark(missing: number): string {
  return `… [${missing} more characters in Partner Center]`;
}

const markPattern = /… \[([1-9]\d{0,8}) more characters in Partner Center\]$/;

interface CutText {
  readonly head: string;
  /** UTF-16 units that only the referral holds. */
  readonly missing: number;
}

function cutTextOf(crm: string): CutText | undefined {
  const match = markPattern.exec(crm);
  return match ? { head: crm.slice(0, match.index), missing: Number(match[1]) } : undefined;
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

function shortened(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  // The mark is longest when it counts the whole text.
  const head = cut(text, maxLength - continuationMark(text.length).length);
  return head + continuationMark(text.length - head.length);
}

function represents(crm: CrmValue, referral: CrmValue): boolean {
  if (!isText(crm) || !isText(referral)) return false;
  const [left, right] = [normalised(crm), normalised(referral)];
  if (left === right) return true;
  const cutText = cutTextOf(left);
  if (!cutText) return false;
  const { head, missing } = cutText;
  return right.length === head.length + missing && right.startsWith(head);
}

const nothingBeforeMark = refused(
  "nothing is left before the mark that stands for the rest of the text",
  "remove the mark too, or write the text's beginning before it",
);

function same(left: CrmValue, right: CrmValue): boolean {
  return isText(left) && isText(right) && normalised(left) === normalised(right);
}

/**
 * Text on both sides. Line endings and surrounding white space don't count; no text and an empty
 * text are one.
 *
 * A text that is too long for the CRM is cut, with a mark that counts what is missing. While the
 * mark stands, an edit before it leaves the rest of the longer text as it was; taking the mark
 * away replaces the whole text.
 */
export function textLens({ maxLength = Number.POSITIVE_INFINITY }: TextLensOptions = {}): Lens {
  return relationLens({
    name: "text",
    represents,
    toCrm: (value) =>
      isText(value)
        ? translated(shortened(normalised(value), maxLength) || null)
        : refused("the referral holds something other than text here", "map another field"),
    toReferral: (value, old) => {
      if (!isText(value)) {
        return refused("the CRM holds something other than text here", "map a text column");
      }
      const text = normalised(value);
      const cutText = cutTextOf(text);
      if (!cutText) return translated(text || null);
      const rest = normalised(old);
      const { head, missing } = cutText;
      if (head === "") return nothingBeforeMark;
      return missing <= rest.length
        ? translated(head + rest.slice(rest.length - missing))
        : refused(
            "the text ends with the mark of a longer text that Partner Center doesn't have",
            "remove the mark at the end of the text",
          );
    },
    sameInCrm: same,
    sameInReferral: same,
  });
}
