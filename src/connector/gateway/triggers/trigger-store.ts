import type { Database, Row, Transaction } from "../../../storage/port.ts";
import type { TriggerName } from "../../triggers.ts";

/** Somebody who wants to be told. */
export interface Subscription {
  readonly id: string;
  readonly connectionId: string;
  readonly trigger: TriggerName;
  /** Only of the trigger that looks ahead. */
  readonly daysBefore?: number;
  /** Where notifications go; sealed, since the address of a flow is a secret. */
  readonly callback: string;
  /** What happened up to this moment of the service isn't told. */
  readonly since: string;
  readonly createdAt: number;
}

/** How far a connection's referrals have been looked at, on behalf of its subscriptions. */
export interface Watch {
  readonly connectionId: string;
  readonly tenantId: string;
  /** The latest change that was seen, as a comparable moment; empty where there was none. */
  readonly cursor: string;
  readonly nextLookAt: number;
  readonly nextExpiryLookAt: number;
}

/** What is to be told of one referral. `mark` makes it one thing: the same one is told once. */
export interface Occurrence {
  readonly subscriptionId: string;
  readonly referralId: string;
  readonly mark: string;
}

/** An occurrence on its way. */
export interface Notification extends Occurrence {
  readonly attempts: number;
}

const subscriptionColumns = `"id", "connectionId", "trigger", "daysBefore", "callback", "since",
  "createdAt"`;

const subscriptionOf = (row: Row): Subscription => ({
  id: String(row.id),
  connectionId: String(row.connectionId),
  trigger: String(row.trigger) as TriggerName,
  ...(row.daysBefore === null ? {} : { daysBefore: Number(row.daysBefore) }),
  callback: String(row.callback),
  since: String(row.since),
  createdAt: Number(row.createdAt),
});

const watchOf = (row: Row): Watch => ({
  connectionId: String(row.connectionId),
  tenantId: String(row.tenantId),
  cursor: String(row.cursor),
  nextLookAt: Number(row.nextLookAt),
  nextExpiryLookAt: Number(row.nextExpiryLookAt),
});

const dueCondition = `"state" = 'pending' AND "nextAttemptAt" <= ?`;

