import { type Clock, type Random, seededRandom } from "../runtime/index.ts";
import { type Database, openDatabase } from "../storage/index.ts";

/** The moment at which a test's clock starts. */
export const testStartMs = Date.parse("2026-05-04T08:00:00Z");

/** A clock that moves when told. */
export interface TestClock extends Clock {
  advance(milliseconds: number): void;
}

/** A clock that starts at `testStartMs`. */
export function testClock(): TestClock {
  let nowMs = testStartMs;
  return {
    now: () => nowMs,
    sleep: async (delayMs) => {
      nowMs += delayMs;
    },
    advance: (milliseconds) => {
      nowMs += milliseconds;
    },
  };
}

/** What a test looks into without knowing its shape. */
export type AnyJson = ReturnType<typeof JSON.parse>;

/** An answer of the API, its body parsed where it is JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AnyJson;
}

/** Any vendor's sandbox. */
interface AnySandbox {
  listen(port: number): Promise<string>;
  close(): Promise<void>;
}

/** A running sandbox with a caller of its own. */
export interface RunningSandbox<Sandbox> {
  readonly sandbox: Sandbox;
  readonly database: Database;
  readonly clock: TestClock;
  readonly url: string;
  readonly token: string;
  /** Calls an address below the sandbox's root, or a whole one. */
  call(
    method: string,
    target: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  close(): Promise<void>;
}

/** How a vendor's sandbox is opened for a test. */
export interface TestSandboxOptions<Sandbox> {
  /** An empty one of its own unless given. */
  readonly database: Database | undefined;
  readonly token: string;
  /** What stands between the address and the target of each call: `/services/data/v62.0`. */
  readonly root?: string;
  open(world: {
    readonly database: Database;
    readonly clock: TestClock;
    readonly random: Random;
  }): Promise<Sandbox>;
}

/** Starts a sandbox on a port of its own. */
export async function startTestSandbox<Sandbox extends AnySandbox>(
  options: TestSandboxOptions<Sandbox>,
): Promise<RunningSandbox<Sandbox>> {
  const { root = "", token } = options;
  const database = options.database ?? (await openDatabase(":memory:"));
  const clock = testClock();
  const sandbox = await options.open({ database, clock, random: seededRandom(7) });
  const url = await sandbox.listen(0);
  const call: RunningSandbox<Sandbox>["call"] = async (method, target, body, headers = {}) => {
    const address = /^https?:/.test(target) ? target : `${url}${root}/${target}`;
    const response = await fetch(address, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = (response.headers.get("content-type") ?? "").includes("json");
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== "" ? JSON.parse(text) : text,
    };
  };
  const close = async (): Promise<void> => {
    await sandbox.close();
    await database.close();
  };
  return { sandbox, database, clock, url, token, call, close };
}
