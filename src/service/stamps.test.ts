import { describe, expect, it } from "vitest";
import { seededRandom } from "../runtime/index.ts";
import { newETag, Stamps, stampOf } from "./stamps.ts";

const standingClock = (now: number) => ({ now: () => now, sleep: async () => {} });

describe("stamps", () => {
  it("has seven fraction digits", () => {
    expect(stampOf(Date.UTC(2026, 1, 3, 4, 5, 6, 7), 89)).toBe("2026-02-03T04:05:06.0070089Z");
  });

  it("never repeats while the clock stands still, past the steps of one millisecond", () => {
    const stamps = new Stamps(standingClock(1_000));
    const given = Array.from({ length: 10_001 }, () => stamps.next());
    expect(new Set(given).size).toBe(given.length);
    expect([...given].sort()).toEqual(given);
    expect(given.at(-1)).toBe(stampOf(1_001, 0));
  });

  it("never goes back when the clock does", () => {
    let now = 2_000;
    const stamps = new Stamps({ now: () => now, sleep: async () => {} });
    const before = stamps.next();
    now = 1_000;
    expect(stamps.next() > before).toBe(true);
  });

  it("passes a stamp that another machine with a faster clock wrote", () => {
    const stamps = new Stamps(standingClock(1_000));
    const foreign = stampOf(5_000, 9_999);
    expect(stamps.next(foreign)).toBe(stampOf(5_001, 0));
  });
});

describe("eTag", () => {
  it("keeps its quotes as part of the value", () => {
    const eTag = newETag(Date.UTC(2019, 1, 23), seededRandom(1));
    expect(eTag).toMatch(/^"[0-9a-f]{8}-0000-0000-0000-5c708d00[0-9a-f]{4}"$/);
  });
});
