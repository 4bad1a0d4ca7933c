/** Distinguished Encoding Rules (ITU-T X.690), as much as an X.509 certificate needs. */

function lengthOctets(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Buffer.from([0x80 | octets.length, ...octets]);
}

/** One value: tag, length, contents. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOctets(body.length), body]);
}

/** SEQUENCE. */
export const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);

/** SET. */
export const set = (...parts: readonly Uint8Array[]): Buffer => der(0x31, ...parts);

/** A non-negative INTEGER from its big-endian octets. */
export function integer(octets: Uint8Array): Buffer {
  let start = 0;
  while (start < octets.length - 1 && octets[start] === 0) start += 1;
  const digits = octets.subarray(start);
  const isNegativeLooking = ((digits[0] ?? 0) & 0x80) !== 0;
  return der(0x02, isNegativeLooking ? Buffer.from([0]) : Buffer.alloc(0), digits);
}

function base128(value: number): number[] {
  const septets = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) septets.unshift((rest & 0x7f) | 0x80);
  return septets;
}

/** OBJECT IDENTIFIER from its dotted form. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** UTF8String. */
export const utf8String = (text: string): Buffer => der(0x0c, Buffer.from(text, "utf8"));

/** BIT STRING of whole octets, or with `unusedBits` at its end. */
export const bitString = (octets: Uint8Array, unusedBits = 0): Buffer =>
  der(0x03, Buffer.from([unusedBits]), octets);

/** OCTET STRING. */
export const octetString = (octets: Uint8Array): Buffer => der(0x04, octets);

/** BOOLEAN TRUE. */
export const derTrue = der(0x01, Buffer.from([0xff]));

/** UTCTime, which holds the years 1950 to 2049. */
export function utcTime(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/[-:T]/g, "").slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`, "ascii"));
}

/** An explicitly tagged value: `[number] EXPLICIT`. */
export const explicit = (number: number, ...parts: readonly Uint8Array[]): Buffer =>
  der(0xa0 | number, ...parts);
