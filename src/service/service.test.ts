import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";
import { adminSuite } from "./suites/admin-suite.ts";
import { badInputSuite } from "./suites/bad-input-suite.ts";
import { lanesSuite } from "./suites/lanes-suite.ts";
import { lifetimeSuite } from "./suites/lifetime-suite.ts";
import { listSuite } from "./suites/list-suite.ts";
import { operationsSuite } from "./suites/operations-suite.ts";
import { pagesSuite } from "./suites/pages-suite.ts";
import { startOnSqlite } from "./suites/service-kit-suite.ts";
import { webhooksSuite } from "./suites/webhooks-suite.ts";

describe("operations", () => operationsSuite(startOnSqlite));
describe("bad input", () => badInputSuite(startOnSqlite));
describe("lanes", () => lanesSuite(startOnSqlite));
describe("list", () => listSuite(startOnSqlite));
describe("pages", () => pagesSuite(startOnSqlite));
describe("admin", () => adminSuite(startOnSqlite));

async function fileDatabase() {
  const folder = mkdtempSync(join(tmpdir(), "service-"));
  const drop = async () => rmSync(folder, { recursive: true, force: true });
  return { url: join(folder, "referrals.sqlite"), drop };
}

describe("lifetime", () => lifetimeSuite(startOnSqlite, fileDatabase));
describe("webhooks", () => webhooksSuite(startOnSqlite));
