import * as client from "openid-client";
import { ReferralsError } from "../../contract/index.ts";
import type { DocumentStore } from "../../storage/index.ts";
import type { OpenIdOptions, Operator } from "./access-options.ts";

const kind = "openid-sign-in";
/** Somebody who signs in has so long. */
export const signInMs = 10 * 60_000;
const callbackPath = "/api/session/callback";

interface Started {
  readonly verifier: string;
  readonly nonce: string;
}

/** Signs people in at an OpenID Connect provider, by code with PKCE. */
export interface OpenIdSignIn {
  /** Where to send the browser, and the state that its cookie must hold when it comes back. */
  start(now: number): Promise<{ readonly url: string; readonly state: string }>;
  /** Errors: accessDenied where the answer isn't the one that was asked for, or nobody is known. */
  finish(query: string, state: string): Promise<Operator>;
}

const refuse = (message: string, cause?: unknown): ReferralsError =>
  new ReferralsError("accessDenied", { message, ...(cause === undefined ? {} : { cause }) });

/** Creates the sign-in; the provider is asked for its configuration at the first use. */
export function createOpenIdSignIn(options: OpenIdOptions, store: DocumentStore): OpenIdSignIn {
  let discovered: Promise<client.Configuration> | undefined;
  const redirectUri = new URL(callbackPath, options.publicUrl).href;
  const configuration = (): Promise<client.Configuration> => {
    discovered ??= client
      .discovery(new URL(options.issuer), options.clientId, options.clientSecret, undefined, {
        execute: options.allowsHttp ? [client.allowInsecureRequests] : [],
      })
      .catch((error) => {
        discovered = undefined;
        throw error;
      });
    return discovered;
  };
  return {
    start: async (now) => {
      const verifier = client.randomPKCECodeVerifier();
      const [state, nonce] = [client.randomState(), client.randomNonce()];
      const started: Started = { verifier, nonce };
      await store.put(kind, state, JSON.stringify(started), now + signInMs);
      const url = client.buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirectUri,
        scope: "openid profile email",
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        state,
        nonce,
      });
      return { url: url.href, state };
    },
    finish: async (query, state) => {
      const text = state === "" ? undefined : await store.take(kind, state);
      if (text === undefined) throw refuse("The sign-in took too long: begin it again.");
      const { verifier, nonce } = JSON.parse(text) as Started;
      const tokens = await client
        .authorizationCodeGrant(await configuration(), new URL(`${redirectUri}${query}`), {
          pkceCodeVerifier: verifier,
          expectedState: state,
          expectedNonce: nonce,
        })
        .catch((cause: unknown) => {
          throw refuse("The provider's answer to the sign-in isn't valid: begin it again.", cause);
        });
      return operatorOf(tokens.claims() ?? {}, options);
    },
  };
}

/** Who somebody is here, by the names that the provider vouches for. */
function operatorOf(claims: Readonly<Record<string, unknown>>, options: OpenIdOptions): Operator {
  const isVouched = claims.email_verified !== false;
  const names = [isVouched ? claims.email : undefined, claims.preferred_username, claims.upn]
    .filter((name) => typeof name === "string")
    .map((name) => name.toLowerCase());
  const subject = typeof claims.sub === "string" ? claims.sub : "";
  const isOneOf = (list: readonly string[]): boolean =>
    list.includes("*") || list.some((one) => names.includes(one.toLowerCase()) || one === subject);
  const name = typeof claims.name === "string" ? claims.name : (names[0] ?? subject);
  if (isOneOf(options.operators)) return { name, role: "operator" };
  if (isOneOf(options.viewers)) return { name, role: "viewer" };
  throw refuse(`${name} is signed in, but isn't named among those who may look here.`);
}
