import { readFileSync } from "node:fs";
import { loadMapping } from "../compile-mapping.ts";
import type { Mapping } from "../mapping-port.ts";

export { createDynamicsAdapter, type DynamicsAdapterOptions } from "./adapter.ts";
export {
  type DynamicsInspection,
  type DynamicsSetupOptions,
  inspectDynamics,
  type MissingPart,
  prepareDynamics,
  readStatusChoices,
  type StatusChoice,
} from "./setup.ts";
export { type ClientCredentials, clientCredentialsToken } from "./token.ts";
export type { GetToken } from "./transport.ts";

/** The text of the ready mapping for Dynamics 365, to be used as it is or copied and changed. */
export function readyDynamicsMappingText(): string {
  return readFileSync(new URL("./mapping.yaml", import.meta.url), "utf8");
}

/** The ready mapping for Dynamics 365, compiled. */
export function readyDynamicsMapping(): Mapping {
  return loadMapping(readyDynamicsMappingText(), "dynamics365/mapping.yaml");
}
