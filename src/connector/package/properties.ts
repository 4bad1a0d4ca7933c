import { host as microsoftHost } from "../../contract/index.ts";
import type { ConnectorProfile } from "./editions.ts";
import { type ConnectorMetadata, connectorMetadata } from "./metadata.ts";
import { oauthAddresses } from "./oauth-addresses.ts";
import type { SwaggerObject } from "./record-schema.ts";

/** What apiProperties.json is made of. */
export interface PropertiesOptions {
  readonly profile?: ConnectorProfile;
  readonly host?: string;
  readonly scheme?: "https" | "http";
  /** The app that the platform signs people in as. */
  readonly clientId?: string;
  readonly metadata?: ConnectorMetadata;
}

/** Where Power Platform receives authorization codes. */
export const consentRedirectUrl = "https://global.consent.azure-apim.net/redirect";

/** The client id that a gateway knows Power Platform by, unless another is configured. */
export const gatewayClientId = "power-platform";

/** Stands for an app registration that the maker has yet to make. */
export const unregisteredClientId = "00000000-0000-0000-0000-000000000000";

const value = (text: string): SwaggerObject => ({ value: text });

function entraSettings(clientId: string, resource: string): SwaggerObject {
  return {
    identityProvider: "aad",
    clientId,
    scopes: ["openid"],
    redirectMode: "Global",
    redirectUrl: consentRedirectUrl,
    properties: { IsFirstParty: "False", AzureActiveDirectoryResourceId: resource },
    customParameters: {
      loginUri: value("https://login.windows.net"),
      tenantId: value("common"),
      resourceUri: value(resource),
    },
  };
}

function gatewaySettings(clientId: string, origin: string): SwaggerObject {
  const { authorizationUrl, tokenUrl, scope } = oauthAddresses("gateway", origin);
  return {
    identityProvider: "oauth2",
    clientId,
    scopes: [scope],
    redirectMode: "Global",
    redirectUrl: consentRedirectUrl,
    properties: { IsFirstParty: "False" },
    customParameters: {
      authorizationUrl: value(authorizationUrl),
      tokenUrl: value(tokenUrl),
      refreshUrl: value(tokenUrl),
    },
  };
}

const tenantOfToken: SwaggerObject = {
  type: "string",
  metadata: { sourceType: "AzureActiveDirectoryTenant" },
  uiDefinition: { constraints: { required: "false", hidden: "true" } },
};

/** apiProperties.json: how a connection is made, and how the connector looks. */
export function connectorProperties(options: PropertiesOptions = {}): SwaggerObject {
  const { profile = "microsoft", scheme = "https", host = microsoftHost } = options;
  const { metadata = connectorMetadata } = options;
  const origin = `${scheme}://${host}`;
  const oAuthSettings =
    profile === "microsoft"
      ? entraSettings(options.clientId ?? unregisteredClientId, origin)
      : gatewaySettings(options.clientId ?? gatewayClientId, origin);
  return {
    properties: {
      connectionParameters: {
        token: { type: "oauthSetting", oAuthSettings },
        ...(profile === "microsoft" ? { "token:TenantId": tenantOfToken } : {}),
      },
      iconBrandColor: metadata.iconBrandColor,
      capabilities: [],
      publisher: metadata.publisher,
      stackOwner: metadata.publisher,
    },
  };
}
