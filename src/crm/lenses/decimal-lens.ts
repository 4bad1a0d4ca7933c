import type { Lens } from "../mapping-port.ts";
import type { CrmValue } from "../port.ts";
import { refused, relationLens, translated } from "./relation-lens.ts";

/** What a decimal lens can be told. */
export interface DecimalLensOptions {
  /** Digits after the point that the CRM keeps. */
  readonly scale: number;
}

const decimalPattern = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/** A decimal as sign and digits, without a binary fraction anywhere. */
interface Decimal {
  readonly negative: boolean;
  readonly units: bigint;
  readonly scale: number;
}

function plainText(value: CrmValue): string | undefined {
  if (typeof value === "number") {
    return Number.isFinite(value) ? expanded(String(value)) : undefined;
  }
  return typeof value === "string" ? value.trim() : undefined;
}

/** `1e21` and `5e-7` written out. */
function expanded(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const [, sign = "", whole = "", fraction = "", exponentText = "0"] = match;
  const digits = whole + fraction;
  const point = whole.length + Number(exponentText);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + "0".repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Reads a number or a decimal text; undefined where it is neither. */
export function parseDecimal(value: CrmValue): Decimal | undefined {
  const match = decimalPattern.exec(plainText(value) ?? "");
  if (!match) return undefined;
  const [, sign, whole = "0", fraction = ""] = match;
  const trimmed = fraction.replace(/0+$/, "");
  const units = BigInt(whole + trimmed);
  return { negative: sign === "-" && units !== 0n, units, scale: trimmed.length };
}

function rounded(decimal: Decimal, scale: number): Decimal {
  if (decimal.scale <= scale) return decimal;
  const divisor = 10n ** BigInt(decimal.scale - scale);
  const units = (decimal.units + divisor / 2n) / divisor;
  return parseDecimal(formatDecimal({ negative: decimal.negative, units, scale })) ?? decimal;
}

function formatDecimal({ negative, units, scale }: Decimal): string {
  const digits = units.toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale);
  return `${negative ? "-" : ""}${whole}${fraction ? `.${fraction}` : ""}`;
}

function equal(left: Decimal, right: Decimal): boolean {
  return formatDecimal(left) === formatDecimal(right);
}

// More digits than this don't survive a JSON number on the way.
const maxExactDigits = 15;

function asNumber(decimal: Decimal): number | undefined {
  return decimal.units.toString().length > maxExactDigits
    ? undefined
    : Number(formatDecimal(decimal));
}

function same(left: CrmValue, right: CrmValue): boolean {
  if (left === null || right === null) return left === right;
  const [one, other] = [parseDecimal(left), parseDecimal(right)];
  return one !== undefined && other !== undefined && equal(one, other);
}

const tooManyDigits = (side: string) =>
  refused(
    `the ${side}'s amount has more than ${maxExactDigits} digits, too many for a number`,
    "shorten the amount",
  );

/**
 * An amount: a number or a decimal text on either side, as a number where it is written. Rounded
 * half away from zero to `scale` digits; where the digits beyond are all that differs, each side
 * keeps its own.
 */
export function decimalLens({ scale }: DecimalLensOptions): Lens {
  return relationLens({
    name: "decimal",
    represents: (crm, referral) => {
      if (crm === null || referral === null) return crm === referral;
      const [left, right] = [parseDecimal(crm), parseDecimal(referral)];
      return (
        left !== undefined &&
        right !== undefined &&
        equal(rounded(left, scale), rounded(right, scale))
      );
    },
    toCrm: (value) => {
      if (value === null) return translated(null);
      const decimal = parseDecimal(value);
      if (!decimal) return refused("the referral's amount is not a number", "enter a number");
      const number = asNumber(rounded(decimal, scale));
      return number === undefined ? tooManyDigits("referral") : translated(number);
    },
    toReferral: (value) => {
      if (value === null) return translated(null);
      const decimal = parseDecimal(value);
      if (!decimal) return refused("the CRM's amount is not a number", "map a numeric column");
      const number = asNumber(rounded(decimal, scale));
      return number === undefined ? tooManyDigits("CRM") : translated(number);
    },
    sameInCrm: same,
    sameInReferral: same,
  });
}
