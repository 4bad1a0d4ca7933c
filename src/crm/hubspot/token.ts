import type { Clock, Http } from "../../runtime/index.ts";
import { type GetToken, tokenSource } from "../adapting/token-source.ts";

/** A public app's credentials, with the refresh token that its installation gave. */
export interface RefreshCredentials {
  readonly http: Http;
  readonly clock: Clock;
  /** `https://api.hubapi.com/oauth/v1/token`. */
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
}

/** Gives tokens by a refresh token. */
export function refreshTokenSource(options: RefreshCredentials): GetToken {
  const { clientId, clientSecret, clock, http, refreshToken, tokenUrl } = options;
  return tokenSource({
    ...{ http, clock, tokenUrl, name: "HubSpot's sign-in" },
    grant: {
      grant_type: "refresh_token",
      client_id: clientId,
      client_secret: clientSecret,
      refresh_token: refreshToken,
    },
    refused: {
      what: "HubSpot refuses the app",
      remedy: "check client id, secret and refresh token, and that the app is still installed",
    },
  });
}
