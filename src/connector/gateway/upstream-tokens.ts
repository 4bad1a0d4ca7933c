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
      const isRefused = current.token === refused;
      const token = isRefused
        ? await credential.getToken(this.#options.scope, { claims: anyClaims })
        : current;
      if (this.#troubled.has(connection.id)) await this.noteHealth(connection, undefined);
      return token.token;
    } catch (error) {
      // A lifetime over is a fact about the connection, an issuer out of reach is not.
      if (error instanceof ReferralsError && error.status >= 400 && error.status < 500) {
        await this.noteHealth(connection, error.code);
      }
      throw asRefusal(error);
    }
  }

  /** How long the stored sign-in will last. */
  statusOf(connection: Connection): Promise<SignInStatus> {
    return this.credentialOf(connection).status();
  }

  /** Keeps what is known of a connection's health, once each time that it changes. */
  async noteHealth(connection: Connection, problem: string | undefined): Promise<void> {
    const { connections, log } = this.#options;
    if (problem === undefined) this.#troubled.delete(connection.id);
    else if (this.#troubled.has(connection.id)) return;
    else this.#troubled.add(connection.id);
    const fields = { connectionId: connection.id, problem };
    if (problem === undefined) log.info(fields, "a connection works again");
    else log.warn(fields, "a connection needs its person to sign in again");
    await connections.note(connection.id, problem);
  }

  /** Drops what is remembered of a connection that has ended. */
  forget(connectionId: string): void {
    this.#credentials.delete(connectionId);
    this.#troubled.delete(connectionId);
  }
}

/** To the caller of the gateway each refusal of the issuer's is a 401: a person must sign in. */
function asRefusal(error: unknown): unknown {
  if (!(error instanceof ReferralsError) || error.status < 400 || error.status >= 500) return error;
  const { code, message } = error;
  return new ReferralsError(code, { message, status: 401, cause: error });
}
