import { parentPort } from "node:worker_threads";
import { seededBugs } from "../seeded-bugs.ts";
import { hunt } from "./hunt.ts";
import type { Order } from "./pool.ts";
import { runShare } from "./run-share.ts";

// Nobody reads the stacks of errors that a simulated world throws by the thousand.
Error.stackTraceLimit = 0;

parentPort?.on("message", async (order: Order) => {
  parentPort?.postMessage(await carriedOut(order));
});

function carriedOut(order: Order): Promise<unknown> {
  if (order.kind === "share") return runShare(order.share);
  const bug = seededBugs[order.bug];
  if (!bug) throw new Error(`there is no bug ${order.bug}`);
  return hunt(bug, order.options);
}
