import { connect } from "node:net";
import { buffer } from "node:stream/consumers";

/** A call whose every byte the test chooses. */
export interface RawCall {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Buffer;
}

/** What came back; `status` is 0 where the connection ended without an answer. */
export interface RawReply {
  readonly status: number;
  readonly body: string;
  /** False where an answer broke off before its end. */
  readonly isWhole: boolean;
}

function bodyOf(head: string, rest: string): Pick<RawReply, "body" | "isWhole"> {
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length !== undefined) return { body: rest, isWhole: rest.length === Number(length) };
  if (!/\r\ntransfer-encoding: chunked/i.test(head)) return { body: rest, isWhole: true };
  return { body: rest, isWhole: rest.endsWith("0\r\n\r\n") };
}

/** Sends bytes over a connection of their own and reads until the server closes it. */
export async function sendRaw(url: string, call: RawCall): Promise<RawReply> {
  const { hostname, port, host } = new URL(url);
  const { body = Buffer.alloc(0) } = call;
  const headers = [["host", host], ["connection", "close"], ...call.headers];
  if (call.body) headers.push(["content-length", String(body.length)]);
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = `${call.method} ${call.target} HTTP/1.1\r\n${lines}\r\n`;
  const socket = connect(Number(port), hostname);
  socket.write(Buffer.concat([Buffer.from(head, "latin1"), body]));
  const answer = (await buffer(socket)).toString("latin1");
  const end = answer.indexOf("\r\n\r\n");
  if (end < 0) return { status: 0, body: "", isWhole: false };
  const answered = answer.slice(0, end);
  return { status: Number(answered.slice(9, 12)), ...bodyOf(answered, answer.slice(end + 4)) };
}
