export type { Mishap, MishapTrigger } from "../mishaps.ts";
export type { HubSpotClient, HubSpotLimits } from "./access.ts";
export {
  createHubSpotSandbox,
  type HubSpotSandbox,
  type HubSpotSandboxOptions,
} from "./sandbox.ts";
