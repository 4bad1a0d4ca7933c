/**
 * An exact decimal number: unscaled ÷ 10^scale, without trailing zeros, so that equal numbers look
 * alike.
 */
export interface Decimal {
  readonly unscaled: bigint;
  readonly scale: number;
}

/**
 * More digits, or a larger exponent, than this is not a number that anything here computes with.
 */
const maxDigits = 1_000;

/** A quotient that doesn't end is cut off after this many decimal places. */
export const quotientScale = 12;

const decimalPattern = /^([+-]?)(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,6}))?$/i;

/** Zero. */
export const zero: Decimal = { unscaled: 0n, scale: 0 };

const power = (exponent: number): bigint => 10n ** BigInt(exponent);

function normalised(unscaled: bigint, scale: number): Decimal {
  if (unscaled === 0n) return zero;
  const text = unscaled.toString();
  let end = text.length;
  while (text[end - 1] === "0") end -= 1;
  if (end === text.length) return { unscaled, scale };
  return { unscaled: BigInt(text.slice(0, end)), scale: scale - (text.length - end) };
}

/**
 * Reads a number of JSON or OData exactly; undefined where the text is none, or one of absurd size.
 */
export function parseDecimal(text: string): Decimal | undefined {
  const match = decimalPattern.exec(text);
  if (!match) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const tooLarge =
    whole.length + fraction.length > maxDigits || Math.abs(Number(exponent)) > maxDigits;
  if (tooLarge) return undefined;
  const unscaled = BigInt(`${sign === "-" ? "-" : ""}${whole}${fraction}`);
  return normalised(unscaled, fraction.length - Number(exponent));
}

/** The number of an integer. */
export const decimalOf = (integer: number | bigint): Decimal => normalised(BigInt(integer), 0);

/** Plain notation without exponent, such as `-0.05`. */
export function decimalText({ unscaled, scale }: Decimal): string {
  if (scale <= 0) return (unscaled * power(-scale)).toString();
  const sign = unscaled < 0n ? "-" : "";
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function aligned(left: Decimal, right: Decimal): readonly [bigint, bigint, number] {
  const scale = Math.max(left.scale, right.scale);
  return [
    left.unscaled * power(scale - left.scale),
    right.unscaled * power(scale - right.scale),
    scale,
  ];
}

/**
 * Below, equal to or above zero, as the left number is less than, equal to or greater than the
 * right one.
 */
export function compareDecimals(left: Decimal, right: Decimal): number {
  const [a, b] = aligned(left, right);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The sum. */
export function add(left: Decimal, right: Decimal): Decimal {
  const [a, b, scale] = aligned(left, right);
  return normalised(a + b, scale);
}

/** The number with the other sign. */
export const negate = ({ unscaled, scale }: Decimal): Decimal => ({ unscaled: -unscaled, scale });

/** The difference. */
export const subtract = (left: Decimal, right: Decimal): Decimal => add(left, negate(right));

/** The product. */
export const multiply = (left: Decimal, right: Decimal): Decimal =>
  normalised(left.unscaled * right.unscaled, left.scale + right.scale);

/** The quotient, cut off towards zero after `scale` decimal places; null for a division by zero. */
export function divide(left: Decimal, right: Decimal, scale: number): Decimal | null {
  if (right.unscaled === 0n) return null;
  const [a, b] = aligned(left, right);
  return normalised((a * power(scale)) / b, scale);
}

/**
 * What a division to a whole number leaves, with the sign of the left number; null for a division
 * by zero.
 */
export function remainder(left: Decimal, right: Decimal): Decimal | null {
  if (right.unscaled === 0n) return null;
  const [a, b, scale] = aligned(left, right);
  return normalised(a % b, scale);
}

/** The largest whole number that is not above. */
export function floor(value: Decimal): Decimal {
  if (value.scale <= 0) return value;
  const unit = power(value.scale);
  const whole = value.unscaled / unit;
  return normalised(value.unscaled < 0n ? whole - 1n : whole, 0);
}

/** The smallest whole number that is not below. */
export const ceiling = (value: Decimal): Decimal => negate(floor(negate(value)));

/** The nearest whole number; halves go away from zero. */
export function round(value: Decimal): Decimal {
  if (value.scale <= 0) return value;
  const half = { unscaled: value.unscaled < 0n ? -5n : 5n, scale: 1 };
  const sum = add(value, half);
  return value.unscaled < 0n ? ceiling(sum) : floor(sum);
}

const exponentBias = 50_000;
const exponentDigits = 5;
const largestExponent = 99_999;
const complement = (digits: string): string =>
  digits.replace(/\d/g, (digit) => String(9 - Number(digit)));

/**
 * Text that orders as the numbers do, for databases without exact decimals: sign, exponent, digits;
 * for negative numbers the complement of both.
 */
export function decimalKey({ unscaled, scale }: Decimal): string {
  if (unscaled === 0n) return "1";
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString();
  const exponent = digits.length - scale + exponentBias;
  const pad = (number: number): string => String(number).padStart(exponentDigits, "0");
  if (unscaled > 0n) return `2${pad(exponent)}${digits}`;
  return `0${pad(largestExponent - exponent)}${complement(digits)}~`;
}

const keyPattern = /^(?:2\d{5}\d*[1-9]|0\d{5}\d*[0-8]~)$/;

/** The number of a key. Errors: RangeError for text that no number has as its key. */
export function decimalOfKey(key: string): Decimal {
  if (key === "1") return zero;
  if (!keyPattern.test(key)) throw new RangeError("not the key of a number");
  const isNegative = key.startsWith("0");
  const stated = Number(key.slice(1, 1 + exponentDigits));
  const exponent = (isNegative ? largestExponent - stated : stated) - exponentBias;
  const digits = isNegative
    ? complement(key.slice(1 + exponentDigits, -1))
    : key.slice(1 + exponentDigits);
  const unscaled = BigInt(digits);
  return { unscaled: isNegative ? -unscaled : unscaled, scale: digits.length - exponent };
}
