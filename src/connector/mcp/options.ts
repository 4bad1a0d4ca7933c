import type { ReferralsClient } from "../../client/index.ts";
import type { Clock, Http, Log, Random } from "../../runtime/index.ts";

/** What an MCP server offers, and by what means. */
export interface McpOptions {
  readonly client: ReferralsClient;
  /** The operator's API of a running sync, without a slash at its end; no sync tools without it. */
  readonly operationsUrl?: string;
  /** What admits to that API, where it asks for a sign-in. */
  readonly operationsToken?: string;
  /** True: no tool that changes anything is offered. */
  readonly isReadOnly?: boolean;
  readonly version?: string;
  readonly http?: Http;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
}
