import { readFileSync } from "node:fs";
import { loadMapping } from "../compile-mapping.ts";
import type { Mapping } from "../mapping-port.ts";

export type { GetToken } from "../adapting/token-source.ts";
export { createDynamicsAdapter, type DynamicsAdapterOptions } from "./adapter.ts";
export {
  readColumns,
  readPicklistChoices,
  readStatusChoices,
  type StatusChoice,
} from "./describe-deals.ts";
export {
  type DynamicsInspection,
  type DynamicsSetupOptions,
  inspectDynamics,
  type MissingPart,
  prepareDynamics,
} from "./setup.ts";
export { type ClientCredentials, clientCredentialsToken } from "./token.ts";

/** Which rows are the deals. */
export type DynamicsDeals = "opportunity" | "lead";

const mappingFiles: Readonly<Record<DynamicsDeals, string>> = {
  opportunity: "mapping.yaml",
  lead: "lead-mapping.yaml",
};

/** The text of the ready mapping, to be used as it is or copied and changed. */
export function readyDynamicsMappingText(deals: DynamicsDeals = "opportunity"): string {
  return readFileSync(new URL(mappingFiles[deals], import.meta.url), "utf8");
}

/** The ready mapping for Dynamics 365, compiled. */
export function readyDynamicsMapping(deals: DynamicsDeals = "opportunity"): Mapping {
  return loadMapping(readyDynamicsMappingText(deals), `dynamics365/${mappingFiles[deals]}`);
}
