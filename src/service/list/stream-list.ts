import { Readable } from "node:stream";
import type { Row } from "../../storage/port.ts";
import { type JsonPart, joinParts } from "../json-parts.ts";

const chunkBytes = 65_536;

/** What stands around the elements of a streamed list. */
export interface ListFrame {
  readonly head: string;
  readonly tail: string;
}

/** Adds a row's element to the pieces that will be sent; waits only where it must. */
export type PushElement = (parts: JsonPart[], row: Row) => Promise<void> | undefined;

async function* chunks(
  rows: AsyncIterable<Row>,
  pushElement: PushElement,
  frame: ListFrame,
): AsyncGenerator<Buffer> {
  let parts: JsonPart[] = [frame.head];
  let size = 0;
  let isFirst = true;
  for await (const row of rows) {
    if (!isFirst) parts.push(",");
    isFirst = false;
    const before = parts.length;
    const waiting = pushElement(parts, row);
    if (waiting) await waiting;
    for (let index = before; index < parts.length; index += 1) size += parts[index]?.length ?? 0;
    if (size >= chunkBytes) {
      yield joinParts(parts);
      parts = [];
      size = 0;
    }
  }
  parts.push(frame.tail);
  yield joinParts(parts);
}

/**
 * A list as it is read, in constant memory: rows are fetched no faster than the receiver takes
 * them.
 */
export const streamList = (
  rows: AsyncIterable<Row>,
  pushElement: PushElement,
  frame: ListFrame,
): Readable => Readable.from(chunks(rows, pushElement, frame), { objectMode: false });
