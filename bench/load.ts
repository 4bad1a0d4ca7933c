import { RawConnection, requestBytes } from "./raw-connection.ts";

/** One kind of request at one server. `requests` are sent in turn. */
export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requests: readonly { readonly path: string }[];
}

/** What one measurement saw. */
export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  /** Of one answer, head and body, on average. */
  readonly bytes: number;
}

const connections = 16;

/** Sends GETs for some seconds over 16 connections. Throws where any answer isn't 200. */
export async function measureLoad(load: Load, seconds: number): Promise<LoadResult> {
  const { url, headers } = load;
  const requests = load.requests.map(({ path }) =>
    requestBytes(url, { method: "GET", path, headers }),
  );
  const open = await Promise.all(
    Array.from({ length: connections }, () => RawConnection.open(url)),
  );
  const started = performance.now();
  const until = started + seconds * 1000;
  let sent = 0;
  let done = 0;
  let bytes = 0;
  const run = async (connection: RawConnection): Promise<void> => {
    while (performance.now() < until) {
      const request = requests[sent % requests.length];
      sent += 1;
      if (!request) throw new Error("there is nothing to send");
      const answer = await connection.exchange(request);
      if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
      done += 1;
      bytes += answer.bytes;
    }
  };
  try {
    await Promise.all(open.map(run));
  } finally {
    for (const connection of open) connection.close();
  }
  const perSecond = done / ((performance.now() - started) / 1000);
  return { requests: done, perSecond, bytes: Math.round(bytes / done) };
}
