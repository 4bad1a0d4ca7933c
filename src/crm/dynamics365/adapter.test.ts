import { afterEach, beforeEach, expect, test } from "vitest";
import { fetchHttp, seededRandom, systemClock } from "../../runtime/index.ts";
import { createDynamicsSandbox, type DynamicsSandbox } from "../../sandbox/dynamics365/index.ts";
import { type Database, openDatabase } from "../../storage/index.ts";
import type { CrmAdapter, CrmChange } from "../port.ts";
import { createDynamicsAdapter } from "./index.ts";

let database: Database;
let sandbox: DynamicsSandbox;
let adapter: CrmAdapter;
const token = "test-token";

beforeEach(async () => {
  database = await openDatabase(":memory:");
  sandbox = await createDynamicsSandbox({
    database,
    clock: systemClock,
    random: seededRandom(1),
    token,
  });
  adapter = createDynamicsAdapter({
    http: fetchHttp,
    rootUrl: await sandbox.listen(0),
    getToken: async () => token,
    fields: ["name", "estimatedvalue"],
  });
});

afterEach(async () => {
  await sandbox.close();
  await database.close();
});

async function collect(changes: AsyncIterable<CrmChange>): Promise<readonly CrmChange[]> {
  const found: CrmChange[] = [];
  for await (const change of changes) found.push(change);
  return found;
}

const write = (key: string, name: string, estimatedvalue: number) => ({
  key,
  steps: [{ part: "record", key: `${key}/record`, fields: { name, estimatedvalue } }],
});

test("an upsert under one key makes one record, and a later walk reports only what changed", async () => {
  const first = await adapter.upsert(write("r-1", "Fabrikam upgrade", 1000.5), {});
  const again = await adapter.upsert(write("r-1", "Fabrikam upgrade", 1000.5), {});
  expect(again.id).toBe(first.id);
  const walk = await collect(adapter.changesSince("", {}));
  expect(walk.map((change) => change.kind)).toEqual(["changed", "watermark"]);
  const last = walk.at(-1);
  const since = last?.kind === "watermark" ? last.watermark : "";
  expect((await collect(adapter.changesSince(since, {}))).map(({ kind }) => kind)).toEqual([
    "watermark",
  ]);
  await adapter.upsert(
    {
      key: "r-1",
      recordId: first.id,
      steps: [
        {
          part: "record",
          key: "r-1/2",
          fields: { name: "Fabrikam renewal" },
          expectedVersion: again.version,
        },
      ],
    },
    {},
  );
  const [change] = await collect(adapter.changesSince(since, {}));
  expect(change).toMatchObject({
    kind: "changed",
    record: { id: first.id, fields: { name: "Fabrikam renewal", estimatedvalue: 1000.5 } },
  });
});

test("a stale version is refused as a conflict", async () => {
  const first = await adapter.upsert(write("r-2", "One", 1), {});
  await adapter.upsert(write("r-2", "Two", 2), {});
  const stale = adapter.upsert(
    {
      key: "r-2",
      recordId: first.id,
      steps: [
        { part: "record", key: "s", fields: { name: "Three" }, expectedVersion: first.version },
      ],
    },
    {},
  );
  await expect(stale).rejects.toMatchObject({ name: "CrmError", code: "conflict" });
});
