import { Agent, request as send } from "node:http";

/** Where conditional PATCHes go: each referral has one writer, which knows its newest ETag. */
export interface ConditionalLoad {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly referrals: readonly { readonly path: string; readonly eTag: string }[];
}

interface Answer {
  readonly status: number;
  readonly eTag: string | undefined;
}

function patch(load: ConditionalLoad, agent: Agent, path: string, eTag: string, body: string) {
  return new Promise<Answer>((resolve, reject) => {
    const headers = {
      ...load.headers,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      "if-match": eTag,
    };
    const outgoing = send(`${load.url}${path}`, { method: "PATCH", agent, headers }, (incoming) => {
      incoming.resume();
      incoming.on("end", () =>
        resolve({ status: incoming.statusCode ?? 0, eTag: incoming.headers.etag }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/**
 * Conditional PATCHes per second, 16 at a time, each with the ETag that the one before left
 * behind.
 */
export async function measureConditionalPatches(
  load: ConditionalLoad,
  seconds: number,
): Promise<{ readonly perSecond: number; readonly requests: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.referrals.length });
  const until = performance.now() + seconds * 1000;
  const started = performance.now();
  let done = 0;
  const write = async (path: string, first: string): Promise<void> => {
    let eTag = first;
    for (let turn = 0; performance.now() < until; turn += 1) {
      const value = turn % 2 === 0 ? `note ${turn}` : `remark ${turn}`;
      const body = JSON.stringify([{ op: "replace", path: "/details/notes", value }]);
      const answer = await patch(load, agent, path, eTag, body);
      if (answer.status >= 300 || !answer.eTag) throw new Error(`PATCH answered ${answer.status}`);
      eTag = answer.eTag;
      done += 1;
    }
  };
  await Promise.all(load.referrals.map(({ path, eTag }) => write(path, eTag)));
  agent.destroy();
  return { perSecond: done / ((performance.now() - started) / 1000), requests: done };
}
