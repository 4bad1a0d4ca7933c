import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** One notification as a flow receives it. */
export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A stand-in for flows: receives notifications, answers as told. */
export interface CallbackReceiver {
  readonly url: string;
  readonly received: Received[];
  /** The status of the next answers; 202 once they are used up. */
  readonly answers: number[];
  /** Resolves once so many have come to a path, and rejects when that takes too long. */
  until(count: number, path?: string): Promise<readonly Received[]>;
  close(): Promise<void>;
}

const patienceMs = 15_000;
const glanceMs = 10;

/** Starts a receiver on loopback. */
export async function receiveCallbacks(): Promise<CallbackReceiver> {
  const received: Received[] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      received.push({ path: request.url ?? "", headers: request.headers, text });
      response.writeHead(answers.shift() ?? 202).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    answers,
    until: async (count, path) => {
      const matching = () => received.filter((one) => path === undefined || one.path === path);
      const end = Date.now() + patienceMs;
      while (matching().length < count) {
        if (Date.now() > end) {
          throw new Error(`${matching().length} of ${count} notifications came to ${path}`);
        }
        await new Promise((resolve) => setTimeout(resolve, glanceMs));
      }
      return matching();
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** True where a notification was signed with a secret, by the Standard Webhooks specification. */
export function isSignedWith(secret: string, { headers, text }: Received): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${text}`;
  const expected = createHmac("sha256", key).update(signed).digest("base64");
  return headers["webhook-signature"] === `v1,${expected}`;
}
