import { RawConnection, requestBytes } from "./raw-connection.ts";

/** Where conditional PATCHes go: each referral has one writer, which knows its newest ETag. */
export interface ConditionalLoad {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly referrals: readonly { readonly path: string; readonly eTag: string }[];
}

/**
 * Conditional PATCHes per second, one connection a referral, each with the ETag that the one before
 * left behind. Throws where any is refused.
 */
export async function measureConditionalPatches(
  load: ConditionalLoad,
  seconds: number,
): Promise<{ readonly perSecond: number; readonly requests: number }> {
  const { url } = load;
  const open = await Promise.all(load.referrals.map(() => RawConnection.open(url)));
  const started = performance.now();
  const until = started + seconds * 1000;
  let done = 0;
  const write = async (path: string, first: string, connection?: RawConnection) => {
    let eTag = first;
    for (let turn = 0; connection && performance.now() < until; turn += 1) {
      const value = turn % 2 === 0 ? `note ${turn}` : `remark ${turn}`;
      const body = JSON.stringify([{ op: "replace", path: "/details/notes", value }]);
      const headers = { ...load.headers, "content-type": "application/json", "if-match": eTag };
      const { status, head } = await connection.exchange(
        requestBytes(url, { method: "PATCH", path, headers, body }),
      );
      const next = /\r\netag: *([^\r]*)/i.exec(head)?.[1];
      if (status >= 300 || !next) throw new Error(`PATCH answered ${status}`);
      eTag = next;
      done += 1;
    }
  };
  try {
    await Promise.all(
      load.referrals.map(({ path, eTag }, index) => write(path, eTag, open[index])),
    );
  } finally {
    for (const connection of open) connection.close();
  }
  return { perSecond: done / ((performance.now() - started) / 1000), requests: done };
}
