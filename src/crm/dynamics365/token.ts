import type { Clock, Http } from "../../runtime/index.ts";
import { type GetToken, tokenSource } from "../adapting/token-source.ts";

/** An application user's credentials at Microsoft's identity platform. */
export interface ClientCredentials {
  readonly http: Http;
  readonly clock: Clock;
  /** `https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token`. */
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** `https://contoso.crm.dynamics.com/.default`. */
  readonly scope: string;
}

/** Gives tokens by client credentials. */
export function clientCredentialsToken(options: ClientCredentials): GetToken {
  const { clientId, clientSecret, clock, http, scope, tokenUrl } = options;
  return tokenSource({
    ...{ http, clock, tokenUrl, name: "the identity platform" },
    grant: {
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: clientSecret,
      scope,
    },
    refused: {
      what: "the identity platform refuses the application",
      remedy:
        "check client id, secret and tenant, and that the application user exists in the " +
        "environment",
    },
  });
}
