import type { Clock, Http } from "../../runtime/index.ts";
import { CrmError } from "../port.ts";
import { sendOnce } from "./refusal.ts";

/** Gives an access token; `rejected` is one that the CRM has just refused and that is renewed. */
export type GetToken = (options: {
  readonly signal?: AbortSignal;
  readonly rejected?: string;
}) => Promise<string>;

/** How a CRM's tokens are asked for (RFC 6749, section 3.2). */
export interface SignIn {
  readonly http: Http;
  readonly clock: Clock;
  readonly tokenUrl: string;
  /** The form's fields: the grant and the credentials. */
  readonly grant: Readonly<Record<string, string>>;
  /** Who is asked: "HubSpot's sign-in". */
  readonly name: string;
  /** Who refuses whom, and what a person checks then. */
  readonly refused: { readonly what: string; readonly remedy: string };
  /** When to renew a token whose answer doesn't say how long it lasts. */
  readonly renewAfterMs?: number;
}

interface Token {
  readonly value: string;
  readonly renewAtMs: number;
}

// A token that is used in its last minutes may expire on the way.
const renewBeforeMs = 5 * 60_000;
const secondMs = 1000;

function renewAfterMs(expiresIn: number | undefined, otherwise = 0): number {
  if (expiresIn === undefined) return otherwise;
  const lifeMs = expiresIn * secondMs;
  return Math.max(lifeMs - renewBeforeMs, lifeMs / 2);
}

async function request({ clock, grant, http, name, refused, ...options }: SignIn): Promise<Token> {
  const askedAt = clock.now();
  const response = await sendOnce(
    http,
    {
      method: "POST",
      url: options.tokenUrl,
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
      body: new URLSearchParams(grant).toString(),
    },
    { crm: name, isWrite: false },
  );
  const { status } = response;
  if (status === 200) {
    const answer = JSON.parse(response.body) as { access_token: string; expires_in?: number };
    const lastsMs = renewAfterMs(answer.expires_in, options.renewAfterMs);
    return { value: answer.access_token, renewAtMs: askedAt + lastsMs };
  }
  const isOurFault = status >= 400 && status < 500 && status !== 429;
  throw new CrmError(
    isOurFault ? "unauthorized" : "unavailable",
    isOurFault ? `${refused.what} (${status}); ${refused.remedy}` : `${name} answered ${status}`,
  );
}

/** Gives up waiting for work that others wait for too; the work goes on. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/**
 * Gives tokens; one is kept until shortly before it expires or until it is refused, and those who
 * ask meanwhile share one request. Errors: CrmError `unauthorized` or `unavailable`.
 */
export function tokenSource(signIn: SignIn): GetToken {
  let token: Token | undefined;
  let pending: Promise<Token> | undefined;
  const renew = (): Promise<Token> => {
    pending ??= request(signIn).finally(() => {
      pending = undefined;
    });
    return pending;
  };
  return async ({ rejected, signal }) => {
    const isUsable =
      token !== undefined && token.value !== rejected && signIn.clock.now() < token.renewAtMs;
    if (!isUsable || !token) token = await unlessAborted(renew(), signal);
    return token.value;
  };
}
