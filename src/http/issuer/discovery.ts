import { type IssuerSettings, issuerOfTenant } from "./settings.ts";

/**
 * The OpenID Connect discovery document of a tenant; without one, as Entra does, with a place to
 * put it.
 */
export function discoveryDocument(
  settings: IssuerSettings,
  tenant: string | undefined,
): Readonly<Record<string, unknown>> {
  const base = settings.baseUrl();
  const below = tenant === undefined ? base : `${base}/${tenant}`;
  const isOneTenant = tenant !== undefined && tenant !== "common" && tenant !== "organizations";
  return {
    issuer: issuerOfTenant(settings, isOneTenant ? tenant : "{tenantid}"),
    authorization_endpoint: `${below}/oauth2/v2.0/authorize`,
    token_endpoint: `${below}/oauth2/v2.0/token`,
    device_authorization_endpoint: `${below}/oauth2/v2.0/devicecode`,
    jwks_uri: `${below}/discovery/v2.0/keys`,
    response_types_supported: ["code"],
    response_modes_supported: ["query", "fragment"],
    grant_types_supported: [
      "authorization_code",
      "refresh_token",
      "client_credentials",
      "urn:ietf:params:oauth:grant-type:device_code",
    ],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic", "none"],
    code_challenge_methods_supported: ["S256"],
    scopes_supported: [
      "openid",
      "profile",
      "offline_access",
      ...settings.resources.map((resource) => `${resource}/.default`),
    ],
    claims_supported: ["iss", "aud", "exp", "iat", "sub", "oid", "tid", "name", "nonce"],
  };
}
