import { type Clock, seededRandom } from "../../runtime/index.ts";
import { type Database, openDatabase } from "../../storage/index.ts";
import { createHubSpotSandbox, type HubSpotSandbox, type HubSpotSandboxOptions } from "./index.ts";

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

/** A running sandbox with a caller of its own. */
export interface TestSandbox {
  readonly sandbox: HubSpotSandbox;
  readonly database: Database;
  readonly clock: TestClock;
  readonly url: string;
  readonly token: string;
  /** Calls below the root: `crm/v3/objects/deals`. */
  call(
    method: string,
    target: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  close(): Promise<void>;
}

/** Starts a sandbox on a port of its own. */
export async function startSandbox(
  options: Partial<HubSpotSandboxOptions> = {},
): Promise<TestSandbox> {
  const database = options.database ?? (await openDatabase(":memory:"));
  const clock = testClock();
  const token = "seller-token";
  const sandbox = await createHubSpotSandbox({
    database,
    clock,
    random: seededRandom(7),
    token,
    userName: "Kim Seller",
    ...options,
  });
  const url = await sandbox.listen(0);
  const call: TestSandbox["call"] = async (method, target, body, headers = {}) => {
    const response = await fetch(`${url}/${target}`, {
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
  return {
    sandbox,
    database,
    clock,
    url,
    token,
    call,
    close: async () => {
      await sandbox.close();
      await database.close();
    },
  };
}
