/** A piece of a JSON text that is to be sent: text, or UTF-8 bytes as they were stored. */
export type JsonPart = string | Uint8Array;

/** A referral's document as a piece without its last brace, so that more can follow. */
export const openEnd = (document: JsonPart): JsonPart =>
  typeof document === "string" ? document.slice(0, -1) : document.subarray(0, -1);

/** A referral's document without its braces, so that something can come before it, too. */
export const inside = (document: JsonPart): JsonPart =>
  typeof document === "string" ? document.slice(1, -1) : document.subarray(1, -1);

/** A piece as text. */
export const textOf = (part: JsonPart): string =>
  typeof part === "string"
    ? part
    : Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString("utf8");

/** The pieces in one buffer: each is copied once, and stored bytes are never decoded. */
export function joinParts(parts: readonly JsonPart[]): Buffer {
  let size = 0;
  for (const part of parts) {
    size += typeof part === "string" ? Buffer.byteLength(part) : part.length;
  }
  const whole = Buffer.allocUnsafe(size);
  let at = 0;
  for (const part of parts) {
    if (typeof part === "string") at += whole.write(part, at);
    else {
      whole.set(part, at);
      at += part.length;
    }
  }
  return whole;
}
