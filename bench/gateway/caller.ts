import { RawConnection, requestBytes } from "../raw-connection.ts";

/** An answer with when it was asked for and when it had come, in milliseconds of one clock. */
export interface TimedAnswer {
  readonly status: number;
  /** What the answer's head says; looked at only where it matters. */
  readonly head: string;
  readonly sentAt: number;
  readonly endedAt: number;
}

/** Calls one server over connections that stay open. */
export interface Caller {
  send(request: Buffer): Promise<TimedAnswer>;
  close(): void;
}

/** The bytes of a read with a token. */
export function readWith(token: string, url: string): Buffer {
  const { pathname: path } = new URL(url);
  const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
  return requestBytes(url, { method: "GET", path, headers });
}

/** The value of a header; undefined where the head has none. */
export function headerOf({ head }: TimedAnswer, name: string): string | undefined {
  return new RegExp(`\r\n${name}: *([^\r]*)`, "i").exec(head)?.[1];
}

/** A caller that opens at most so many connections to a server, as they are needed. */
export function createCaller(url: string, maxConnections: number): Caller {
  const all: RawConnection[] = [];
  const idle: RawConnection[] = [];
  const waiting: ((connection: RawConnection) => void)[] = [];
  let opened = 0;

  const free = async (): Promise<RawConnection> => {
    // The one that has rested longest: none rests so long that the server closes it.
    const one = idle.shift();
    if (one) return one;
    if (opened >= maxConnections) return new Promise((resolve) => waiting.push(resolve));
    opened += 1;
    const connection = await RawConnection.open(url);
    all.push(connection);
    return connection;
  };
  const release = (connection: RawConnection): void => {
    const next = waiting.shift();
    if (next) next(connection);
    else idle.push(connection);
  };
  return {
    async send(request) {
      const connection = await free();
      const sentAt = performance.now();
      const { status, head } = await connection.exchange(request);
      release(connection);
      return { status, head, sentAt, endedAt: performance.now() };
    },
    close: () => {
      for (const connection of all) connection.close();
    },
  };
}

/** More calls than these at once mean that the system can't keep up: then some are left out. */
const mostRunning = 2_000;

/**
 * Calls `send` so many times a second for some seconds, whether or not earlier calls have ended;
 * what falls due within `everyMs` together. Resolves to how many were left out because too many
 * were under way.
 */
export async function atRate(
  perSecond: number,
  seconds: number,
  send: (number: number) => Promise<void>,
  everyMs = 1,
): Promise<number> {
  const total = Math.round(perSecond * seconds);
  const begun = performance.now();
  const running = new Set<Promise<void>>();
  let leftOut = 0;
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.ceil(((performance.now() - begun) / 1000) * perSecond));
    for (; sent < due; sent += 1) {
      if (running.size >= mostRunning) {
        leftOut += 1;
        continue;
      }
      const call = send(sent).finally(() => running.delete(call));
      running.add(call);
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  await Promise.all(running);
  return leftOut;
}
