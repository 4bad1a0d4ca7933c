import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { Client } from "pg";
import { inject } from "vitest";

/** A PostgreSQL server that tests may make databases on. */
export interface TestPostgres {
  /** A new, empty database; its text order is a language's, not that of bytes. */
  createDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }>;
}

async function serverUrl(): Promise<{ readonly url?: string; readonly reason?: string }> {
  const given = process.env.DATABASE_URL;
  if (given) return { url: given };
  const answer = await text(connect(inject("postgresDoor")));
  return JSON.parse(answer) as { url?: string; reason?: string };
}

let counter = 0;

/**
 * The PostgreSQL of this test run: the one at DATABASE_URL, or one from npm, started on first use.
 * Undefined where there is none for this machine: use it with `describe.skipIf`, so that the tests
 * are named as skipped.
 */
export async function postgresForTests(): Promise<TestPostgres | undefined> {
  const { url, reason } = await serverUrl();
  if (url === undefined) {
    process.stderr.write(`PostgreSQL tests are skipped: ${reason}\n`);
    return undefined;
  }
  const administer = async (sql: string): Promise<void> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  return {
    async createDatabase() {
      counter += 1;
      const name = `referrals_${process.pid}_${Date.now().toString(36)}_${counter}`;
      await administer(`CREATE DATABASE ${name}`);
      return {
        url: url.replace(/\/[^/?]*(?=\?|$)/, `/${name}`),
        drop: () => administer(`DROP DATABASE ${name} WITH (FORCE)`),
      };
    },
  };
}
