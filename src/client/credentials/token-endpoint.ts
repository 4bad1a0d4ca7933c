import { ReferralsError, retryAfterMs } from "../../contract/index.ts";
import { type Clock, type Http, HttpFailure } from "../../runtime/index.ts";
import { requireSecure } from "../endpoint.ts";
import { signInErrorOf, type TokenRefusal, tokenRefusalOf } from "./sign-in-problems.ts";

/** An app's registration at an issuer that speaks the Entra v2 endpoints. */
export interface Issuer {
  /** `https://login.microsoftonline.com/<tenant>`, or the sandbox's own address. */
  readonly authority: string;
  readonly clientId: string;
  /** Only for confidential clients; a device code needs none. */
  readonly clientSecret?: string;
}

/** What a token endpoint gave. */
export interface TokenGrant {
  readonly accessToken: string;
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
  readonly refreshToken?: string;
  /** In milliseconds since 1970, where the issuer tells it. */
  readonly refreshTokenExpiresAt?: number;
  readonly account?: string;
  /** Who signed in, where the tokens tell it. */
  readonly person?: SignedInPerson;
}

/** A person as the issuer knows them: ids that stay, whatever the account's name becomes. */
export interface SignedInPerson {
  /** The claim `tid`. */
  readonly tenantId: string;
  /** The claim `oid`, which is the same for every app. */
  readonly userId: string;
}

/** What talks to the issuer. */
export interface IssuerConnection {
  readonly issuer: Issuer;
  readonly http: Http;
  readonly clock: Clock;
}

/** The outcome of a token request: granted, or refused for a reason that a flow may handle. */
export type TokenOutcome =
  | { readonly grant: TokenGrant }
  | { readonly grant?: never; readonly refusal: TokenRefusal };

const timeoutMs = 30_000;
const sends = 3;
const pauseMs = 1_000;

/** The URL of one of the issuer's v2 endpoints. */
export function issuerUrl(issuer: Issuer, endpoint: "authorize" | "devicecode" | "token"): URL {
  const url = new URL(`${issuer.authority.replace(/\/+$/, "")}/oauth2/v2.0/${endpoint}`);
  requireSecure(url);
  return url;
}

/**
 * POSTs a form to the issuer and answers with status and document. An answer that never came, 429
 * and 5xx are tried again: a second token does no harm, and Entra doesn't end a refresh token by
 * its use. At worst an issuer whose codes and tokens serve once answers invalid_grant, and a person
 * signs in again.
 */
export async function postForm(
  connection: IssuerConnection,
  endpoint: "devicecode" | "token",
  fields: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Promise<{ readonly status: number; readonly document: unknown }> {
  const { issuer, http, clock } = connection;
  const form = new URLSearchParams({ client_id: issuer.clientId });
  if (issuer.clientSecret !== undefined && endpoint === "token") {
    form.set("client_secret", issuer.clientSecret);
  }
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined) form.set(name, value);
  const url = issuerUrl(issuer, endpoint).href;
  const request = {
    method: "POST",
    url,
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: form.toString(),
    timeoutMs,
    ...(signal ? { signal } : {}),
  } as const;
  for (let sent = 1; ; sent += 1) {
    try {
      const { status, body, headers } = await http(request);
      if (sent === sends || (status !== 429 && status < 500))
        return { status, document: parsed(body) };
      await clock.sleep(
        retryAfterMs(headers["retry-after"], clock.now()) ?? pauseMs * sent,
        signal,
      );
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      if (sent === sends) {
        throw new ReferralsError(error.kind === "unreachable" ? "unreachable" : "timeout", {
          message: `Partner Center's sign-in could not be reached: ${error.message}`,
          cause: error,
        });
      }
      await clock.sleep(pauseMs * sent, signal);
    }
  }
}

/** Asks for tokens. Throws only where no understandable answer came. */
export async function requestTokens(
  connection: IssuerConnection,
  fields: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Promise<TokenOutcome> {
  const { status, document } = await postForm(connection, "token", fields, signal);
  if (status === 200) return { grant: grantOf(document, connection.clock.now()) };
  if (status === 429 || status >= 500) {
    throw new ReferralsError("serviceNotAvailable", {
      message: "The issuer is temporarily unavailable.",
      status,
    });
  }
  return { refusal: tokenRefusalOf(status, document) };
}

/** Asks for tokens and throws the explained error of a refusal. */
export async function demandTokens(
  connection: IssuerConnection,
  fields: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Promise<TokenGrant> {
  const outcome = await requestTokens(connection, fields, signal);
  if (outcome.grant !== undefined) return outcome.grant;
  throw signInErrorOf(outcome.refusal);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function grantOf(document: unknown, now: number): TokenGrant {
  const fields = (document ?? {}) as Readonly<Record<string, unknown>>;
  const { access_token: accessToken, refresh_token: refreshToken } = fields;
  const lifetimeSeconds = Number(fields.expires_in);
  if (typeof accessToken !== "string" || !(lifetimeSeconds > 0)) {
    throw new ReferralsError("invalidAnswer", {
      message: "The issuer's answer holds no access token.",
      retryable: false,
    });
  }
  const refreshLifetimeSeconds = Number(fields.refresh_token_expires_in);
  const claims = { ...claimsOf(accessToken), ...claimsOf(fields.id_token) };
  const account = accountOf(claims);
  const person = personOf(claims);
  return {
    accessToken,
    expiresAt: now + lifetimeSeconds * 1000,
    ...(typeof refreshToken === "string" ? { refreshToken } : {}),
    ...(refreshLifetimeSeconds > 0
      ? { refreshTokenExpiresAt: now + refreshLifetimeSeconds * 1000 }
      : {}),
    ...(account === undefined ? {} : { account }),
    ...(person === undefined ? {} : { person }),
  };
}

type Claims = Readonly<Record<string, unknown>>;

/**
 * The claims of a token that came straight from the issuer, whose connection vouches for it (OpenID
 * Connect Core 3.1.3.7); what it permits is the receiver's business.
 */
function claimsOf(token: unknown): Claims {
  const payload = typeof token === "string" ? token.split(".")[1] : undefined;
  if (payload === undefined) return {};
  try {
    const bytes = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
    const text = new TextDecoder().decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
    return JSON.parse(text) as Claims;
  } catch {
    return {};
  }
}

/** The account's name, for display only. */
function accountOf(claims: Claims): string | undefined {
  const name = claims.preferred_username ?? claims.upn ?? claims.email;
  return typeof name === "string" ? name : undefined;
}

function personOf({ tid: tenantId, oid: userId }: Claims): SignedInPerson | undefined {
  if (typeof tenantId !== "string" || typeof userId !== "string") return undefined;
  return { tenantId, userId };
}
