import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  add,
  ceiling,
  compareDecimals,
  type Decimal,
  decimalKey,
  decimalOfKey,
  decimalText,
  divide,
  floor,
  multiply,
  parseDecimal,
  remainder,
  round,
  subtract,
} from "./decimal.ts";

const seed = Number(process.env.SEED ?? 20_260_504);
const runs = { seed, numRuns: 2_000 };

const number = (text: string): Decimal => {
  const value = parseDecimal(text);
  if (!value) throw new TypeError(text);
  return value;
};

const decimals = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: -40, max: 40 }))
  .map(([unscaled, exponent]) => number(`${unscaled}e${exponent}`));

test.each([
  ["1.10", "1.1"],
  ["-0", "0"],
  ["1e3", "1000"],
  ["1.5E-3", "0.0015"],
  ["+42", "42"],
  ["00012.3400", "12.34"],
  ["9007199254740993", "9007199254740993"],
  ["-12345678901234567890.1234567890123456789", "-12345678901234567890.1234567890123456789"],
])("%s is %s", (text, plain) => {
  expect(decimalText(number(text))).toBe(plain);
});

test.each(["", "x", "1.", ".1", "1e", "0x1", "1e1001", "1".repeat(1_001), "1e999999999999"])(
  "%s is no number to compute with",
  (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  },
);

test.each([
  ["2.5", "3", "2", "3"],
  ["-2.5", "-3", "-3", "-2"],
  ["0.5", "1", "0", "1"],
  ["-0.5", "-1", "-1", "0"],
  ["2.4", "2", "2", "3"],
  ["-2.4", "-2", "-3", "-2"],
  ["7", "7", "7", "7"],
  ["1e20", "100000000000000000000", "100000000000000000000", "100000000000000000000"],
])("%s rounds to %s, down to %s, up to %s", (text, rounded, down, up) => {
  expect(decimalText(round(number(text)))).toBe(rounded);
  expect(decimalText(floor(number(text)))).toBe(down);
  expect(decimalText(ceiling(number(text)))).toBe(up);
});

test.each([
  ["7", "2", "3.5", "3", "1"],
  ["-7", "2", "-3.5", "-3", "-1"],
  ["7", "-2", "-3.5", "-3", "1"],
  ["1", "3", "0.333333333333", "0", "1"],
  ["5.5", "2", "2.75", "2", "1.5"],
  ["1e20", "3", "33333333333333333333.333333333333", "33333333333333333333", "1"],
])("%s by %s is %s, whole %s with %s left", (left, right, quotient, whole, rest) => {
  const text = (value: Decimal | null): string | null => value && decimalText(value);
  expect(text(divide(number(left), number(right), 12))).toBe(quotient);
  expect(text(divide(number(left), number(right), 0))).toBe(whole);
  expect(text(remainder(number(left), number(right)))).toBe(rest);
});

test("dividing by zero gives null", () => {
  expect(divide(number("1"), number("0"), 12)).toBeNull();
  expect(remainder(number("1"), number("0"))).toBeNull();
});

describe(`for any numbers (SEED=${seed})`, () => {
  test("text and key lead back to the number", () => {
    fc.assert(
      fc.property(decimals, (value) => {
        expect(parseDecimal(decimalText(value))).toEqual(value);
        expect(decimalOfKey(decimalKey(value))).toEqual(value);
      }),
      runs,
    );
  });

  test("keys are in the order of the numbers", () => {
    fc.assert(
      fc.property(decimals, decimals, (left, right) => {
        const [a, b] = [decimalKey(left), decimalKey(right)];
        expect(Math.sign(compareDecimals(left, right))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
      runs,
    );
  });

  test("keys of neighbours are in order too", () => {
    fc.assert(
      fc.property(decimals, fc.integer({ min: -60, max: 60 }), (value, exponent) => {
        const next = add(value, number(`1e${exponent}`));
        expect(decimalKey(value) < decimalKey(next)).toBe(true);
      }),
      runs,
    );
  });

  test("sum and product obey arithmetic's laws", () => {
    fc.assert(
      fc.property(decimals, decimals, decimals, (a, b, c) => {
        expect(subtract(add(a, b), b)).toEqual(a);
        expect(multiply(a, add(b, c))).toEqual(add(multiply(a, b), multiply(a, c)));
      }),
      runs,
    );
  });

  test("quotient and rest make up the number", () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        const whole = divide(a, b, 0);
        const rest = remainder(a, b);
        if (whole && rest) expect(add(multiply(whole, b), rest)).toEqual(a);
        else expect(b.unscaled).toBe(0n);
      }),
      runs,
    );
  });
});

test.each(["", "2", "3", "2abcde1", "2500010", "0500019~", "250001", "21", "1x"])(
  "%j is no number's key",
  (key) => {
    expect(() => decimalOfKey(key)).toThrow(RangeError);
  },
);
