/** An app that may ask for tokens. */
export interface IssuerClient {
  readonly clientId: string;
  readonly tenantId: string;
  /** Absent for a public client, which proves itself by PKCE or a device code alone. */
  readonly clientSecret?: string;
  /** Where codes may be sent; a loopback address matches with any port (RFC 8252 section 7.3). */
  readonly redirectUris: readonly string[];
  /**
   * The user that tokens of the client credentials grant speak for; without it the grant is
   * refused.
   */
  readonly serviceUserId?: string;
}

/** A person (or service account) of the sandbox who may sign in. */
export interface IssuerUser {
  readonly userId: string;
  readonly tenantId: string;
  readonly name: string;
  readonly userName: string;
  readonly roles: readonly string[];
}

/** Whom the issuer knows. */
export interface Directory {
  client(clientId: string): Promise<IssuerClient | undefined>;
  user(tenantId: string, userId: string): Promise<IssuerUser | undefined>;
  /** The users that the sign-in page offers. */
  users(tenantId: string): Promise<readonly IssuerUser[]>;
}
