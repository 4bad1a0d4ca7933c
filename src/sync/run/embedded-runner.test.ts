import { expect, test } from "vitest";
import { silentLog } from "../../runtime/index.ts";
import type { Transaction } from "../../storage/port.ts";
import type { EngineContext } from "../engine-context.ts";
import { createMemoryLedger, type MemoryLedger } from "../ledger/memory-ledger.ts";
import { newPair } from "../pair/new-pair.ts";
import type { Pair } from "../pair/pair.ts";
import { dueSooner } from "../pair/pair-state.ts";
import { type ManualClock, manualClock, settled } from "../small-world-suite.ts";
import { createEmbeddedRunner } from "./embedded-runner.ts";
import { type RunnerUnderTest, runnerSuite } from "./runner-suite.ts";

/** The ledger's due index is the queue: a key is a pair's id. */
function runnerOn(ledger: MemoryLedger, clock: ManualClock, concurrency = 1): RunnerUnderTest {
  const runner = createEmbeddedRunner({
    clock,
    log: silentLog,
    queue: ledger,
    concurrency,
    idleMs: 1_000,
  });
  const random = { uuid: () => "", fraction: () => 0, bytes: () => new Uint8Array() };
  const blank = newPair({ clock, random } as unknown as EngineContext, "crm", 1);
  const change = async (id: string, due: (pair: Pair) => Pair["due"]): Promise<void> => {
    const pair = (await ledger.pair(id)) ?? { ...blank, id };
    await ledger.commit({ pairs: [{ ...pair, due: due(pair) }] });
  };
  return {
    runner,
    now: () => clock.now(),
    advance: (byMs) => clock.advance(byMs),
    submit: async (key, { dueAt, priority = "read", fails } = {}) => {
      if (fails) return;
      const at = dueAt?.getTime() ?? clock.now();
      await change(key, (pair) => dueSooner(pair.due, at, priority));
      await runner.submit(key, { transaction: {} as Transaction, priority });
    },
    done: (key) => change(key, () => undefined),
    restarted: () => runnerOn(ledger, clock, concurrency),
  };
}

runnerSuite("embedded", async () => runnerOn(createMemoryLedger(), manualClock()));

test("a person's request finds a slot while all others are taken", async () => {
  const clock = manualClock();
  const one = runnerOn(createMemoryLedger(), clock, 2);
  const started: string[] = [];
  await one.runner.start(async (key) => {
    started.push(key);
    await one.done(key);
    if (key !== "person") await clock.sleep(60_000);
  });
  for (const key of ["a", "b", "c"]) await one.submit(key, { priority: "outbound" });
  await settled();
  await one.submit("person", { priority: "interactive" });
  await clock.advance(100);
  expect(started).toEqual(["a", "b", "person"]);
  await clock.advance(200_000);
  const stopping = one.runner.stop();
  await clock.advance(200_000);
  await stopping;
});

test("a key that stays due whatever is done is put off, and told", async () => {
  const clock = manualClock();
  const told: string[] = [];
  const error = (_fields: object, message: string) => void told.push(message);
  const runner = createEmbeddedRunner({
    clock,
    log: { ...silentLog, error },
    queue: {
      due: async () => [{ pairId: "stuck", at: 0, priority: "read" as const }],
      nextDueAt: async () => clock.now(),
    },
    concurrency: 1,
    idleMs: 1_000,
  });
  let runs = 0;
  await runner.start(async () => {
    runs += 1;
  });
  for (let turn = 0; turn < 20 && told.length === 0; turn += 1) await settled();
  expect(told).toEqual(["a unit of work crashed and is put off"]);
  expect(runs).toBe(201);
  const stopping = runner.stop();
  await clock.advance(1_000);
  await stopping;
});
