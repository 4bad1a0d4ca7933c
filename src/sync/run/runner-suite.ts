import { expect, test } from "vitest";
import type { Transaction } from "../../storage/port.ts";
import type { Priority, Runner } from "./runner.ts";

/** A runner with the durable queue that it works off, under a clock that the suite moves. */
export interface RunnerUnderTest {
  readonly runner: Runner;
  now(): number;
  advance(byMs: number): Promise<void>;
  /** Submits in a transaction that commits, or rolls back where `fails` is set. */
  submit(
    key: string,
    options?: { readonly dueAt?: Date; readonly priority?: Priority; readonly fails?: boolean },
  ): Promise<void>;
  /** A handler's own commit says that the key's work is done. */
  done(key: string): Promise<void>;
  /** A runner of a new process on the same queue. */
  restarted(): RunnerUnderTest;
}

/** What is submitted in a transaction. */
export type SubmitIn = (transaction: Transaction) => Promise<void>;

/** What every runner promises, whatever is behind it. */
export function runnerSuite(name: string, open: () => Promise<RunnerUnderTest>): void {
  test(`${name}: a submitted key runs once its transaction has committed`, async () => {
    const one = await open();
    const ran: string[] = [];
    await one.runner.start(async (key) => {
      ran.push(key);
      await one.done(key);
    });
    await one.submit("a");
    await one.submit("b", { fails: true });
    await one.advance(5_000);
    await one.runner.stop();
    expect(ran).toEqual(["a"]);
  });

  test(`${name}: one handler at a time for a key, and a submit during its run runs it again`, async () => {
    const one = await open();
    let running = 0;
    let runs = 0;
    let release: () => void = () => {};
    await one.runner.start(async (key) => {
      running += 1;
      expect(running).toBe(1);
      runs += 1;
      await one.done(key);
      if (runs === 1) await new Promise<void>((resolve) => (release = resolve));
      running -= 1;
    });
    await one.submit("a");
    await one.advance(2_000);
    await one.submit("a");
    await one.submit("a");
    await one.advance(2_000);
    expect(runs).toBe(1);
    release();
    await one.advance(2_000);
    await one.runner.stop();
    expect(runs).toBe(2);
  });

  test(`${name}: a key waits for its moment`, async () => {
    const one = await open();
    const ran: number[] = [];
    await one.runner.start(async (key) => {
      ran.push(one.now());
      await one.done(key);
    });
    const dueAt = one.now() + 30_000;
    await one.submit("a", { dueAt: new Date(dueAt) });
    await one.advance(29_000);
    expect(ran).toEqual([]);
    await one.advance(3_000);
    await one.runner.stop();
    expect(ran).toHaveLength(1);
    expect(ran[0]).toBeGreaterThanOrEqual(dueAt);
  });

  test(`${name}: the most urgent key goes first`, async () => {
    const one = await open();
    const ran: string[] = [];
    await one.submit("audit", { priority: "audit" });
    await one.submit("outbound", { priority: "outbound" });
    await one.submit("interactive", { priority: "interactive" });
    await one.runner.start(async (key) => {
      ran.push(key);
      await one.done(key);
    });
    await one.advance(5_000);
    await one.runner.stop();
    expect(ran).toEqual(["interactive", "outbound", "audit"]);
  });

  test(`${name}: a handler that fails runs again later, and keeps no other key waiting`, async () => {
    const one = await open();
    const ran: string[] = [];
    await one.runner.start(async (key) => {
      ran.push(key);
      if (key === "bad" && ran.filter((other) => other === "bad").length < 3) {
        throw new Error("not today");
      }
      await one.done(key);
    });
    await one.submit("bad");
    await one.submit("good");
    await one.advance(120_000);
    await one.runner.stop();
    expect(ran.filter((key) => key === "good")).toHaveLength(1);
    expect(ran.filter((key) => key === "bad")).toHaveLength(3);
  });

  test(`${name}: stopping waits for what runs; what was not done runs in the next process`, async () => {
    const one = await open();
    let hasFinished = false;
    let release: () => void = () => {};
    await one.runner.start(async () => {
      await new Promise<void>((resolve) => (release = resolve));
      hasFinished = true;
    });
    await one.submit("a");
    await one.advance(2_000);
    const stopping = one.runner.stop();
    await one.advance(1_000);
    release();
    await stopping;
    expect(hasFinished).toBe(true);
    const next = one.restarted();
    const ran: string[] = [];
    await next.runner.start(async (key) => {
      ran.push(key);
      await next.done(key);
    });
    await next.advance(5_000);
    await next.runner.stop();
    expect(ran).toEqual(["a"]);
  });
}
