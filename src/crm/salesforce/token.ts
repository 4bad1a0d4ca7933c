import type { Clock, Http } from "../../runtime/index.ts";
import { sendOnce } from "../adapting/refusal.ts";
import { CrmError } from "../port.ts";
import type { GetToken } from "./transport.ts";

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

interface Session {
  readonly token: string;
  readonly renewAtMs: number;
}

async function request(options: ClientCredentials, signal?: AbortSignal): Promise<Session> {
  const { clientId, clientSecret, clock, http, tokenUrl } = options;
  const askedAt = clock.now();
  const response = await sendOnce(
    http,
    {
      method: "POST",
      url: tokenUrl,
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: clientId,
        client_secret: clientSecret,
      }).toString(),
      ...(signal === undefined ? {} : { signal }),
    },
    { crm: "Salesforce's sign-in", isWrite: false },
  );
  if (response.status === 200) {
    const { access_token } = JSON.parse(response.body) as { access_token: string };
    return { token: access_token, renewAtMs: askedAt + renewAfterMs };
  }
  const isOurFault = response.status >= 400 && response.status < 500 && response.status !== 429;
  throw new CrmError(
    isOurFault ? "unauthorized" : "unavailable",
    isOurFault
      ? `Salesforce refuses the connected app (${response.status}); check consumer key and ` +
          "secret, that the client credentials flow is on, and that a user runs it"
      : `Salesforce's sign-in answered ${response.status}`,
  );
}

/** Gives session ids by client credentials; one is kept for a while or until it is refused. */
export function clientCredentialsToken(options: ClientCredentials): GetToken {
  let session: Session | undefined;
  let pending: Promise<Session> | undefined;
  return async ({ rejected, signal }) => {
    const isUsable =
      session !== undefined &&
      session.token !== rejected &&
      options.clock.now() < session.renewAtMs;
    if (isUsable && session) return session.token;
    try {
      pending ??= request(options, signal);
      session = await pending;
      return session.token;
    } finally {
      pending = undefined;
    }
  };
}
