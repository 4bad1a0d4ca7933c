import { expect, test } from "vitest";
import { seededRandom } from "../runtime/index.ts";
import {
  dateOf,
  durationSeconds,
  instantOf,
  instantOfSeconds,
  secondsOf,
  timeOf,
} from "./date-time.ts";
import { decimalText } from "./decimal.ts";

const seed = Number(process.env.SEED ?? 20_260_505);

test.each([
  ["2024-05-01T10:00:00Z", "2024-05-01T10:00:00.000000000000Z"],
  ["2024-05-01T10:00Z", "2024-05-01T10:00:00.000000000000Z"],
  ["2024-05-01t12:00:00.1234567+02:00", "2024-05-01T10:00:00.123456700000Z"],
  ["2024-05-01T05:30:00-04:30", "2024-05-01T10:00:00.000000000000Z"],
  ["2024-02-29T23:30:00-05:30", "2024-03-01T05:00:00.000000000000Z"],
  ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000000000Z"],
  ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000000000Z"],
  ["9999-12-31T23:59:59.999999999999Z", "9999-12-31T23:59:59.999999999999Z"],
])("%s is the moment %s", (text, instant) => {
  expect(instantOf(text)).toBe(instant);
});

test.each([
  "",
  "2024-05-01",
  "2024-05-01T10:00:00",
  "2024-02-30T10:00:00Z",
  "2023-02-29T10:00:00Z",
  "1900-02-29T10:00:00Z",
  "2024-05-01T24:00:00Z",
  "2024-05-01T10:00:61Z",
  "2024-05-01T10:00:00.1234567890123Z",
  "2024-05-01T10:00:00+24:00",
  "0000-01-01T00:00:00Z",
  "0001-01-01T00:00:00+00:01",
  "9999-12-31T23:59:60Z",
  " 2024-05-01T10:00:00Z",
])("%j is no moment that is computed with", (text) => {
  expect(instantOf(text)).toBeUndefined();
});

test(`moments agree with JavaScript's dates, whatever the offset (SEED=${seed})`, () => {
  const random = seededRandom(seed);
  const first = Date.parse("0001-01-02T00:00:00Z");
  const last = Date.parse("9999-12-30T00:00:00Z");
  for (let count = 0; count < 5_000; count += 1) {
    const ms = Math.floor(first + random.fraction() * (last - first));
    const iso = new Date(ms).toISOString();
    const offset = Math.floor(random.fraction() * 1_440) - 720;
    const local = new Date(ms + offset * 60_000).toISOString().slice(0, -1);
    const [sign, size] = [offset < 0 ? "-" : "+", Math.abs(offset)];
    const two = (value: number): string => String(value).padStart(2, "0");
    const text = `${local}${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`;
    const instant = instantOf(text);
    expect(instant, `SEED=${seed}: ${text}`).toBe(`${iso.slice(0, -1)}000000000Z`);
    const seconds = secondsOf(instant ?? "");
    expect(Number(decimalText(seconds)) * 1_000).toBeCloseTo(ms, 0);
    expect(instantOfSeconds(seconds)).toBe(instant);
  }
});

test.each([
  ["PT0S", "0"],
  ["P1D", "86400"],
  ["P1DT2H3M4.5S", "93784.5"],
  ["-PT30M", "-1800"],
  ["+PT1S", "1"],
  ["PT0.000000000001S", "0.000000000001"],
])("%s lasts %s seconds", (text, seconds) => {
  const value = durationSeconds(text);
  expect(value && decimalText(value)).toBe(seconds);
});

test.each(["", "P", "PT", "P1Y", "P1M", "1D", "PT1.S", "P1DT", `P${"9".repeat(30)}D`])(
  "%j is no duration",
  (text) => {
    expect(durationSeconds(text)).toBeUndefined();
  },
);

test("days and times have one form each", () => {
  expect(dateOf("2024-02-29")).toBe("2024-02-29");
  expect(dateOf("2023-02-29")).toBeUndefined();
  expect(timeOf("10:20")).toBe("10:20:00.000000000000");
  expect(timeOf("10:20:30.5")).toBe("10:20:30.500000000000");
  expect(timeOf("24:00")).toBeUndefined();
});
