import { describe } from "vitest";
import { adminSuite } from "./suites/admin-suite.ts";
import { badInputSuite } from "./suites/bad-input-suite.ts";
import { listSuite } from "./suites/list-suite.ts";
import { operationsSuite } from "./suites/operations-suite.ts";
import { pagesSuite } from "./suites/pages-suite.ts";
import { startOnSqlite } from "./suites/service-kit-suite.ts";
import { webhooksSuite } from "./suites/webhooks-suite.ts";

describe("operations", () => operationsSuite(startOnSqlite));
describe("bad input", () => badInputSuite(startOnSqlite));
describe("list", () => listSuite(startOnSqlite));
describe("pages", () => pagesSuite(startOnSqlite));
describe("admin", () => adminSuite(startOnSqlite));
describe("webhooks", () => webhooksSuite(startOnSqlite));
