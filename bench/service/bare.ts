import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startScript } from "../child.ts";
import type { Contestant, Document } from "./contestant.ts";

/** node:http and prepared statements over the same documents: the bare limit. */
export async function startBare(documents: readonly Document[]): Promise<Contestant> {
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
    byId: { url, headers: {}, requests: documents.map(({ id }) => ({ path: `/${id}` })) },
    page: { url, headers: {}, requests: [{ path: "/?page" }] },
    conditional: async (pairs) => {
      const chosen = documents.filter((one) => one.status === "Active").slice(0, pairs);
      const referrals = await Promise.all(
        chosen.map(async ({ id }) => {
          const response = await fetch(`${url}/${id}`);
          return { path: `/${id}`, eTag: response.headers.get("etag") ?? "" };
        }),
      );
      return { url, headers: {}, referrals };
    },
    stop: async () => {
      await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
