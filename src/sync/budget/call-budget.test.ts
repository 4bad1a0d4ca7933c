import { expect, test } from "vitest";
import { seededRandom } from "../../runtime/index.ts";
import { createMemoryLedger } from "../ledger/memory-ledger.ts";
import type { Priority } from "../run/runner.ts";
import { type ManualClock, manualClock } from "../small-world-suite.ts";
import { guaranteedCalls, windowMs } from "./budget-window.ts";
import { createCallBudget } from "./call-budget.ts";

const seed = Number(process.env.SEED ?? 20260101);
const classes = Object.keys(guaranteedCalls) as Priority[];

/** The most calls that any window of 60 s holds. */
function fullestWindow(calls: readonly number[]): number {
  const sorted = calls.toSorted((left, right) => left - right);
  let most = 0;
  let first = 0;
  for (const [last, at] of sorted.entries()) {
    while ((sorted[first] ?? 0) <= at - windowMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

function budgetOn(
  clock: ManualClock,
  ledger = createMemoryLedger(),
  connectionId = "one",
  callsPerMinute = 100,
) {
  return createCallBudget({ clock, ledger, quotaOwner: "tenant", connectionId, callsPerMinute });
}

/** Asks again and again until `until`; the moments at which calls were made. */
async function hammer(
  budget: ReturnType<typeof budgetOn>,
  clock: ManualClock,
  priority: Priority,
  until: number,
  made: number[],
): Promise<void> {
  while (clock.now() < until) {
    await budget.take(priority);
    if (clock.now() < until) made.push(clock.now());
  }
}

test("no window of 60 s holds more than 95 calls, whatever is asked when, across restarts and workers", async () => {
  const random = seededRandom(seed);
  const clock = manualClock();
  const ledger = createMemoryLedger();
  const made: number[] = [];
  for (let life = 0; life < 6; life += 1) {
    const workers = [budgetOn(clock, ledger), budgetOn(clock, ledger)];
    for (let round = 0; round < 40; round += 1) {
      const worker = workers[Math.floor(random.fraction() * 2)] ?? budgetOn(clock, ledger);
      const priority = classes[Math.floor(random.fraction() * classes.length)] ?? "read";
      const burst = Math.floor(random.fraction() * 20);
      for (let call = 0; call < burst; call += 1) {
        void worker.take(priority).then(() => made.push(clock.now()));
      }
      await clock.advance(Math.floor(random.fraction() * 20_000));
    }
  }
  expect(made.length, `SEED=${seed}`).toBeGreaterThan(500);
  expect(fullestWindow(made), `SEED=${seed}`).toBeLessThanOrEqual(95);
  expect(fullestWindow(made), `SEED=${seed}`).toBeGreaterThan(70);
});

test("each class gets its guaranteed calls while another takes all it can", async () => {
  for (const urgent of classes) {
    const clock = manualClock();
    const budget = budgetOn(clock);
    const greedy: Priority = urgent === "outbound" ? "backfill" : "outbound";
    const taken: number[] = [];
    void hammer(budget, clock, greedy, clock.now() + 10 * windowMs, taken);
    await clock.advance(2 * windowMs + 1_000);
    const before = clock.now();
    for (let call = 0; call < guaranteedCalls[urgent]; call += 1) {
      await budget.take(urgent);
      expect(clock.now(), `${urgent} waited`).toBe(before);
    }
  }
});

test("a class alone gets all but the guarantees of the others, in every window", async () => {
  const clock = manualClock();
  const made: number[] = [];
  const start = clock.now();
  void hammer(budgetOn(clock), clock, "outbound", start + 10 * windowMs, made);
  await clock.advance(10 * windowMs);
  const reserved = classes
    .filter((one) => one !== "outbound")
    .reduce((sum, one) => sum + guaranteedCalls[one], 0);
  expect(made.length).toBeGreaterThanOrEqual(10 * (95 - reserved));
  expect(fullestWindow(made)).toBe(95 - reserved);
});

test("under a low ceiling, too, a class alone gets most of it: what is reserved shrinks with it", async () => {
  for (const callsPerMinute of [5, 30, 50]) {
    const clock = manualClock();
    const made: number[] = [];
    const budget = budgetOn(clock, createMemoryLedger(), "one", callsPerMinute);
    void hammer(budget, clock, "audit", clock.now() + 10 * windowMs, made);
    await clock.advance(10 * windowMs);
    const limit = Math.floor(callsPerMinute * 0.95);
    expect(made.length, `of ${limit}`).toBeGreaterThanOrEqual(10 * limit * 0.6);
    expect(fullestWindow(made)).toBeLessThanOrEqual(limit);
  }
});

test("under a low ceiling no class waits for ever while another takes all it can", async () => {
  for (const waiting of classes) {
    const clock = manualClock();
    const budget = budgetOn(clock, createMemoryLedger(), "one", 12);
    const greedy: Priority = waiting === "poll" ? "audit" : "poll";
    void hammer(budget, clock, greedy, clock.now() + 10 * windowMs, []);
    await clock.advance(2 * windowMs + 1_000);
    const before = clock.now();
    await budget.take(waiting);
    expect(clock.now(), `${waiting} waited`).toBe(before);
  }
});

test("two connections of one tenant share its calls evenly, also where one began earlier", async () => {
  const clock = manualClock();
  const ledger = createMemoryLedger();
  const [early, late]: [number[], number[]] = [[], []];
  const until = clock.now() + 12 * windowMs;
  void hammer(budgetOn(clock, ledger, "early"), clock, "outbound", until, early);
  await clock.advance(2 * windowMs);
  const before = early.length;
  void hammer(budgetOn(clock, ledger, "late"), clock, "outbound", until, late);
  await clock.advance(10 * windowMs);
  const ofEarly = early.length - before;
  expect(Math.min(ofEarly, late.length) / Math.max(ofEarly, late.length)).toBeGreaterThan(0.8);
});

test("a 429 stops all classes for as long as Retry-After says and lowers the limit, which grows again", async () => {
  const clock = manualClock();
  const budget = budgetOn(clock);
  for (let call = 0; call < 40; call += 1) await budget.take("outbound");
  await budget.throttled(20_000);
  expect((await budget.view()).limit).toBe(32);
  let waited = false;
  void budget.take("interactive").then(() => {
    waited = true;
  });
  await clock.advance(19_000);
  expect(waited).toBe(false);
  // The calls that were too many must leave the window first.
  await clock.advance(windowMs - 19_000 + 10);
  expect(waited).toBe(true);
  await clock.advance(20 * windowMs);
  expect((await budget.view()).limit).toBe(95);
});

test("calls refused together teach one lesson", async () => {
  const clock = manualClock();
  const budget = budgetOn(clock);
  for (let call = 0; call < 40; call += 1) await budget.take("outbound");
  for (let answer = 0; answer < 5; answer += 1) await budget.throttled(10_000);
  expect((await budget.view()).limit).toBe(32);
});

test("a call that wasn't made after all is given back", async () => {
  const clock = manualClock();
  const budget = budgetOn(clock);
  const permit = await budget.take("outbound");
  await permit.giveBack();
  expect((await budget.view()).usedByClass).toEqual({});
});

test("a spent window lets nobody call for a minute, and a clock set back never blocks for longer than that", async () => {
  const clock = manualClock();
  const ledger = createMemoryLedger();
  await budgetOn(clock, ledger).spendWindow();
  const earlier = manualClock(clock.now() - 3_600_000);
  let isDone = false;
  void budgetOn(earlier, ledger)
    .take("interactive")
    .then(() => {
      isDone = true;
    });
  await earlier.advance(windowMs - 1_000);
  expect(isDone).toBe(false);
  await earlier.advance(2_000);
  expect(isDone).toBe(true);
});

test("an interactive call during a backfill is made within two seconds", async () => {
  const clock = manualClock();
  const budget = budgetOn(clock);
  const until = clock.now() + 5 * windowMs;
  for (let slot = 0; slot < 8; slot += 1) void hammer(budget, clock, "backfill", until, []);
  for (let minute = 1; minute < 4; minute += 1) {
    await clock.advance(windowMs);
    for (let call = 0; call < guaranteedCalls.interactive; call += 1) {
      const asked = clock.now();
      await budget.take("interactive");
      expect(clock.now() - asked).toBeLessThanOrEqual(2_000);
    }
  }
});

test("a call that is made a while after its permit counts from when it is made", async () => {
  const clock = manualClock();
  const budget = budgetOn(clock);
  const permit = await budget.take("outbound");
  await clock.advance(30_000);
  await permit.use();
  await clock.advance(windowMs - 1_000);
  expect((await budget.view()).usedByClass).toEqual({ outbound: 1 });
  await clock.advance(1_001);
  expect((await budget.view()).usedByClass).toEqual({});
});

test("a ceiling that was lowered in the settings holds from the next life on", async () => {
  const clock = manualClock();
  const ledger = createMemoryLedger();
  await budgetOn(clock, ledger, "one", 1_000).take("outbound");
  await clock.advance(2 * windowMs);
  const lowered = budgetOn(clock, ledger);
  const made: number[] = [];
  for (let call = 0; call < 200; call += 1) {
    void lowered.take("outbound").then(() => made.push(clock.now()));
  }
  await clock.advance(5 * windowMs);
  expect(made).toHaveLength(200);
  expect(fullestWindow(made)).toBeLessThanOrEqual(95);
});
