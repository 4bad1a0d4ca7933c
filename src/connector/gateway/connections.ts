import {
  type ByteStore,
  createEncryptedTokenStore,
  type SignedInPerson,
  type StoredSignIn,
  type TokenKey,
  type TokenStore,
} from "../../client/index.ts";
import { ReferralsError } from "../../contract/index.ts";
import type { Clock, Random } from "../../runtime/index.ts";
import type { Database, Row } from "../../storage/port.ts";

/** One person's connection through one app. It belongs to that person and can't be shared. */
export interface Connection extends SignedInPerson {
  readonly id: string;
  /** The app that it was made with, as the gateway knows it. */
  readonly clientId: string;
  /** In milliseconds since 1970. */
  readonly createdAt: number;
  /** Why its sign-in last failed: an error code; absent while it works. */
  readonly problem?: string;
  readonly problemAt?: number;
}

/** What the store of connections needs. */
export interface ConnectionsOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: readonly [TokenKey, ...TokenKey[]];
}

const columns = `"id", "tenantId", "userId", "clientId", "createdAt", "problem", "problemAt"`;
const mostListed = 10_000;

const fromRow = (row: Row): Connection => ({
  id: String(row.id),
  tenantId: String(row.tenantId),
  userId: String(row.userId),
  clientId: String(row.clientId),
  createdAt: Number(row.createdAt),
  ...(row.problem === null ? {} : { problem: String(row.problem) }),
  ...(row.problemAt === null ? {} : { problemAt: Number(row.problemAt) }),
});

/** What goes with a connection when it ends. */
const dependants = [
  `DELETE FROM "gatewayTokens" WHERE "connectionId" = ?`,
  `DELETE FROM "gatewayNotifications" WHERE "subscriptionId" IN
    (SELECT "id" FROM "gatewaySubscriptions" WHERE "connectionId" = ?)`,
  `DELETE FROM "gatewaySubscriptions" WHERE "connectionId" = ?`,
  `DELETE FROM "gatewayWatches" WHERE "connectionId" = ?`,
  `DELETE FROM "gatewayConnections" WHERE "id" = ?`,
];

/** Every connection, each with its encrypted sign-in. */
export class Connections {
  readonly #options: ConnectionsOptions;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** Keeps a new connection of whoever has signed in. */
  async create(
    owner: SignedInPerson & { readonly clientId: string },
    signIn: StoredSignIn,
  ): Promise<Connection> {
    const { database, clock, random } = this.#options;
    const { tenantId, userId, clientId } = owner;
    const connection = { id: random.uuid(), tenantId, userId, clientId, createdAt: clock.now() };
    const sealed = await this.#sealed(signIn);
    await database.transaction((transaction) =>
      transaction.run(
        `INSERT INTO "gatewayConnections"
         ("id", "tenantId", "userId", "clientId", "createdAt", "signIn") VALUES (?, ?, ?, ?, ?, ?)`,
        [connection.id, tenantId, userId, clientId, connection.createdAt, sealed],
      ),
    );
    return connection;
  }

  async find(id: string): Promise<Connection | undefined> {
    const text = `SELECT ${columns} FROM "gatewayConnections" WHERE "id" = ?`;
    const row = await this.#options.database.get(text, [id]);
    return row && fromRow(row);
  }

  /** The connections of one person, or of everybody, the oldest first. */
  async list(owner?: SignedInPerson): Promise<readonly Connection[]> {
    const condition = owner ? `WHERE "tenantId" = ? AND "userId" = ?` : "";
    const rows = await this.#options.database.all(
      `SELECT ${columns} FROM "gatewayConnections" ${condition}
       ORDER BY "createdAt", "id" LIMIT ${mostListed}`,
      owner ? [owner.tenantId, owner.userId] : [],
    );
    return rows.map(fromRow);
  }

  async count(): Promise<number> {
    const row = await this.#options.database.get(
      `SELECT COUNT(*) AS "count" FROM "gatewayConnections"`,
    );
    return Number(row?.count ?? 0);
  }

  /** Where a connection's sign-in is kept, encrypted. */
  signIn(id: string): TokenStore {
    return createEncryptedTokenStore({ ...this.#options, bytes: this.#bytesOf(id) });
  }

  /** Writes down that a connection's sign-in fails, or works again. */
  async note(id: string, problem: string | undefined): Promise<void> {
    const at = problem === undefined ? null : this.#options.clock.now();
    await this.#options.database.transaction((transaction) =>
      transaction.run(
        `UPDATE "gatewayConnections" SET "problem" = ?, "problemAt" = ? WHERE "id" = ?`,
        [problem ?? null, at, id],
      ),
    );
  }

  /** Ends a connection: its sign-in, tokens and subscriptions go. False where there was none. */
  async end(id: string): Promise<boolean> {
    return this.#options.database.transaction(async (transaction) => {
      let changed = 0;
      for (const statement of dependants) changed = await transaction.run(statement, [id]);
      return changed === 1;
    });
  }

  #bytesOf(id: string): ByteStore {
    const { database } = this.#options;
    const write = async (text: string | null): Promise<void> => {
      const changed = await database.transaction((transaction) =>
        transaction.run(`UPDATE "gatewayConnections" SET "signIn" = ? WHERE "id" = ?`, [text, id]),
      );
      // Ended meanwhile: a renewed sign-in must not bring it back.
      if (changed === 0) throw new ReferralsError("signInRequired");
    };
    return {
      read: async () => {
        const text = `SELECT "signIn" FROM "gatewayConnections" WHERE "id" = ?`;
        const row = await database.get(text, [id]);
        return typeof row?.signIn === "string" ? Buffer.from(row.signIn) : undefined;
      },
      write: (bytes) => write(Buffer.from(bytes).toString("utf8")),
      remove: () => write(null),
    };
  }

  async #sealed(signIn: StoredSignIn): Promise<string> {
    let text = "";
    const bytes: ByteStore = {
      read: async () => undefined,
      write: async (written) => {
        text = Buffer.from(written).toString("utf8");
      },
      remove: async () => {},
    };
    await createEncryptedTokenStore({ ...this.#options, bytes }).save(signIn);
    return text;
  }
}

/** The two have the same owner. */
export const isSamePerson = (one: SignedInPerson, other: SignedInPerson): boolean =>
  one.tenantId === other.tenantId && one.userId === other.userId;
