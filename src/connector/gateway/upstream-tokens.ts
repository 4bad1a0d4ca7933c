import {
  createRefreshTokenCredential,
  type RefreshTokenCredential,
  type SignInStatus,
} from "../../client/index.ts";
import { ReferralsError } from "../../contract/index.ts";
import type { Clock, Http, Log } from "../../runtime/index.ts";
import type { Connection, Connections } from "./connections.ts";

/** The app by which the gateway signs people in at the issuer behind it. */
export interface UpstreamApp {
  /** `https://login.microsoftonline.com/<tenant>`, or a sandbox's address. */
  readonly authority: string;
  readonly clientId: string;
  readonly clientSecret?: string;
}

/** What access tokens for the referrals API are got with. */
export interface UpstreamTokensOptions {
  readonly app: UpstreamApp;
  readonly scope: string;
  readonly connections: Connections;
  readonly http: Http;
  readonly clock: Clock;
  readonly log: Log;
}

const mostCredentials = 5_000;
/** Demands nothing, which is enough to go past a credential's cache. */
const anyClaims = "{}";

/** Access tokens for the referrals API, renewed per connection, and word of how that goes. */
export class UpstreamTokens {
  readonly #options: UpstreamTokensOptions;
  readonly #credentials = new Map<string, RefreshTokenCredential>();
  readonly #troubled = new Set<string>();

  constructor(options: UpstreamTokensOptions) {
    this.#options = options;
  }

  /** A credential that speaks for a connection. */
  credentialOf(connection: Connection): RefreshTokenCredential {
    const known = this.#credentials.get(connection.id);
    if (known) return known;
    const { app, connections, http, clock } = this.#options;
    const tokenStore = connections.signIn(connection.id);
    const credential = createRefreshTokenCredential({ ...app, tokenStore, http, clock });
    if (this.#credentials.size >= mostCredentials) {
      const oldest = this.#credentials.keys().next();
      if (!oldest.done) this.#credentials.delete(oldest.value);
    }
    this.#credentials.set(connection.id, credential);
    if (connection.problem !== undefined) this.#troubled.add(connection.id);
    return credential;
  }

  /** A token; another one after `refused`. Errors: signInRequired, mfaRequired, signInFailed. */
  async tokenOf(connection: Connection, refused?: string): Promise<string> {
    try {
      const credential = this.credentialOf(connection);
      const current = await credential.getToken(this.#options.scope);
      if (current.token !== refused) return current.token;
      return (await credential.getToken(this.#options.scope, { claims: anyClaims })).token;
    } catch (error) {
      // A refusal is a fact about the connection, an issuer out of reach is not.
      if (!(error instanceof ReferralsError) || error.status < 400 || error.status >= 500) {
        throw error;
      }
      const { code, message } = error;
      await this.noteRefusal(connection, code);
      throw new ReferralsError(code, { message, status: 401, cause: error });
    }
  }

  /** How long the stored sign-in will last. */
  statusOf(connection: Connection): Promise<SignInStatus> {
    return this.credentialOf(connection).status();
  }

  /** A connection's sign-in was refused; written down once until it works again. */
  async noteRefusal(connection: Connection, problem: string): Promise<void> {
    if (this.#troubled.has(connection.id)) return;
    this.#troubled.add(connection.id);
    const fields = { connectionId: connection.id, problem };
    this.#options.log.warn(fields, "a connection needs its person to sign in again");
    await this.#options.connections.note(connection.id, problem);
  }

  /** A connection's sign-in was accepted; costs nothing where it always was. */
  async noteSuccess(connection: Connection): Promise<void> {
    if (!this.#troubled.delete(connection.id)) return;
    this.#options.log.info({ connectionId: connection.id }, "a connection works again");
    await this.#options.connections.note(connection.id, undefined);
  }

  /** Drops what is remembered of a connection that has ended. */
  forget(connectionId: string): void {
    this.#credentials.delete(connectionId);
    this.#troubled.delete(connectionId);
  }
}
