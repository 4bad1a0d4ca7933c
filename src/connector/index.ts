export { createGateway } from "./gateway/create-gateway.ts";
export type { Gateway } from "./gateway/gateway.ts";
export type { ConnectionHealth } from "./gateway/health.ts";
export type { GatewayClient } from "./gateway/oauth/client-registry.ts";
export type { GatewayOptions, GatewayUrls } from "./gateway/options.ts";
export type { VerifyWebhook } from "./gateway/routes/webhook-route.ts";
export type { UpstreamApp } from "./gateway/upstream-tokens.ts";
export type { McpOptions } from "./mcp/options.ts";
export { serveMcpOverHttp, serveMcpOverStdio } from "./mcp/serve.ts";
export type { McpHttpOptions, McpHttpServer } from "./mcp/serve-http.ts";
export {
  type AvailabilityAnswer,
  availability,
  availabilityOf,
  type ConnectorProduct,
  isAvailable,
  type ProductAvailability,
} from "./package/availability.ts";
export { connectorDefinition, type DefinitionOptions } from "./package/definition.ts";
export {
  type ConnectorEdition,
  type ConnectorProfile,
  connectorEditions,
  connectorProfiles,
} from "./package/editions.ts";
export {
  connectorPackage,
  type PackageFile,
  type PackageOptions,
  writeConnectorPackage,
} from "./package/export-package.ts";
export { type ConnectorMetadata, connectorMetadata, connectorTerms } from "./package/metadata.ts";
export { connectorProperties, type PropertiesOptions } from "./package/properties.ts";
export { type Trigger, type TriggerName, triggers } from "./triggers.ts";
