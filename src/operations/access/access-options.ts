import type { OperatorRole } from "../../contract/index.ts";

/** A person who signs in by password. */
export interface PasswordUser {
  readonly name: string;
  readonly role: OperatorRole;
  /** As `hashPassword` makes it. */
  readonly passwordHash: string;
}

/** An OpenID Connect provider at which people sign in. */
export interface OpenIdOptions {
  /** `https://login.microsoftonline.com/<tenant>/v2.0`, or any other issuer. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
  /** What the button says: `Microsoft`. */
  readonly label: string;
  /** Addresses or names of those who may decide; everybody else of `viewers` only looks. */
  readonly operators: readonly string[];
  /** Who may look; `*` for everybody whom the provider lets in. */
  readonly viewers: readonly string[];
  /** Where the browser reaches this process: `https://sync.contoso.example`. */
  readonly publicUrl: string;
  /** True for an issuer on this machine without TLS. */
  readonly allowsHttp?: boolean;
}

/** Who may come in, and how. */
export interface AccessOptions {
  readonly users?: readonly PasswordUser[];
  readonly openId?: OpenIdOptions;
  /** Admits the command line of the same machine as an operator. */
  readonly serviceToken?: string;
}

/** Somebody whom the server knows. */
export interface Operator {
  readonly name: string;
  readonly role: OperatorRole;
}

/** True where somebody must sign in. */
export function isSignInRequired({ users = [], openId }: AccessOptions): boolean {
  return users.length > 0 || openId !== undefined;
}

const loopbackAddress = /^(?:127(?:\.\d{1,3}){3}|localhost|::1|\[::1\])$/;

/**
 * Why the page may not be served at an address: only this machine may ask where nobody signs in.
 * Undefined where it may.
 */
export function refuseOpenAddress(host: string, access: AccessOptions): string | undefined {
  if (loopbackAddress.test(host) || isSignInRequired(access)) return undefined;
  return `Without a sign-in the page is served on this machine alone, not at ${host}.`;
}
