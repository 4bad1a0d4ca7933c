import { type RunningSandbox, startTestSandbox } from "../any-sandbox-test-kit.ts";
import {
  createDynamicsSandbox,
  type DynamicsSandbox,
  type DynamicsSandboxOptions,
} from "./index.ts";

export { type AnyJson, testClock, testStartMs } from "../any-sandbox-test-kit.ts";

/** A running sandbox; calls name what stands below the Web API's root, or a whole link. */
export type TestSandbox = RunningSandbox<DynamicsSandbox>;

/** Starts a sandbox on a port of its own. */
export function startSandbox(options: Partial<DynamicsSandboxOptions> = {}): Promise<TestSandbox> {
  const token = "engine-token";
  return startTestSandbox({
    database: options.database,
    token,
    open: (world) => createDynamicsSandbox({ ...world, token, keyIndexDelayMs: 0, ...options }),
  });
}
