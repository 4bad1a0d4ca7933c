import { expect, test } from "vitest";
import { silentLog, systemClock } from "../../../runtime/index.ts";
import { BackgroundLoop } from "./background-loop.ts";

const world = { clock: systemClock, log: silentLog };
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

test("work that is always due leaves others their turn", async () => {
  let times = 0;
  const work = async (): Promise<number> => {
    times += 1;
    return 0;
  };
  const loop = new BackgroundLoop("busy", work, world);
  loop.start();
  await turn();
  await loop.stop();
  expect(times).toBeGreaterThan(0);
});

test("it rests until the time that the work names, and can be woken before", async () => {
  let times = 0;
  const work = async (): Promise<number> => {
    times += 1;
    return 3_600_000;
  };
  const loop = new BackgroundLoop("patient", work, world);
  loop.start();
  await turn();
  expect(times).toBe(1);
  loop.wake();
  await turn();
  expect(times).toBe(2);
  await loop.stop();
});

test("a failure doesn't end it", async () => {
  let times = 0;
  const sleeps: number[] = [];
  const clock = {
    ...systemClock,
    sleep: async (delayMs: number) => {
      sleeps.push(delayMs);
      await turn();
    },
  };
  const work = async (): Promise<number> => {
    times += 1;
    throw new Error("down");
  };
  const loop = new BackgroundLoop("failing", work, { ...world, clock });
  loop.start();
  await turn();
  await turn();
  await turn();
  await loop.stop();
  expect(times).toBeGreaterThan(1);
  expect(new Set(sleeps)).toEqual(new Set([5_000]));
});
