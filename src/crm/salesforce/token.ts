import type { Clock, Http } from "../../runtime/index.ts";
import { type GetToken, tokenSource } from "../adapting/token-source.ts";

/** A connected app's credentials, with the client credentials flow switched on. */
export interface ClientCredentials {
  readonly http: Http;
  readonly clock: Clock;
  /** `https://contoso.my.salesforce.com/services/oauth2/token`. */
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

// Salesforce doesn't say how long a session lasts; the shortest that can be set is 15 minutes.
const renewAfterMs = 14 * 60_000;

/** Gives session ids by client credentials. */
export function clientCredentialsToken(options: ClientCredentials): GetToken {
  const { clientId, clientSecret, clock, http, tokenUrl } = options;
  return tokenSource({
    ...{ http, clock, tokenUrl, renewAfterMs, name: "Salesforce's sign-in" },
    grant: {
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: clientSecret,
    },
    refused: {
      what: "Salesforce refuses the connected app",
      remedy:
        "check consumer key and secret, that the client credentials flow is on, and that a user " +
        "runs it",
    },
  });
}
