import type { Clock, Http } from "../../runtime/index.ts";
import { sendOnce } from "../adapting/refusal.ts";
import { CrmError } from "../port.ts";
import type { GetToken } from "./transport.ts";

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

// A token that is used in its last minutes may expire on the way.
const renewBeforeMs = 5 * 60_000;
const secondMs = 1000;

interface Token {
  readonly value: string;
  readonly renewAtMs: number;
}

async function request(options: RefreshCredentials, signal?: AbortSignal): Promise<Token> {
  const { clientId, clientSecret, clock, http, refreshToken, tokenUrl } = options;
  const askedAt = clock.now();
  const response = await sendOnce(
    http,
    {
      method: "POST",
      url: tokenUrl,
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
      body: new URLSearchParams({
        grant_type: "refresh_token",
        client_id: clientId,
        client_secret: clientSecret,
        refresh_token: refreshToken,
      }).toString(),
      ...(signal === undefined ? {} : { signal }),
    },
    { crm: "HubSpot's sign-in", isWrite: false },
  );
  if (response.status === 200) {
    const { access_token, expires_in } = JSON.parse(response.body) as {
      access_token: string;
      expires_in: number;
    };
    const lifeMs = expires_in * secondMs;
    const renewAtMs = askedAt + Math.max(lifeMs - renewBeforeMs, lifeMs / 2);
    return { value: access_token, renewAtMs };
  }
  const isOurFault = response.status >= 400 && response.status < 500 && response.status !== 429;
  throw new CrmError(
    isOurFault ? "unauthorized" : "unavailable",
    isOurFault
      ? `HubSpot refuses the app (${response.status}); check client id, secret and refresh ` +
          "token, and that the app is still installed"
      : `HubSpot's sign-in answered ${response.status}`,
  );
}

/** Gives tokens by a refresh token; one is kept until shortly before it expires or is refused. */
export function refreshTokenSource(options: RefreshCredentials): GetToken {
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
    } finally {
      pending = undefined;
    }
  };
}
