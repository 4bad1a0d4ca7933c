import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../checks.ts";
import { readSupport, supportPage } from "./crm-support.ts";

test("the table of CRMs says what the adapters' capabilities and counted calls say", async () => {
  const support = await readSupport();
  const missing = support
    .flatMap(({ tests }) => tests)
    .filter((file) => !existsSync(join(root, file)));
  expect(missing).toEqual([]);
  const path = join(root, "docs/reference/crm-support.md");
  const page = supportPage(support);
  if (process.env.UPDATE_REFERENCE) writeFileSync(path, page);
  expect(readFileSync(path, "utf8")).toBe(page);
}, 120_000);
