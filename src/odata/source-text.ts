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

/**
 * What form encoders (URLSearchParams, Python's urlencode, …) leave as it is, and what they write.
 */
const formEncodedPattern = /^[\w*.~!()+%=-]*$/;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * In OData `+` is a plus sign. A form encoder means a space by it, and betrays itself: it never
 * leaves a space, `$`, `'` or `,` in its output and writes a real plus as `%2B`. Each option is
 * looked at by itself, since a link to the next page holds options of two writers.
 */
function spaced(option: string): string {
  const isFormEncoded = !option.includes("%20") && formEncodedPattern.test(option);
  return isFormEncoded ? option.replaceAll("+", " ") : option;
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

const hexadecimalDigit = (code: number): number => {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : Number.NaN;
};

/** The byte of the percent sequence at `index`. */
function byteAt(query: string, index: number): number {
  const high = hexadecimalDigit(query.charCodeAt(index + 1));
  const byte = high * 16 + hexadecimalDigit(query.charCodeAt(index + 2));
  if (!Number.isNaN(byte)) return byte;
  const message = "% must be followed by two hexadecimal digits; write %25 for a percent sign";
  throw new ODataSyntaxError("invalidEncoding", message, index);
}

/** How many bytes the character has whose first byte this is (RFC 3629). */
const lengthOf = (lead: number): number =>
  lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

/** The character beyond ASCII whose first percent sequence is at `index`. */
function characterAt(query: string, index: number, lead: number): string {
  const bytes = new Uint8Array(lengthOf(lead));
  bytes[0] = lead;
  for (let offset = 1; offset < bytes.length; offset += 1) {
    const at = index + 3 * offset;
    bytes[offset] = query[at] === "%" ? byteAt(query, at) : 0;
  }
  try {
    return decoder.decode(bytes);
  } catch {
    throw new ODataSyntaxError("invalidEncoding", "the percent sequence is not UTF-8", index);
  }
}

function decode(query: string): SourceText {
  const positions = new Uint32Array(query.length + 1);
  let text = "";
  let copiedTo = 0;
  const copyTo = (end: number): void => {
    const shift = text.length - copiedTo;
    for (let index = copiedTo; index < end; index += 1) positions[index + shift] = index;
    text += query.slice(copiedTo, end);
  };
  for (let start = query.indexOf("%"); start >= 0; start = query.indexOf("%", copiedTo)) {
    copyTo(start);
    const byte = byteAt(query, start);
    const character = byte < 0x80 ? String.fromCharCode(byte) : characterAt(query, start, byte);
    positions.fill(start, text.length, text.length + character.length);
    text += character;
    copiedTo = start + 3 * lengthOf(byte);
  }
  copyTo(query.length);
  positions[text.length] = query.length;
  const positionOf = (index: number): number => positions[index] ?? query.length;
  return { text, positionOf, isEncoded: (index) => query[positionOf(index)] === "%" };
}

/**
 * Decodes a query text once; plain text, percent-encoded text and the output of form encoders are
 * all understood.
 */
export function readSource(query: string): SourceText {
  if (query.length > maxQueryLength) {
    const message = `the query is longer than ${maxQueryLength} characters`;
    throw new ODataSyntaxError("queryTooLong", message, maxQueryLength);
  }
  const given = query.includes("+") ? query.split("&").map(spaced).join("&") : query;
  const source = given.includes("%")
    ? decode(given)
    : { text: given, positionOf: (index: number) => index, isEncoded: () => false };
  checkCharacters(source.text, source.positionOf);
  return source;
}
