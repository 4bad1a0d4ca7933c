import { type RunningSandbox, startTestSandbox } from "../any-sandbox-test-kit.ts";
import { createHubSpotSandbox, type HubSpotSandbox, type HubSpotSandboxOptions } from "./index.ts";

export { type AnyJson, testClock, testStartMs } from "../any-sandbox-test-kit.ts";

/** A running sandbox; calls name what stands below the root: `crm/v3/objects/deals`. */
export type TestSandbox = RunningSandbox<HubSpotSandbox>;

/** Starts a sandbox on a port of its own. */
export function startSandbox(options: Partial<HubSpotSandboxOptions> = {}): Promise<TestSandbox> {
  const token = "seller-token";
  return startTestSandbox({
    database: options.database,
    token,
    open: (world) => createHubSpotSandbox({ ...world, token, userName: "Kim Seller", ...options }),
  });
}
