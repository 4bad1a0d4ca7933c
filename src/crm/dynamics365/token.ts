import { type Clock, type Http, HttpFailure } from "../../runtime/index.ts";
import { CrmError } from "../port.ts";
import type { GetToken } from "./transport.ts";

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

// A token that is used in its last minutes may expire on the way.
const renewBeforeMs = 5 * 60_000;
const secondMs = 1000;

interface Token {
  readonly value: string;
  readonly renewAtMs: number;
}

async function request(
  options: ClientCredentials,
  signal: AbortSignal | undefined,
): Promise<Token> {
  const { clientId, clientSecret, clock, http, scope, tokenUrl } = options;
  const askedAt = clock.now();
  const response = await http({
    method: "POST",
    url: tokenUrl,
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: clientSecret,
      scope,
    }).toString(),
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.status === 200) {
    const { access_token, expires_in } = JSON.parse(response.body) as {
      access_token: string;
      expires_in: number;
    };
    const lifeMs = expires_in * secondMs;
    return {
      value: access_token,
      renewAtMs: askedAt + Math.max(lifeMs - renewBeforeMs, lifeMs / 2),
    };
  }
  const isOurFault = response.status >= 400 && response.status < 500 && response.status !== 429;
  throw new CrmError(
    isOurFault ? "unauthorized" : "unavailable",
    isOurFault
      ? `the identity platform refuses the application (${response.status}); check client id, ` +
          "secret and tenant, and that the application user exists in the environment"
      : `the identity platform answered ${response.status}`,
  );
}

/**
 * Gives tokens by client credentials; one is kept until shortly before it expires or until it is
 * refused.
 */
export function clientCredentialsToken(options: ClientCredentials): GetToken {
  let token: Token | undefined;
  let pending: Promise<Token> | undefined;
  return async ({ rejected, signal }) => {
    const isUsable =
      token !== undefined && token.value !== rejected && options.clock.now() < token.renewAtMs;
    if (isUsable && token) return token.value;
    try {
      pending ??= request(options, signal);
      token = await pending;
      return token.value;
    } catch (error) {
      if (error instanceof HttpFailure) {
        throw new CrmError(
          "unavailable",
          `the identity platform can't be reached: ${error.message}`,
        );
      }
      throw error;
    } finally {
      pending = undefined;
    }
  };
}
