import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** The head of an answer, and how long the whole answer was. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly bytes: number;
}

const headEnd = Buffer.from("\r\n\r\n");
const lastChunk = Buffer.from("0\r\n\r\n");

/** Where the body ends: after so many bytes, or at the last chunk. */
function bodyLengthOf(head: string, status: number): number | undefined {
  if (status === 204 || status === 304) return 0;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  return length === undefined ? undefined : Number(length);
}

/** The bytes of a request, made once and sent often. */
export function requestBytes(
  url: string,
  request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  },
): Buffer {
  const { method, path, headers, body = "" } = request;
  const lines = Object.entries({ host: new URL(url).host, ...headers });
  if (body !== "") lines.push(["content-length", String(Buffer.byteLength(body))]);
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${head}\r\n${body}`);
}

/**
 * One connection that sends prepared bytes and finds where the answer ends, and nothing more. A
 * whole HTTP client spends more on a request than the servers that are measured spend on its
 * answer: then a rate shows how fast the client is.
 */
export class RawConnection {
  readonly #socket: Socket;
  #head = "";
  #status = 0;
  #bytes = 0;
  #expected: number | undefined;
  #tail: Buffer = Buffer.alloc(0);
  #settle: ((answer: RawAnswer) => void) | undefined;
  #fail: ((error: Error) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (data) => this.#take(data));
    socket.on("error", (error) => this.#fail?.(error));
    socket.on("close", () => this.#fail?.(new Error("the server closed the connection")));
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    return new RawConnection(socket);
  }

  /** Sends one request and waits for the end of its answer. */
  exchange(request: Buffer): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#fail = undefined;
    this.#socket.destroy();
  }

  #take(data: Buffer): void {
    this.#bytes += data.length;
    if (this.#head === "") {
      const whole = this.#tail.length === 0 ? data : Buffer.concat([this.#tail, data]);
      const end = whole.indexOf(headEnd);
      this.#tail = whole;
      if (end < 0) return;
      this.#head = whole.toString("latin1", 0, end);
      this.#status = Number(this.#head.slice(9, 12));
      const length = bodyLengthOf(this.#head, this.#status);
      this.#expected = length === undefined ? undefined : end + headEnd.length + length;
    } else if (this.#expected === undefined) {
      this.#tail = Buffer.concat([this.#tail.subarray(-lastChunk.length), data]);
    }
    const isWhole =
      this.#expected === undefined
        ? this.#tail.subarray(-lastChunk.length).equals(lastChunk)
        : this.#bytes >= this.#expected;
    if (isWhole) this.#answer();
  }

  #answer(): void {
    const answer = { status: this.#status, head: this.#head, bytes: this.#bytes };
    const settle = this.#settle;
    this.#head = "";
    this.#bytes = 0;
    this.#tail = Buffer.alloc(0);
    this.#settle = undefined;
    this.#fail = undefined;
    settle?.(answer);
  }
}
