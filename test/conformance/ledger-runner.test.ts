import { expect, test } from "vitest";
import { seededRandom, systemClock } from "../../src/runtime/index.ts";
import { migrate, openDatabase } from "../../src/storage/index.ts";
import { LedgerConflict, openLedger, type Pair, type Runner } from "../../src/sync/index.ts";

const pair = (id: string, more: Partial<Pair> = {}): Pair => ({
  id,
  revision: 0,
  state: "planning",
  role: "deal",
  origin: "crm",
  look: {},
  parked: {},
  decisions: {},
  refusals: [],
  recentWrites: {},
  epoch: 1,
  createdAt: systemClock.now(),
  ...more,
});

test("an observation and its job are one commit: both or neither", async () => {
  const database = await openDatabase(":memory:");
  await database.transaction((transaction) =>
    transaction.run("CREATE TABLE jobs (pair_id TEXT, due_at BIGINT, priority TEXT)"),
  );
  const runner: Pick<Runner, "submit"> = {
    submit: async (key, { transaction, dueAt, priority }) => {
      await transaction.run("INSERT INTO jobs VALUES (?, ?, ?)", [
        key,
        dueAt?.getTime() ?? 0,
        priority ?? "",
      ]);
    },
  };
  const ledger = await openLedger(database, "one", migrate, runner);
  const due = { at: 5, priority: "outbound" } as const;
  const id = seededRandom(1).uuid();
  await ledger.commit({ pairs: [pair(id, { due }), pair("at rest")] });
  expect(await database.all("SELECT * FROM jobs")).toEqual([
    { pair_id: id, due_at: 5, priority: "outbound" },
  ]);
  const late = ledger.commit({ pairs: [pair("new", { due }), pair(id, { due })] });
  await expect(late).rejects.toBeInstanceOf(LedgerConflict);
  expect(await database.all("SELECT pair_id FROM jobs")).toHaveLength(1);
  await database.close();
});
