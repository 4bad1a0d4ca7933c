import { readFileSync } from "node:fs";
import { loadMapping } from "../compile-mapping.ts";
import type { Mapping } from "../mapping-port.ts";

export type { GetToken } from "../adapting/token-source.ts";
export { createHubSpotAdapter, type HubSpotAdapterOptions } from "./adapter.ts";
export {
  type HubSpotFieldInfo,
  type HubSpotSetupOptions,
  inspectHubSpot,
  prepareHubSpot,
  readHubSpotFields,
  suggestHubSpotMapping,
} from "./setup.ts";
export { type RefreshCredentials, refreshTokenSource } from "./token.ts";
export { type HubSpotWebhookOptions, hubSpotWebhook } from "./webhook.ts";

/** The text of the ready mapping, to be used as it is or copied and changed. */
export function readyHubSpotMappingText(): string {
  return readFileSync(new URL("mapping.yaml", import.meta.url), "utf8");
}

/** The ready mapping for HubSpot, compiled. */
export function readyHubSpotMapping(): Mapping {
  return loadMapping(readyHubSpotMappingText(), "hubspot/mapping.yaml");
}
