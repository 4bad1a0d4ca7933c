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
