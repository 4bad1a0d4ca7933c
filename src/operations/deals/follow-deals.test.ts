import { afterEach, beforeEach, expect, test } from "vitest";
import { silentLog } from "../../runtime/index.ts";
import { type Database, openDatabase } from "../../storage/index.ts";
import { createMemoryLedger, createProjection, type Pair } from "../../sync/index.ts";
import { smallMapping } from "../../sync/small-mapping-suite.ts";
import { type SmallWorld, smallWorld } from "../../sync/small-world-suite.ts";
import { openDealTable } from "./deal-table.ts";
import { type DealFollower, followDeals } from "./follow-deals.ts";
import { listDeals } from "./list-deals.ts";

const pairs = 1_500;
let world: SmallWorld;
let database: Database;
let statements = 0;
let transactions = 0;
const followers: DealFollower[] = [];

/** The database, with a count of what it is asked to write. */
function counted(inner: Database): Database {
  return {
    dialect: inner.dialect,
    all: (...ask) => inner.all(...ask),
    get: (...ask) => inner.get(...ask),
    iterate: (...ask) => inner.iterate(...ask),
    scan: (...ask) => inner.scan(...ask),
    backup: undefined,
    close: () => inner.close(),
    transaction: (work) => {
      transactions += 1;
      return inner.transaction((transaction) => {
        const count = () => {
          statements += 1;
          return transaction;
        };
        return work({
          all: (...ask) => count().all(...ask),
          get: (...ask) => count().get(...ask),
          run: (...ask) => count().run(...ask),
        });
      });
    },
  };
}

beforeEach(async () => {
  world = await smallWorld({ isApproved: true });
  const deal = { share: true, name: "Ledger move", dealValue: 10, customer: "Adatum" };
  world.crm.add({ ...deal, stage: "Open" });
  await world.sync();
  database = counted(await openDatabase(":memory:"));
});
afterEach(async () => {
  for (const follower of followers.splice(0)) follower.stop();
  await database.close();
});

async function ledgerOf(count: number) {
  const ledger = createMemoryLedger();
  const one = await world.onlyPair();
  const copy = (index: number): Pair => ({
    ...one,
    id: `pair-${String(index).padStart(5, "0")}`,
    revision: 0,
    ...(one.referral ? { referral: { ...one.referral, id: `r${index}` } } : {}),
    ...(one.crm ? { crm: { ...one.crm, id: `c${index}` } } : {}),
  });
  await ledger.commit({ pairs: Array.from({ length: count }, (_, index) => copy(index)) });
  return ledger;
}

async function follow(ledger: Awaited<ReturnType<typeof ledgerOf>>, shape = "a shape") {
  const table = await openDealTable(database, "one", shape);
  const engine = { subscribe: () => () => {} };
  const projection = createProjection(smallMapping);
  const { clock } = world;
  const follower = followDeals({ engine, ledger, table, projection, clock, log: silentLog });
  followers.push(follower);
  return { table, follower };
}

const countOf = async (table: Awaited<ReturnType<typeof openDealTable>>): Promise<number> =>
  (await listDeals(table, "?$top=1&$count=true", 0)).count ?? 0;

test("a large ledger is taken in with a statement for many deals and few transactions", async () => {
  const { table, follower } = await follow(await ledgerOf(pairs));
  statements = 0;
  transactions = 0;
  await follower.build();
  expect(await countOf(table)).toBe(pairs);
  expect(statements).toBeLessThan(pairs / 10);
  expect(transactions).toBeLessThan(pairs / 10);
  expect((await follower.compare()).changed).toBe(0);
});

test("while the list is being built it says how far it is, and no question waits for its end", async () => {
  const ledger = await ledgerOf(pairs);
  const { table, follower } = await follow(ledger);
  const resumed = Promise.withResolvers<void>();
  let read = 0;
  const { pairs: readPairs } = ledger;
  Object.assign(ledger, {
    pairs: async (query: Parameters<typeof readPairs>[0]) => {
      read += 1;
      if (read > 1) await resumed.promise;
      return readPairs.call(ledger, query);
    },
  });
  const building = follower.build();
  const asked = follower.caughtUp();
  await world.clock.advance(1_000);
  await asked;
  const progress = follower.progress();
  expect(progress).toMatchObject({ total: pairs });
  expect(progress?.done).toBeLessThan(pairs);
  expect(await countOf(table)).toBe(progress?.done);
  resumed.resolve();
  await building;
  expect(follower.progress()).toBeUndefined();
  expect(await countOf(table)).toBe(pairs);
});

test("under another mapping every row is made anew, though no pair has changed", async () => {
  const ledger = await ledgerOf(20);
  await (await follow(ledger)).follower.build();
  const same = await follow(ledger);
  expect((await same.follower.compare()).changed).toBe(0);
  const other = await follow(ledger, "another shape");
  expect((await other.follower.compare()).changed).toBe(20);
});

test("a pair that is gone from the ledger leaves the list and its words", async () => {
  const { table, follower } = await follow(await ledgerOf(3));
  await follower.build();
  const fewer = await follow(await ledgerOf(2));
  expect((await fewer.follower.compare()).changed).toBe(1);
  expect(await countOf(table)).toBe(2);
  expect((await listDeals(table, "?$search=ledger&$count=true", 0)).count).toBe(2);
});