/** Subscriptions, watches and notifications, durably. */
export class TriggerStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Keeps a subscription, and begins to watch its connection where nobody does yet. */
  async subscribe(subscription: Subscription, watch: Watch): Promise<void> {
    const { id, connectionId, trigger, daysBefore, callback, since, createdAt } = subscription;
    await this.#database.transaction(async (transaction) => {
      await transaction.run(
        `INSERT INTO "gatewaySubscriptions" (${subscriptionColumns}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
        [id, connectionId, trigger, daysBefore ?? null, callback, since, createdAt],
      );
      await transaction.run(
        `INSERT INTO "gatewayWatches"
         ("connectionId", "tenantId", "cursor", "nextLookAt", "nextExpiryLookAt")
         VALUES (?, ?, ?, ?, ?) ON CONFLICT ("connectionId")
         DO UPDATE SET "nextExpiryLookAt" = excluded."nextExpiryLookAt"`,
        [connectionId, watch.tenantId, watch.cursor, watch.nextLookAt, watch.nextExpiryLookAt],
      );
    });
  }

  async find(id: string): Promise<Subscription | undefined> {
    const text = `SELECT ${subscriptionColumns} FROM "gatewaySubscriptions" WHERE "id" = ?`;
    const row = await this.#database.get(text, [id]);
    return row && subscriptionOf(row);
  }

  async subscriptionsOf(connectionId: string): Promise<readonly Subscription[]> {
    const rows = await this.#database.all(
      `SELECT ${subscriptionColumns} FROM "gatewaySubscriptions" WHERE "connectionId" = ?
       ORDER BY "createdAt", "id"`,
      [connectionId],
    );
    return rows.map(subscriptionOf);
  }

  /** Ends a subscription with what it still would have been told, and a watch nobody needs. */
  async unsubscribe(subscription: Subscription): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      const { id, connectionId } = subscription;
      await transaction.run(`DELETE FROM "gatewayNotifications" WHERE "subscriptionId" = ?`, [id]);
      await transaction.run(`DELETE FROM "gatewaySubscriptions" WHERE "id" = ?`, [id]);
      await transaction.run(
        `DELETE FROM "gatewayWatches" WHERE "connectionId" = ? AND "connectionId" NOT IN
         (SELECT "connectionId" FROM "gatewaySubscriptions")`,
        [connectionId],
      );
    });
  }

  async dueWatches(now: number, limit: number): Promise<readonly Watch[]> {
    const rows = await this.#database.all(
      `SELECT "connectionId", "tenantId", "cursor", "nextLookAt", "nextExpiryLookAt"
       FROM "gatewayWatches" WHERE "nextLookAt" <= ? OR "nextExpiryLookAt" <= ?
       ORDER BY "nextLookAt", "connectionId" LIMIT ?`,
      [now, now, limit],
    );
    return rows.map(watchOf);
  }

  /** When the next watch is due. */
  async nextLookAt(): Promise<number | undefined> {
    const row = await this.#database.get(
      `SELECT MIN(CASE WHEN "nextLookAt" < "nextExpiryLookAt" THEN "nextLookAt"
        ELSE "nextExpiryLookAt" END) AS "at" FROM "gatewayWatches"`,
    );
    return row?.at === null || row?.at === undefined ? undefined : Number(row.at);
  }

  /** A hint: the tenant's referrals are looked at next, also where that is just being done. */
  async hint(tenantId: string, now: number): Promise<void> {
    await this.#database.transaction((transaction) =>
      transaction.run(`UPDATE "gatewayWatches" SET "nextLookAt" = ? WHERE "tenantId" = ?`, [
        now,
        tenantId,
      ]),
    );
  }

  /** Takes a due watch for one look; false where another process was first. */
  async claim(
    watch: Watch,
    next: Pick<Watch, "nextLookAt" | "nextExpiryLookAt">,
  ): Promise<boolean> {
    const changed = await this.#database.transaction((transaction) =>
      transaction.run(
        `UPDATE "gatewayWatches" SET "nextLookAt" = ?, "nextExpiryLookAt" = ?
         WHERE "connectionId" = ? AND "nextLookAt" = ? AND "nextExpiryLookAt" = ?`,
        [
          next.nextLookAt,
          next.nextExpiryLookAt,
          watch.connectionId,
          watch.nextLookAt,
          watch.nextExpiryLookAt,
        ],
      ),
    );
    return changed === 1;
  }

  /** Writes down what was found together with how far was looked: nothing is lost in between. */
  async record(
    connectionId: string,
    cursor: string,
    occurrences: readonly Occurrence[],
    now: number,
  ): Promise<void> {
    await this.#database.transaction(async (transaction) => {
      for (const occurrence of occurrences) await insert(transaction, occurrence, now);
      await transaction.run(`UPDATE "gatewayWatches" SET "cursor" = ? WHERE "connectionId" = ?`, [
        cursor,
        connectionId,
      ]);
    });
  }

  async dueNotifications(now: number, limit: number): Promise<readonly Notification[]> {
    const rows = await this.#database.all(
      `SELECT "subscriptionId", "referralId", "mark", "attempts" FROM "gatewayNotifications"
       WHERE ${dueCondition} ORDER BY "nextAttemptAt", "referralId" LIMIT ?`,
      [now, limit],
    );
    return rows.map((row) => ({
      subscriptionId: String(row.subscriptionId),
      referralId: String(row.referralId),
      mark: String(row.mark),
      attempts: Number(row.attempts),
    }));
  }

  async nextAttemptAt(): Promise<number | undefined> {
    const row = await this.#database.get(
      `SELECT "nextAttemptAt" FROM "gatewayNotifications" WHERE "state" = 'pending'
       ORDER BY "nextAttemptAt" LIMIT 1`,
    );
    return row === undefined ? undefined : Number(row.nextAttemptAt);
  }

  /** Writes down how an attempt went. */
  async settle(
    notification: Notification,
    outcome: {
      readonly state: "pending" | "delivered" | "given up";
      readonly nextAttemptAt: number;
      readonly problem?: string;
    },
  ): Promise<void> {
    const { subscriptionId, referralId, mark, attempts } = notification;
    const { state, nextAttemptAt, problem } = outcome;
    await this.#database.transaction((transaction) =>
      transaction.run(
        `UPDATE "gatewayNotifications" SET "state" = ?, "attempts" = ?, "nextAttemptAt" = ?,
         "problem" = ? WHERE "subscriptionId" = ? AND "referralId" = ? AND "mark" = ?`,
        [state, attempts + 1, nextAttemptAt, problem ?? null, subscriptionId, referralId, mark],
      ),
    );
  }

  /** How many notifications there are in each state. */
  async counts(): Promise<Readonly<Record<string, number>>> {
    const rows = await this.#database.all(
      `SELECT "state", COUNT(*) AS "count" FROM "gatewayNotifications" GROUP BY "state"`,
    );
    return Object.fromEntries(rows.map((row) => [String(row.state), Number(row.count)]));
  }

  /** Forgets what was told, and last seen before a moment: it won't be seen again. */
  async sweep(before: number): Promise<void> {
    await this.#database.transaction((transaction) =>
      transaction.run(
        `DELETE FROM "gatewayNotifications" WHERE "state" <> 'pending' AND "seenAt" < ?`,
        [before],
      ),
    );
  }
}

/** A subscription may have ended while its referrals were looked at: then nobody is to be told. */
async function insert(to: Transaction, occurrence: Occurrence, now: number): Promise<void> {
  const { subscriptionId, referralId, mark } = occurrence;
  const subscription = await to.get(`SELECT "id" FROM "gatewaySubscriptions" WHERE "id" = ?`, [
    subscriptionId,
  ]);
  if (subscription === undefined) return;
  await to.run(
    `INSERT INTO "gatewayNotifications"
     ("subscriptionId", "referralId", "mark", "state", "attempts", "nextAttemptAt", "seenAt")
     VALUES (?, ?, ?, 'pending', 0, ?, ?)
     ON CONFLICT ("subscriptionId", "referralId", "mark")
     DO UPDATE SET "seenAt" = excluded."seenAt"`,
    [subscriptionId, referralId, mark, now, now],
  );
}
