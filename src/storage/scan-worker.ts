// Runs one scan at a time on a thread of its own; its rows go back in batches, each on demand.
import { parentPort, workerData } from "node:worker_threads";
import type { Row, SqlValue } from "./port.ts";
import { SqliteConnection } from "./sqlite-connection.ts";

/** What the thread is started with. */
export interface ScanSetting {
  readonly path: string;
  /** One number: 1 asks a running scan to end at its next checkpoint. */
  readonly interruption: Int32Array;
}

/** What the main thread asks for. */
export type ScanRequest =
  | { readonly ask: "begin"; readonly sql: string; readonly values: readonly SqlValue[] }
  | { readonly ask: "more" }
  | { readonly ask: "end" };

/** What comes back: rows, or why there are none. */
export type ScanAnswer =
  | { readonly rows: readonly Row[]; readonly isLast: boolean }
  | { readonly failure: { readonly message: string; readonly errcode: number | undefined } };

// A result up to this size leaves in one piece, so that a slow reader of it holds no thread.
const rowsPerBatch = 1_000;
const bytesPerBatch = 4_194_304;

const { path, interruption } = workerData as ScanSetting;
const connection = SqliteConnection.openReader(path);
let rows: Iterator<Row, void, void> | undefined;

connection.defineFunction("scan_may_go_on", () => {
  if (Atomics.load(interruption, 0) === 1) throw new Error("the scan was interrupted");
  return 1;
});

function sizeOf(row: Row): number {
  let size = 0;
  for (const value of Object.values(row)) {
    size += typeof value === "string" || value instanceof Uint8Array ? value.length : 8;
  }
  return size;
}

function nextBatch(): ScanAnswer {
  const batch: Row[] = [];
  let size = 0;
  while (batch.length < rowsPerBatch && size < bytesPerBatch) {
    const next = rows?.next();
    if (next === undefined || next.done === true) {
      rows = undefined;
      return { rows: batch, isLast: true };
    }
    batch.push(next.value);
    size += sizeOf(next.value);
  }
  return { rows: batch, isLast: false };
}

function answer(request: ScanRequest): ScanAnswer {
  if (request.ask === "end") {
    rows?.return?.();
    rows = undefined;
    return { rows: [], isLast: true };
  }
  if (request.ask === "begin") rows = connection.iterate(request.sql, request.values);
  return nextBatch();
}

parentPort?.on("message", (request: ScanRequest) => {
  try {
    parentPort?.postMessage(answer(request));
  } catch (error) {
    rows = undefined;
    const { message, errcode } = error as Error & { errcode?: number };
    parentPort?.postMessage({ failure: { message, errcode } } satisfies ScanAnswer);
  }
});
