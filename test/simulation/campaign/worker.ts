import { parentPort, workerData } from "node:worker_threads";
import { runShare, type Share } from "./run-share.ts";

const tally = await runShare(workerData as Share);
parentPort?.postMessage(tally);
