import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { host as microsoftHost } from "../../contract/index.ts";
import { availability } from "./availability.ts";
import { connectorDefinition } from "./definition.ts";
import type { ConnectorEdition, ConnectorProfile } from "./editions.ts";
import { type ConnectorMetadata, connectorMetadata } from "./metadata.ts";
import { connectorProperties, gatewayClientId, unregisteredClientId } from "./properties.ts";
import { connectorReadme } from "./readme.ts";

/** Which package is wanted. */
export interface PackageOptions {
  readonly edition?: ConnectorEdition;
  readonly profile?: ConnectorProfile;
  /** The gateway's host, with its port where it has one. */
  readonly host?: string;
  readonly scheme?: "https" | "http";
  readonly clientId?: string;
  readonly metadata?: ConnectorMetadata;
}

/** One file of a package. */
export interface PackageFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

const names = {
  definition: "apiDefinition.swagger.json",
  properties: "apiProperties.json",
  icon: "icon.png",
} as const;

/**
 * What `paconn create --settings` reads; a maker adds the environment, paconn the connector's id.
 */
const settings = {
  connectorId: "",
  environment: "",
  apiProperties: names.properties,
  apiDefinition: names.definition,
  icon: names.icon,
  script: "",
  powerAppsApiVersion: "2016-11-01",
  powerAppsUrl: "https://api.powerapps.com",
};

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 4)}\n`;

/** The files of a connector package. The same options give the same bytes. */
export async function connectorPackage(
  options: PackageOptions = {},
): Promise<readonly PackageFile[]> {
  const { edition = "specification", profile = "microsoft" } = options;
  const { host = microsoftHost, scheme = "https", metadata = connectorMetadata } = options;
  const clientId =
    options.clientId ?? (profile === "gateway" ? gatewayClientId : unregisteredClientId);
  const wanted = { edition, profile, host, scheme, clientId, metadata };
  return [
    { name: names.definition, content: json(connectorDefinition(wanted)) },
    { name: names.properties, content: json(connectorProperties(wanted)) },
    { name: names.icon, content: await readFile(new URL(names.icon, import.meta.url)) },
    { name: "readme.md", content: connectorReadme(wanted) },
    { name: "settings.json", content: json(settings) },
    { name: "availability.json", content: json(availability) },
  ];
}

/** Writes a package into a folder, which is made where it isn't there; resolves to the names. */
export async function writeConnectorPackage(
  folder: string,
  options: PackageOptions = {},
): Promise<readonly string[]> {
  const files = await connectorPackage(options);
  await mkdir(folder, { recursive: true });
  for (const { name, content } of files) await writeFile(join(folder, name), content);
  return files.map(({ name }) => name);
}
