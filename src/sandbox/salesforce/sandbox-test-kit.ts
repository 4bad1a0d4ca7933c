import { type AnyJson, type RunningSandbox, startTestSandbox } from "../any-sandbox-test-kit.ts";
import {
  createSalesforceSandbox,
  type SalesforceSandbox,
  type SalesforceSandboxOptions,
} from "./index.ts";

export { type AnyJson, testClock, testStartMs } from "../any-sandbox-test-kit.ts";

/** A running sandbox; calls name what stands below `/services/data/v62.0/`. */
export interface TestSandbox extends RunningSandbox<SalesforceSandbox> {
  /** Runs a query and gives its records. */
  query(soql: string): Promise<readonly AnyJson[]>;
}

/** Starts a sandbox on a port of its own. */
export async function startSandbox(
  options: Partial<SalesforceSandboxOptions> = {},
): Promise<TestSandbox> {
  const token = "seller-token";
  const running = await startTestSandbox({
    database: options.database,
    token,
    root: "/services/data/v62.0",
    open: (world) =>
      createSalesforceSandbox({ ...world, token, userName: "Kim Seller", ...options }),
  });
  return {
    ...running,
    query: async (soql) => {
      const { body, status } = await running.call("GET", `query?q=${encodeURIComponent(soql)}`);
      if (status !== 200) throw new Error(`${soql}: ${JSON.stringify(body)}`);
      return body.records;
    },
  };
}
