import type { ConnectorProfile } from "./editions.ts";

/** Where the platform sends people and codes to make a connection. */
export interface OAuthAddresses {
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
  readonly scope: string;
}

/** Paths of the gateway's OAuth server. */
export const oauthPaths = {
  authorize: "/oauth/authorize",
  token: "/oauth/token",
  revoke: "/oauth/revoke",
} as const;

/** The scope that a connection asks the gateway for. */
export const connectionScope = "referrals";

const entra = "https://login.windows.net/common/oauth2";

/** The OAuth addresses of a profile; `origin` is the gateway's. */
export function oauthAddresses(profile: ConnectorProfile, origin: string): OAuthAddresses {
  if (profile === "microsoft") {
    return {
      authorizationUrl: `${entra}/authorize`,
      tokenUrl: `${entra}/token`,
      scope: "openid",
    };
  }
  return {
    authorizationUrl: `${origin}${oauthPaths.authorize}`,
    tokenUrl: `${origin}${oauthPaths.token}`,
    scope: connectionScope,
  };
}
