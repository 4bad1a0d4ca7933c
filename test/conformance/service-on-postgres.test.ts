import { describe } from "vitest";
import { adminSuite } from "../../src/service/suites/admin-suite.ts";
import { badInputSuite } from "../../src/service/suites/bad-input-suite.ts";
import { lanesSuite } from "../../src/service/suites/lanes-suite.ts";
import { lifetimeSuite } from "../../src/service/suites/lifetime-suite.ts";
import { listSuite } from "../../src/service/suites/list-suite.ts";
import { operationsSuite } from "../../src/service/suites/operations-suite.ts";
import { pagesSuite } from "../../src/service/suites/pages-suite.ts";
import { startOn } from "../../src/service/suites/service-kit-suite.ts";
import { webhooksSuite } from "../../src/service/suites/webhooks-suite.ts";
import { postgresForTests } from "../postgres.ts";

const postgres = await postgresForTests();

describe.skipIf(!postgres)("on PostgreSQL", () => {
  const makeDatabase = async () => {
    if (!postgres) throw new Error("there is no PostgreSQL");
    return postgres.createDatabase();
  };
  const start = startOn(makeDatabase);
  describe("operations", () => operationsSuite(start));
  describe("bad input", () => badInputSuite(start));
  describe("lanes", () => lanesSuite(start));
  describe("list", () => listSuite(start));
  describe("pages", () => pagesSuite(start));
  describe("admin", () => adminSuite(start));
  describe("lifetime", () => lifetimeSuite(start, makeDatabase));
  describe("webhooks", () => webhooksSuite(start));
});
