import { Readable } from "node:stream";
import type { Row } from "../../storage/port.ts";

const chunkLength = 65_536;

/** What stands around the elements of a streamed list. */
export interface ListFrame {
  readonly head: string;
  readonly tail: string;
}

async function* chunks(
  rows: AsyncIterable<Row>,
  toElement: (row: Row) => string | Promise<string>,
  frame: ListFrame,
): AsyncGenerator<string> {
  let text = frame.head;
  let isFirst = true;
  for await (const row of rows) {
    const made = toElement(row);
    const element = typeof made === "string" ? made : await made;
    text += isFirst ? element : `,${element}`;
    isFirst = false;
    if (text.length >= chunkLength) {
      yield text;
      text = "";
    }
  }
  yield text + frame.tail;
}

/**
 * A list as it is read, in constant memory: rows are fetched no faster than the receiver takes
 * them.
 */
export const streamList = (
  rows: AsyncIterable<Row>,
  toElement: (row: Row) => string | Promise<string>,
  frame: ListFrame,
): Readable => Readable.from(chunks(rows, toElement, frame), { objectMode: false });
