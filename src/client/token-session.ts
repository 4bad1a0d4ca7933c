import type { AccessToken, TokenCredential } from "@azure/core-auth";
import type { PipelinePolicy, PipelineRequest, PipelineResponse } from "@azure/core-rest-pipeline";
import type { Clock } from "../runtime/index.ts";

/** How long before its end a token is renewed, in milliseconds. */
const renewalMarginMs = 120_000;
/** Claims that demand nothing, which is enough to go past a credential's cache. */
const anyClaims = "{}";

/**
 * Holds the access token of one client; asks the credential once, however many calls wait for the
 * answer.
 */
export interface TokenSession {
  /**
   * Signs each call. It is the pipeline's innermost policy, so that a repeated call is signed anew.
   */
  readonly policy: PipelinePolicy;
  /**
   * After a 401: true if the credential now gives another token, so that one more try makes sense.
   */
  renew(refused: PipelineResponse): Promise<boolean>;
}

/** What a token session needs. */
export interface TokenSessionOptions {
  readonly credential: TokenCredential;
  readonly scopes: readonly string[];
  readonly clock: Clock;
}

/**
 * Creates a token session. The bearer policy of core-rest-pipeline is not used because it reads the
 * machine's clock, and our simulation replays time.
 */
export function createTokenSession(options: TokenSessionOptions): TokenSession {
  const { credential, clock } = options;
  const scopes = [...options.scopes];
  let current: AccessToken | undefined;
  let asking: Promise<AccessToken> | undefined;
  let refused: { readonly token: string; readonly claims: string } | undefined;

  const renewAt = (token: AccessToken): number =>
    token.refreshAfterTimestamp ?? token.expiresOnTimestamp - renewalMarginMs;

  /** A credential's own cache doesn't know of a refusal: claims make it go past the cache. */
  async function demand(claims: string | undefined): Promise<AccessToken | null> {
    const token = await credential.getToken(scopes, claims === undefined ? {} : { claims });
    if (token === null || token.token !== refused?.token || claims !== undefined) return token;
    return credential.getToken(scopes, { claims: refused.claims });
  }

  function ask(claims?: string): Promise<AccessToken> {
    asking ??= demand(claims)
      .then((token) => {
        if (token === null) throw new TypeError("the credential gave no access token");
        current = token;
        return token;
      })
      .finally(() => {
        asking = undefined;
      });
    return asking;
  }

  async function askBeforeEnd(old: AccessToken | undefined, signal?: AbortSignal) {
    try {
      return await unlessAborted(ask(), signal);
    } catch (error) {
      // A token endpoint that is down for a minute need not stop calls that an older token still
      // covers.
      if (signal?.aborted || old === undefined || clock.now() >= old.expiresOnTimestamp)
        throw error;
      return old;
    }
  }

  /** A token can end before its time; the next call, not a hidden repeat, then asks for another. */
  function forget(token: AccessToken, challenge: string | undefined): void {
    refused = { token: token.token, claims: claimsOf(challenge) ?? anyClaims };
    if (current?.token === token.token) current = undefined;
  }

  const policy: PipelinePolicy = {
    name: "partnerReferralsToken",
    async sendRequest(request, next) {
      const token =
        current !== undefined && clock.now() < renewAt(current)
          ? current
          : await askBeforeEnd(current, abortSignalOf(request));
      request.headers.set("authorization", `Bearer ${token.token}`);
      const response = await next(request);
      if (response.status === 401) forget(token, response.headers.get("www-authenticate"));
      return response;
    },
  };

  return {
    policy,
    async renew({ request, headers }) {
      const refused = request.headers.get("authorization");
      // Another call may have met the same 401 first and brought the new token already.
      if (current !== undefined && `Bearer ${current.token}` !== refused) return true;
      current = undefined;
      const claims = claimsOf(headers.get("www-authenticate"));
      const renewed = await unlessAborted(ask(claims), abortSignalOf(request));
      return `Bearer ${renewed.token}` !== refused;
    },
  };
}

/**
 * The claims of a `WWW-Authenticate` challenge (continuous access evaluation), decoded from base64.
 */
function claimsOf(challenge: string | undefined): string | undefined {
  const encoded = /\bclaims="([A-Za-z\d+/_=-]+)"/.exec(challenge ?? "")?.[1];
  if (encoded === undefined) return undefined;
  try {
    return atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return undefined;
  }
}

/** Waits for shared work: a caller who gives up leaves the others' work alone. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  if (signal.aborted) {
    work.catch(() => {});
    return Promise.reject(signal.reason);
  }
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/**
 * The native signal of a request; core-rest-pipeline's type also admits look-alikes, which we never
 * put in.
 */
export function abortSignalOf(request: PipelineRequest): AbortSignal | undefined {
  return request.abortSignal instanceof AbortSignal ? request.abortSignal : undefined;
}
