import type { Clock } from "../../runtime/index.ts";
import type { TokenGrant } from "./token-endpoint.ts";
import type { StoredSignIn, TokenStore } from "./token-store-port.ts";

const dayMs = 86_400_000;

/** How long the stored sign-in will last. */
export interface SignInStatus {
  readonly isSignedIn: boolean;
  readonly account?: string;
  readonly signedInAt?: Date;
  /** When the refresh token dies unless use renews it; an estimate where the issuer doesn't say. */
  readonly expiresAt?: Date;
  /** Whole days left, never below 0. */
  readonly daysLeft?: number;
  readonly expiresSoon: boolean;
}

/** How the end of a sign-in is judged. */
export interface SignInLifetime {
  /**
   * Days that an unused refresh token lives where the issuer doesn't say. Default 90, as in Entra.
   */
  readonly refreshTokenLifetimeDays?: number;
  /** From how many days before its end a sign-in is reported as expiring soon. Default 14. */
  readonly warnDays?: number;
}

/** The scope of a renewal: the same, and a new refresh token. */
export function scopeOfRenewal(scope: string): string {
  return withScopes(scope, ["offline_access"]);
}

/** The scope of a person's sign-in: also an id token, which tells the account's name. */
export function scopeOfSignIn(scope: string): string {
  return withScopes(scope, ["openid", "profile", "offline_access"]);
}

function withScopes(scope: string, more: readonly string[]): string {
  return [...new Set([...scope.split(" "), ...more])].filter((part) => part !== "").join(" ");
}

/**
 * What is kept of the first grant after a person has signed in; undefined where it can't be
 * renewed.
 */
export function signInOf(grant: TokenGrant, clock: Clock): StoredSignIn | undefined {
  if (grant.refreshToken === undefined) return undefined;
  const now = clock.now();
  return {
    refreshToken: grant.refreshToken,
    issuedAt: now,
    signedInAt: now,
    ...(grant.refreshTokenExpiresAt === undefined
      ? {}
      : { expiresAt: grant.refreshTokenExpiresAt }),
    ...(grant.account === undefined ? {} : { account: grant.account }),
  };
}

/**
 * Stores the refresh token of a renewal before anybody uses its access token, so that a crash can't
 * lose a token that the issuer has already rotated.
 */
export async function keepRenewal(
  tokenStore: TokenStore,
  before: StoredSignIn,
  grant: TokenGrant,
  clock: Clock,
): Promise<TokenGrant> {
  const renewed = signInOf(grant, clock);
  if (renewed === undefined) return grant;
  const account = renewed.account ?? before.account;
  await tokenStore.save({
    ...renewed,
    signedInAt: before.signedInAt,
    ...(account === undefined ? {} : { account }),
  });
  return grant;
}

/** Tells how long a stored sign-in will last. */
export function signInStatusOf(
  signIn: StoredSignIn | undefined,
  now: number,
  { refreshTokenLifetimeDays = 90, warnDays = 14 }: SignInLifetime,
): SignInStatus {
  if (signIn === undefined) return { isSignedIn: false, expiresSoon: false };
  const expiresAt = signIn.expiresAt ?? signIn.issuedAt + refreshTokenLifetimeDays * dayMs;
  const leftMs = Math.max(0, expiresAt - now);
  return {
    isSignedIn: leftMs > 0,
    signedInAt: new Date(signIn.signedInAt),
    expiresAt: new Date(expiresAt),
    daysLeft: Math.floor(leftMs / dayMs),
    expiresSoon: leftMs <= warnDays * dayMs,
    ...(signIn.account === undefined ? {} : { account: signIn.account }),
  };
}
