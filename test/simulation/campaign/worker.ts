import { parentPort, workerData } from "node:worker_threads";
import { type HuntOptions, huntShare } from "./hunt.ts";
import { runShare, type Share } from "./run-share.ts";

/** What a thread is asked to do. */
export type Order =
  | { readonly kind: "share"; readonly share: Share }
  | {
      readonly kind: "hunt";
      readonly first: number;
      readonly stride: number;
      readonly options: HuntOptions;
    };

// Nobody reads the stacks of errors that a simulated world throws by the thousand.
Error.stackTraceLimit = 0;

const order = workerData as Order;
parentPort?.postMessage(
  order.kind === "share"
    ? await runShare(order.share)
    : await huntShare(order.first, order.stride, order.options),
);
