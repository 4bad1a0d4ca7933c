import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Client } from "pg";
import { expect, test } from "vitest";
import { installedBinaries, startPostgres } from "../postgres-server.ts";

const installed = installedBinaries();

test.skipIf(installed === undefined)(
  "binaries that the server's user can't reach, and whose links are missing, are copied and mended",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "referrals-hidden-"));
    const native = join(folder, "native");
    cpSync(installed ?? "", native, {
      recursive: true,
      filter: (source) => !isLinkName(basename(source)),
    });
    chmodSync(folder, 0o700);
    const server = await startPostgres(native);
    const client = new Client({ connectionString: server.url });
    await client.connect();
    const { rows } = await client.query("SELECT 'a' < 'B' AS by_language");
    expect(rows).toEqual([{ by_language: true }]);
    await client.end();
    await server.stop();
    expect(existsSync(decodeURIComponent(new URL(server.url).hostname))).toBe(false);
    rmSync(folder, { recursive: true });
  },
);

/** The names that npm leaves out because they are symbolic links. */
function isLinkName(name: string): boolean {
  const list = readFileSync(join(installed ?? "", "pg-symlinks.json"), "utf8");
  const links = JSON.parse(list) as readonly { target: string }[];
  return links.some(({ target }) => basename(target) === name);
}

test("a machine without binaries is told so", async () => {
  await expect(startPostgres(join(tmpdir(), "nowhere"))).rejects.toThrow();
});
