import { Agent, request } from "node:http";

/** An answer with when it was asked for and when it had come, in milliseconds of one clock. */
export interface TimedAnswer {
  readonly status: number;
  readonly connectionId: string | undefined;
  readonly retryAfterS: number;
  readonly sentAt: number;
  readonly endedAt: number;
}

/** Calls over connections that stay open; bare node:http, so that the measurement costs little. */
export interface Caller {
  get(url: string, token: string): Promise<TimedAnswer>;
  close(): void;
}

/** A caller with at most so many sockets to each host. */
export function createCaller(maxSockets: number): Caller {
  const agent = new Agent({ keepAlive: true, maxSockets });
  return {
    get: (url, token) =>
      new Promise((resolve, reject) => {
        const sentAt = performance.now();
        const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
        const call = request(url, { agent, headers }, (response) => {
          response.resume();
          response.on("error", reject);
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              connectionId: response.headers["x-connection-id"]?.toString(),
              retryAfterS: Number(response.headers["retry-after"] ?? 0),
              sentAt,
              endedAt: performance.now(),
            }),
          );
        });
        call.on("error", reject);
        call.end();
      }),
    close: () => agent.destroy(),
  };
}

/**
 * Calls `send` so many times a second for some seconds, whether or not earlier calls have ended.
 */
export async function atRate(
  perSecond: number,
  seconds: number,
  send: (number: number) => Promise<void>,
): Promise<void> {
  const total = Math.round(perSecond * seconds);
  const begun = performance.now();
  const running: Promise<void>[] = [];
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.ceil(((performance.now() - begun) / 1000) * perSecond));
    while (sent < due) {
      running.push(send(sent));
      sent += 1;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(running);
}
