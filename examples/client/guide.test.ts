import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

const blocks = [...read("docs/guides/client.md").matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)```/g)];

/** An example as a user of the package writes it. */
const asInstalled = (source: string): string =>
  source.replaceAll("../../src/client/index.ts", "partner-referrals/client");

test("the guide shows seven examples", () => {
  expect(blocks).toHaveLength(7);
  const all = read("docs/guides/client.md").match(/```ts/g);
  expect(all).toHaveLength(blocks.length);
});

test.each(blocks.map(([, path = "", code = ""]) => [path, code] as const))(
  "the guide shows %s as it runs",
  (path, code) => {
    expect(code.trim()).toBe(asInstalled(read(path)).trim());
  },
);
