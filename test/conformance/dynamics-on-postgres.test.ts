import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSandbox, type TestSandbox } from "../../src/sandbox/dynamics365/sandbox-test-kit.ts";
import { openDatabase } from "../../src/storage/index.ts";
import { postgresForTests } from "../postgres.ts";

const postgres = await postgresForTests();

describe.skipIf(!postgres)("the Dataverse emulator on PostgreSQL", () => {
  let kit: TestSandbox;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    if (!postgres) throw new Error("there is no PostgreSQL");
    const made = await postgres.createDatabase();
    drop = made.drop;
    kit = await startSandbox({ database: await openDatabase(made.url) });
  });
  afterAll(async () => {
    await kit?.close();
    await drop?.();
  });

  test("rows, keys, versions, changes and deletions are what they are on SQLite", async () => {
    await kit.sandbox.seed(5);
    const track = { prefer: "odata.track-changes" };
    const { body: begin } = await kit.call("GET", "opportunities?$select=name", undefined, track);
    expect(begin.value).toHaveLength(5);

    const target = "opportunities(pr_referralid='r-1')";
    const prefer = { prefer: "return=representation" };
    const made = await kit.call("PATCH", target, { name: "By key" }, prefer);
    expect(made.status).toBe(201);
    const ifMatch = { "if-match": made.body["@odata.etag"] };
    expect((await kit.call("PATCH", target, { name: "Second" }, ifMatch)).status).toBe(204);
    expect((await kit.call("PATCH", target, { name: "Stale" }, ifMatch)).status).toBe(412);
    const again = await kit.call("POST", "opportunities", { name: "X", pr_referralid: "r-1" });
    expect(again.status).toBe(412);

    const gone = begin.value[0].opportunityid;
    expect((await kit.call("DELETE", `opportunities(${gone})`)).status).toBe(204);
    const { body: delta } = await kit.call("GET", begin["@odata.deltaLink"]);
    expect(delta.value).toMatchObject([{ name: "Second" }, { id: gone, reason: "deleted" }]);
  });
});
