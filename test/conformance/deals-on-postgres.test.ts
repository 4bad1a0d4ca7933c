import { afterAll, describe } from "vitest";
import { describeListOfDeals } from "../../src/operations/deals/list-deals-suite.ts";
import { openDatabase } from "../../src/storage/index.ts";
import { postgresForTests } from "../postgres.ts";

const postgres = await postgresForTests();
const drops: (() => Promise<void>)[] = [];

describe.skipIf(!postgres)("PostgreSQL", () => {
  afterAll(async () => {
    for (const drop of drops) await drop();
  });

  describeListOfDeals("PostgreSQL", async () => {
    if (!postgres) throw new Error("there is no PostgreSQL");
    const { url, drop } = await postgres.createDatabase();
    drops.push(drop);
    return openDatabase(url);
  });
});
