export type { Mishap, MishapTrigger } from "../mishaps.ts";
export type { SalesforceClient } from "./access.ts";
export {
  createSalesforceSandbox,
  type SalesforceSandbox,
  type SalesforceSandboxOptions,
  waitingStage,
} from "./sandbox.ts";
