import { maxQueryLength } from "./limits.ts";
import { ODataSyntaxError } from "./odata-error.ts";

/** A query text after percent-decoding that still knows where each character stood before it. */
export interface SourceText {
  readonly text: string;
  /** The offset in the text as given of the character at `index`. */
  positionOf(index: number): number;
  /** True where the character was written as a percent sequence, and so separates nothing. */
  isEncoded(index: number): boolean;
}

/** What form encoders (URLSearchParams, Python's urlencode, …) leave as it is, and what they write. */
const formEncodedPattern = /^[\w*.~!()+%&=-]*$/;
const hexadecimalPattern = /^[\da-fA-F]{2}$/;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * In OData `+` is a plus sign. A form encoder means a space by it, and betrays itself: it never leaves a space, `$`, `'`
 * or `,` in its output and writes a real plus as `%2B`.
 */
function isFormEncoded(query: string): boolean {
  return query.includes("+") && !query.includes("%20") && formEncodedPattern.test(query);
}

function checkCharacters(text: string, positionOf: (index: number) => number): void {
  const nul = text.indexOf("\0");
  if (nul >= 0) {
    const message = "a query can't contain the character NUL";
    throw new ODataSyntaxError("invalidCharacter", message, positionOf(nul));
  }
  if (text.isWellFormed()) return;
  const index = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.exec(text);
  const message = "half of a surrogate pair is not a character";
  throw new ODataSyntaxError("invalidCharacter", message, positionOf(index?.index ?? 0));
}

function decodeSequence(query: string, start: number, end: number): string {
  const bytes = new Uint8Array((end - start) / 3);
  for (let index = start; index < end; index += 3) {
    bytes[(index - start) / 3] = Number.parseInt(query.slice(index + 1, index + 3), 16);
  }
  try {
    return decoder.decode(bytes);
  } catch {
    throw new ODataSyntaxError("invalidEncoding", "the percent sequence is not UTF-8", start);
  }
}

function endOfSequence(query: string, start: number): number {
  let end = start;
  while (query[end] === "%") {
    if (!hexadecimalPattern.test(query.slice(end + 1, end + 3))) {
      const message = "% must be followed by two hexadecimal digits; write %25 for a percent sign";
      throw new ODataSyntaxError("invalidEncoding", message, end);
    }
    end += 3;
  }
  return end;
}

function decode(query: string): SourceText {
  const positions = new Uint32Array(query.length + 1);
  let text = "";
  let copied = 0;
  const copy = (piece: string, position: (offset: number) => number): void => {
    for (let offset = 0; offset < piece.length; offset += 1) {
      positions[text.length + offset] = position(offset);
    }
    text += piece;
  };
  for (let start = query.indexOf("%"); start >= 0; start = query.indexOf("%", copied)) {
    const from = copied;
    copy(query.slice(from, start), (offset) => from + offset);
    copied = endOfSequence(query, start);
    let next = start;
    for (const character of decodeSequence(query, start, copied)) {
      const at = next;
      copy(character, () => at);
      const code = character.codePointAt(0) ?? 0;
      next += 3 * (code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4);
    }
  }
  const from = copied;
  copy(query.slice(from), (offset) => from + offset);
  positions[text.length] = query.length;
  const positionOf = (index: number): number => positions[index] ?? query.length;
  return { text, positionOf, isEncoded: (index) => query[positionOf(index)] === "%" };
}

/** Decodes a query text once; plain text, percent-encoded text and the output of form encoders are all understood. */
export function readSource(query: string): SourceText {
  if (query.length > maxQueryLength) {
    const message = `the query is longer than ${maxQueryLength} characters`;
    throw new ODataSyntaxError("queryTooLong", message, maxQueryLength);
  }
  const spaced = isFormEncoded(query) ? query.replaceAll("+", " ") : query;
  const source = spaced.includes("%")
    ? decode(spaced)
    : { text: spaced, positionOf: (index: number) => index, isEncoded: () => false };
  checkCharacters(source.text, source.positionOf);
  return source;
}
