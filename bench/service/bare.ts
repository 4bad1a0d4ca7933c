import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startScript } from "../child.ts";
import type { Contestant, Document } from "./contestant.ts";

/**
 * node:http and prepared statements over the same documents: the bare limit. It is sent the very
 * bytes that ours is sent, path and token included, and passes over what it doesn't need.
 */
export async function startBare(
  documents: readonly Document[],
  asked: Pick<Contestant, "byId" | "page">,
): Promise<Contestant> {
  const folder = mkdtempSync(join(tmpdir(), "partner-referrals-bare-"));
  const file = join(folder, "documents.jsonl");
  writeFileSync(file, documents.map((document) => JSON.stringify(document)).join("\n"));
  const child = await startScript("bench/service/bare-server.ts", [
    join(folder, "bare.sqlite"),
    file,
  ]);
  const url = `http://127.0.0.1:${child.firstLine}`;
  return {
    name: "bare node:http",
    processId: child.process.pid ?? 0,
    byId: { ...asked.byId, url },
    page: { ...asked.page, url },
    conditional: async (pairs) => {
      const { headers, requests } = asked.byId;
      const chosen = requests.filter((_, place) => documents[place]?.status === "Active");
      const referrals = await Promise.all(
        chosen.slice(0, pairs).map(async ({ path }) => {
          const response = await fetch(url + path);
          return { path, eTag: response.headers.get("etag") ?? "" };
        }),
      );
      return { url, headers, referrals };
    },
    stop: async () => {
      await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
