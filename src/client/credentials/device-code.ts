import { ReferralsError } from "../../contract/index.ts";
import { type Clock, fetchHttp, type Http, systemClock } from "../../runtime/index.ts";
import {
  type RefreshTokenCredential,
  type RefreshTokenCredentialOptions,
  renewSignIn,
} from "./refresh-token.ts";
import { scopeOfSignIn, signInOf, signInStatusOf } from "./sign-in.ts";
import { signInErrorOf, tokenRefusalOf } from "./sign-in-problems.ts";
import { createTokenCache, nativeSignal, scopeText } from "./token-cache.ts";
import {
  type Issuer,
  type IssuerConnection,
  postForm,
  requestTokens,
  type TokenGrant,
} from "./token-endpoint.ts";
import type { TokenStore } from "./token-store-port.ts";

/** What a person needs to sign in on another device. */
export interface DeviceCodePrompt {
  readonly userCode: string;
  readonly verificationUrl: string;
  readonly expiresAt: Date;
  /** The issuer's own sentence, with code and address in it. */
  readonly message: string;
}

/** How a person is asked to sign in. */
export interface DeviceCodeOptions extends Issuer {
  readonly tokenStore: TokenStore;
  readonly scopes: string | readonly string[];
  /** Shows code and address to the person. Resolves or returns at once: it isn't a question. */
  readonly prompt: (prompt: DeviceCodePrompt) => void | Promise<void>;
  readonly http?: Http;
  readonly clock?: Clock;
  readonly abortSignal?: AbortSignal;
}

interface DeviceCode extends DeviceCodePrompt {
  readonly deviceCode: string;
  readonly intervalMs: number;
}

/**
 * RFC 8628 3.5: what a client waits between polls where the issuer names nothing, and what
 * slow_down adds.
 */
const defaultIntervalMs = 5_000;
const slowDownMs = 5_000;
const longestWaitMs = 900_000;

/**
 * Has a person sign in by the device code flow (RFC 8628) and stores the refresh token. Rejects
 * with ReferralsError `signInFailed` or `mfaRequired` if the person declines, is too late, or may
 * not.
 */
export async function signInWithDeviceCode(options: DeviceCodeOptions): Promise<void> {
  const { clock = systemClock, http = fetchHttp } = options;
  const scope = scopeText(options.scopes);
  await signIn({ issuer: options, http, clock }, scope, options, options.abortSignal);
}

/** A device-code credential's settings. */
export type DeviceCodeCredentialOptions = RefreshTokenCredentialOptions &
  Pick<DeviceCodeOptions, "prompt">;

/**
 * Creates a credential that renews itself from the store, and asks a person by device code where
 * that is not possible. For a service without a person in front of it use the refresh-token
 * credential, which reports instead of asking.
 */
export function createDeviceCodeCredential(
  options: DeviceCodeCredentialOptions,
): RefreshTokenCredential {
  const { tokenStore, clock = systemClock, http = fetchHttp } = options;
  const connection: IssuerConnection = { issuer: options, http, clock };
  const cache = createTokenCache(clock);

  async function renewOrAsk(scope: string, claims: string | undefined): Promise<TokenGrant> {
    try {
      return await renewSignIn(connection, tokenStore, scope, claims);
    } catch (error) {
      if (!needsPerson(error)) throw error;
      return signIn(connection, scope, options, undefined, claims);
    }
  }

  return {
    getToken(scopes, { abortSignal, claims } = {}) {
      const scope = scopeText(scopes);
      const signal = nativeSignal(abortSignal);
      return cache.get(scope, { abortSignal: signal, claims }, () => renewOrAsk(scope, claims));
    },
    status: async () => signInStatusOf(await tokenStore.load(), clock.now(), options),
  };
}

function needsPerson(error: unknown): boolean {
  return (
    error instanceof ReferralsError &&
    (error.code === "signInRequired" || error.code === "mfaRequired")
  );
}

async function signIn(
  connection: IssuerConnection,
  scope: string,
  options: Pick<DeviceCodeOptions, "prompt" | "tokenStore">,
  signal?: AbortSignal,
  claims?: string,
): Promise<TokenGrant> {
  const code = await askForCode(connection, scope, claims, signal);
  const { userCode, verificationUrl, expiresAt, message } = code;
  await options.prompt({ userCode, verificationUrl, expiresAt, message });
  const grant = await pollForGrant(connection, code, signal);
  const kept = signInOf(grant, connection.clock);
  if (kept !== undefined) await options.tokenStore.save(kept);
  return grant;
}

async function askForCode(
  connection: IssuerConnection,
  scope: string,
  claims: string | undefined,
  signal: AbortSignal | undefined,
): Promise<DeviceCode> {
  const fields = { scope: scopeOfSignIn(scope), claims };
  const { status, document } = await postForm(connection, "devicecode", fields, signal);
  if (status !== 200) throw signInErrorOf(tokenRefusalOf(status, document));
  const answer = (document ?? {}) as Readonly<Record<string, unknown>>;
  const { device_code: deviceCode, user_code: userCode } = answer;
  // Entra writes verification_uri; older issuers write verification_url.
  const verificationUrl = answer.verification_uri ?? answer.verification_url;
  if (
    typeof deviceCode !== "string" ||
    typeof userCode !== "string" ||
    typeof verificationUrl !== "string"
  ) {
    throw new ReferralsError("invalidAnswer", {
      message: "The issuer's answer holds no device code.",
      retryable: false,
    });
  }
  const lifetimeMs = Number(answer.expires_in) * 1000;
  const intervalMs = Number(answer.interval) * 1000;
  const fallback = `Open ${verificationUrl} and enter the code ${userCode}.`;
  return {
    deviceCode,
    userCode,
    verificationUrl,
    message: typeof answer.message === "string" ? answer.message : fallback,
    intervalMs: intervalMs > 0 ? intervalMs : defaultIntervalMs,
    expiresAt: new Date(connection.clock.now() + (lifetimeMs > 0 ? lifetimeMs : longestWaitMs)),
  };
}

async function pollForGrant(
  connection: IssuerConnection,
  code: DeviceCode,
  signal: AbortSignal | undefined,
): Promise<TokenGrant> {
  const { clock } = connection;
  let intervalMs = code.intervalMs;
  while (clock.now() < code.expiresAt.getTime()) {
    await clock.sleep(intervalMs, signal);
    const outcome = await requestTokens(
      connection,
      {
        grant_type: "urn:ietf:params:oauth:grant-type:device_code",
        device_code: code.deviceCode,
      },
      signal,
    );
    if (outcome.grant !== undefined) return outcome.grant;
    const { error } = outcome.refusal;
    if (error === "slow_down") intervalMs += slowDownMs;
    else if (error !== "authorization_pending") throw signInErrorOf(outcome.refusal);
  }
  throw signInErrorOf({ status: 0, error: "expired_token", numbers: [] });
}
