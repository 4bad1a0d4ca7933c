import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { countryCodes, currencyCodes, meantCountry } from "./codes.ts";
import { nearestName } from "./nearest.ts";

const folder = new URL(".", import.meta.url);
const sources = readdirSync(folder)
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
  .map((name) => ({ name, text: readFileSync(new URL(name, folder), "utf8") }));

test("the contract needs zod and nothing else, so that it also runs in a browser", () => {
  expect(sources.length).toBeGreaterThan(15);
  for (const { name, text } of sources) {
    for (const [, specifier] of text.matchAll(/from "([^"]+)"/g)) {
      expect(specifier, name).toMatch(/^(\.\/[a-z-]+\.ts|zod)$/);
    }
    expect(text, name).not.toMatch(/\b(process|Buffer|require|__dirname|fetch|window)\b[.(]/);
  }
});

test("the lists of codes have the size and shape of their standards", () => {
  expect(countryCodes.size).toBe(249);
  for (const code of countryCodes) expect(code).toMatch(/^[A-Z]{2}$/);
  expect(currencyCodes.size).toBeGreaterThan(170);
  for (const code of currencyCodes) expect(code).toMatch(/^[A-Z]{3}$/);
  for (const meant of Object.values(meantCountry)) expect(countryCodes).toContain(meant);
});

test("the nearest name is found for a slip, and none for something else", () => {
  const names = ["status", "substatus", "statusReason", "details/dealValue"];
  expect(nearestName("staus", names)).toBe("status");
  expect(nearestName("SubStatus", names)).toBe("substatus");
  expect(nearestName("detail/dealvalue", names)).toBe("details/dealValue");
  expect(nearestName("colour", names)).toBeUndefined();
  expect(nearestName("x".repeat(1000), ["x".repeat(999)])).toBeUndefined();
});
