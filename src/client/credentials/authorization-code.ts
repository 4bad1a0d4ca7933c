import { ReferralsError } from "../../contract/index.ts";
import {
  type Clock,
  fetchHttp,
  type Http,
  type Random,
  systemClock,
  systemRandom,
} from "../../runtime/index.ts";
import { scopeOfSignIn, signInOf } from "./sign-in.ts";
import { scopeText } from "./token-cache.ts";
import { demandTokens, type Issuer, issuerUrl, type SignedInPerson } from "./token-endpoint.ts";
import type { TokenStore } from "./token-store-port.ts";

/** What an authorization code flow with PKCE needs at both of its ends. */
export interface AuthorizationCodeOptions extends Issuer {
  /** As registered with the app, such as `http://localhost:5173/signed-in`. */
  readonly redirectUrl: string;
  readonly scopes: string | readonly string[];
}

/**
 * A sign-in under way: where to send the person, and what must be kept until the person comes back.
 */
export interface AuthorizationStart {
  readonly authorizationUrl: string;
  /** Must equal the `state` that the person brings back (RFC 6749 10.12). */
  readonly state: string;
  /** Secret until the code is redeemed (RFC 7636). */
  readonly codeVerifier: string;
}

/** Prepares a sign-in: a verifier, its S256 challenge, a state, and the URL that holds both. */
export async function startAuthorization(
  options: AuthorizationCodeOptions & { readonly random?: Random; readonly loginHint?: string },
): Promise<AuthorizationStart> {
  const { random = systemRandom } = options;
  const codeVerifier = base64Url(random.bytes(32));
  const state = base64Url(random.bytes(16));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(codeVerifier));
  const url = issuerUrl(options, "authorize");
  const fields = {
    client_id: options.clientId,
    response_type: "code",
    response_mode: "query",
    redirect_uri: options.redirectUrl,
    scope: scopeOfSignIn(scopeText(options.scopes)),
    state,
    code_challenge: base64Url(new Uint8Array(digest)),
    code_challenge_method: "S256",
    ...(options.loginHint === undefined ? {} : { login_hint: options.loginHint }),
  };
  for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
  return { authorizationUrl: url.href, state, codeVerifier };
}

/** What the person brought back, and what was kept. */
export interface AuthorizationReturn extends AuthorizationCodeOptions {
  readonly start: Pick<AuthorizationStart, "state" | "codeVerifier">;
  /** The URL that the person was sent back to, with its query. */
  readonly returnedUrl: string;
  readonly tokenStore: TokenStore;
  readonly http?: Http;
  readonly clock?: Clock;
  readonly abortSignal?: AbortSignal;
}

/**
 * Redeems the returned code, stores the refresh token, and resolves to who signed in, where the
 * issuer tells it. Rejects with ReferralsError `signInFailed` where the state isn't ours or the
 * issuer returned an error instead of a code.
 */
export async function finishAuthorization(
  options: AuthorizationReturn,
): Promise<SignedInPerson | undefined> {
  const { clock = systemClock, http = fetchHttp } = options;
  const code = codeOf(options);
  const grant = await demandTokens(
    { issuer: options, http, clock },
    {
      grant_type: "authorization_code",
      code,
      redirect_uri: options.redirectUrl,
      code_verifier: options.start.codeVerifier,
      scope: scopeOfSignIn(scopeText(options.scopes)),
    },
    options.abortSignal,
  );
  const signIn = signInOf(grant, clock);
  if (signIn === undefined) {
    throw new ReferralsError("signInFailed", {
      message: "The issuer gave no refresh token: allow the app the scope offline_access.",
    });
  }
  await options.tokenStore.save(signIn);
  return grant.person;
}

function codeOf({ returnedUrl, start }: AuthorizationReturn): string {
  const returned = new URL(returnedUrl).searchParams;
  if (returned.get("state") !== start.state) {
    throw new ReferralsError("signInFailed", {
      message: "The returned state isn't the one that this sign-in began with: start again.",
    });
  }
  const code = returned.get("code");
  if (code !== null && code !== "") return code;
  const reason = returned.get("error") ?? "no code";
  throw new ReferralsError("signInFailed", {
    message: `The issuer returned no code (${/^\w{1,60}$/.test(reason) ? reason : "unknown"}).`,
  });
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
