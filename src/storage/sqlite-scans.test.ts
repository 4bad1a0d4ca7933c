import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Clock, systemClock } from "../runtime/index.ts";
import type { Row } from "./port.ts";
import { SqliteConnection } from "./sqlite-connection.ts";
import { SqliteScans } from "./sqlite-scans.ts";

const idleMs = 10_000;
const started: Worker[] = [];
const remember = (message: unknown): void => {
  started.push((message as { readonly worker: Worker }).worker);
};
let folder: string;
let path: string;
let scans: SqliteScans;
let endIdleness: () => void;

/** The machine's clock, but for the idleness of a thread, which ends when the test says so. */
const clock: Clock = {
  now: () => systemClock.now(),
  sleep: (delayMs, signal) => {
    if (delayMs !== idleMs) return systemClock.sleep(delayMs, signal);
    return new Promise((resolve, reject) => {
      endIdleness = resolve;
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  },
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "referrals-scans-"));
  path = join(folder, "s.db");
  SqliteConnection.openWriter(path, "OFF").close();
  scans = new SqliteScans(path, clock);
  started.length = 0;
  subscribe("worker_threads", remember);
});

afterEach(async () => {
  unsubscribe("worker_threads", remember);
  await scans.close();
  rmSync(folder, { recursive: true });
});

async function collect(rows: AsyncIterable<Row>): Promise<readonly Row[]> {
  const collected: Row[] = [];
  for await (const row of rows) collected.push(row);
  return collected;
}

const one = (): Promise<readonly Row[]> => collect(scans.scan("SELECT 1 AS n", [], 20_000));

test("no thread runs before the first scan, and the next scan uses the same one", async () => {
  expect(started).toHaveLength(0);
  expect(await one()).toEqual([{ n: 1 }]);
  expect(await one()).toEqual([{ n: 1 }]);
  expect(started).toHaveLength(1);
});

test("a thread that was idle for long is ended, and another one does the next scan", async () => {
  await one();
  const [first] = started;
  const exited = first && once(first, "exit");
  endIdleness();
  await exited;
  expect(await one()).toEqual([{ n: 1 }]);
  expect(started).toHaveLength(2);
});

test("a scan asked for while a thread is being ended gets its answer", async () => {
  await one();
  endIdleness();
  expect(await Promise.all([one(), one(), one()])).toEqual([[{ n: 1 }], [{ n: 1 }], [{ n: 1 }]]);
});

test("a result larger than a thread's heap comes through it", async () => {
  const sql = `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 300)
    SELECT n, hex(zeroblob(500000)) AS text FROM c`;
  let bytes = 0;
  for await (const row of scans.scan(sql, [], 60_000)) bytes += String(row.text).length;
  expect(bytes).toBe(300_000_000);
});
