import { createHash } from "node:crypto";
import { ReferralsError } from "../../contract/index.ts";
import type { Clock, Random } from "../../runtime/index.ts";
import type { Database } from "../../storage/port.ts";
import type { Connection, Connections } from "./connections.ts";

/** What the gateway's own tokens need. */
export interface TokenBookOptions {
  readonly database: Database;
  readonly connections: Connections;
  readonly clock: Clock;
  readonly random: Random;
}

/** What a client gets for a code or a refresh token. */
export interface IssuedTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds that the access token lives. */
  readonly expiresInS: number;
}

/** How long tokens live and how much is remembered of them. */
export const tokenLimits = {
  accessLifetimeMs: 3_600_000,
  /** From the last use. */
  refreshLifetimeMs: 90 * 86_400_000,
  /** An ended connection is noticed by every process within so long. */
  trustMs: 15_000,
  remembered: 5_000,
} as const;

interface Remembered {
  readonly connection: Connection;
  readonly checkAgainAt: number;
}

type Kind = "access" | "refresh";

const hashOf = (token: string): string => createHash("sha256").update(token).digest("base64url");

/**
 * The tokens that the gateway gives to its clients: unguessable texts of which only hashes are
 * kept. A refresh token stays the same as long as it is used (its client proves itself by a secret
 * or PKCE), so that two renewals at the same moment can't end a connection.
 */
export class TokenBook {
  readonly #options: TokenBookOptions;
  readonly #remembered = new Map<string, Remembered>();

  constructor(options: TokenBookOptions) {
    this.#options = options;
  }

  /** The first tokens of a connection. */
  async issue(connection: Connection): Promise<IssuedTokens> {
    const refreshToken = this.#secret();
    const { refreshLifetimeMs } = tokenLimits;
    await this.#write(refreshToken, "refresh", connection.id, refreshLifetimeMs);
    return this.#withAccess(connection.id, refreshToken);
  }

  /** New tokens for a refresh token; undefined where it isn't one of this client's. */
  async renew(refreshToken: string, clientId: string): Promise<IssuedTokens | undefined> {
    const connection = await this.#lookUp(refreshToken, "refresh");
    if (connection?.clientId !== clientId) return undefined;
    const { refreshLifetimeMs } = tokenLimits;
    await this.#write(refreshToken, "refresh", connection.id, refreshLifetimeMs);
    return this.#withAccess(connection.id, refreshToken);
  }

  /** The connection of an Authorization header seen a moment ago, without waiting. */
  recall(authorization: string): Connection | undefined {
    const known = this.#remembered.get(authorization);
    return known && known.checkAgainAt > this.#options.clock.now() ? known.connection : undefined;
  }

  /** The connection that an Authorization header speaks for. Errors: unauthenticated. */
  async connectionOf(authorization: string): Promise<Connection> {
    const token = /^bearer +([\w-]{20,200})$/i.exec(authorization)?.[1];
    const connection = token === undefined ? undefined : await this.#lookUp(token, "access");
    if (!connection) {
      this.#remembered.delete(authorization);
      throw new ReferralsError("unauthenticated");
    }
    if (this.#remembered.size >= tokenLimits.remembered) {
      const oldest = this.#remembered.keys().next();
      if (!oldest.done) this.#remembered.delete(oldest.value);
    }
    const checkAgainAt = this.#options.clock.now() + tokenLimits.trustMs;
    this.#remembered.set(authorization, { connection, checkAgainAt });
    return connection;
  }

  /** The connection of any token of a client's; undefined where it has none. */
  async connectionOfToken(token: string, clientId: string): Promise<Connection | undefined> {
    const connection =
      (await this.#lookUp(token, "refresh")) ?? (await this.#lookUp(token, "access"));
    return connection?.clientId === clientId ? connection : undefined;
  }

  /** Forgets a connection that has ended. */
  forget(connectionId: string): void {
    for (const [authorization, { connection }] of this.#remembered) {
      if (connection.id === connectionId) this.#remembered.delete(authorization);
    }
  }

  /** Removes what has ended, and the connections that no refresh token can bring back. */
  async sweep(): Promise<void> {
    const { database, clock, connections } = this.#options;
    await database.transaction((transaction) =>
      transaction.run(`DELETE FROM "gatewayTokens" WHERE "expiresAt" <= ?`, [clock.now()]),
    );
    // A connection without tokens and older than a code's life was never fetched, or has ended.
    const rows = await database.all(
      `SELECT "id" FROM "gatewayConnections" WHERE "createdAt" < ? AND "id" NOT IN
       (SELECT "connectionId" FROM "gatewayTokens" WHERE "kind" = 'refresh')`,
      [clock.now() - tokenLimits.accessLifetimeMs],
    );
    for (const { id } of rows) await connections.end(String(id));
  }

  async #withAccess(connectionId: string, refreshToken: string): Promise<IssuedTokens> {
    const accessToken = this.#secret();
    const { accessLifetimeMs } = tokenLimits;
    await this.#write(accessToken, "access", connectionId, accessLifetimeMs);
    return { accessToken, refreshToken, expiresInS: accessLifetimeMs / 1000 };
  }

  #secret(): string {
    return Buffer.from(this.#options.random.bytes(32)).toString("base64url");
  }

  async #write(token: string, kind: Kind, connectionId: string, lifetimeMs: number) {
    const { database, clock } = this.#options;
    await database.transaction((transaction) =>
      transaction.run(
        `INSERT INTO "gatewayTokens" ("hash", "kind", "connectionId", "expiresAt")
         VALUES (?, ?, ?, ?) ON CONFLICT ("hash") DO UPDATE SET "expiresAt" = excluded."expiresAt"`,
        [hashOf(token), kind, connectionId, clock.now() + lifetimeMs],
      ),
    );
  }

  async #lookUp(token: string, kind: Kind): Promise<Connection | undefined> {
    const { database, clock, connections } = this.#options;
    const row = await database.get(
      `SELECT "connectionId" FROM "gatewayTokens"
       WHERE "hash" = ? AND "kind" = ? AND "expiresAt" > ?`,
      [hashOf(token), kind, clock.now()],
    );
    return row === undefined ? undefined : connections.find(String(row.connectionId));
  }
}
