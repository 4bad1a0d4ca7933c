// Vitest's global setup: hands out one PostgreSQL for the whole run, started when a test first asks
// for it, stopped with the run.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The socket that answers with `{url}` or `{reason}`. */
    postgresDoor: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "referrals-door-"));
  const door =
    process.platform === "win32" ? `\\\\.\\pipe\\${folder.slice(-20)}` : join(folder, "door");
  let starting: Promise<PostgresServer> | undefined;
  const server = createServer((socket) => {
    starting ??= startPostgres();
    starting.then(
      ({ url }) => socket.end(JSON.stringify({ url })),
      (error: Error) => socket.end(JSON.stringify({ reason: error.message })),
    );
  });
  await new Promise<void>((resolve) => server.listen(door, resolve));
  project.provide("postgresDoor", door);
  return async () => {
    server.close();
    await starting?.then(
      (postgres) => postgres.stop(),
      () => {},
    );
    if (existsSync(folder)) rmSync(folder, { recursive: true });
  };
}
