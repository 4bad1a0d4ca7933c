import type { Queryable, Row, Transaction } from "../../storage/port.ts";

/** How an attempt to deliver went, in the words of the validation events API. */
export interface DeliveryAttempt {
  readonly responseCode: string;
  readonly responseMessage: string;
  /** True where no answer arrived. */
  readonly systemError: boolean;
  readonly dateTimeUtc: string;
}

/**
 * `pending`: will be tried (again). `offline`: given up, waits to be replayed. `delivered`: done,
 * kept as evidence.
 */
export type DeliveryState = "pending" | "offline" | "delivered";

/** One event on its way to one address. */
export interface Delivery {
  readonly id: string;
  readonly tenantId: string;
  readonly event: string;
  /** The JSON text that is signed and sent. */
  readonly body: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly nextAttemptAt: number;
  readonly createdAt: number;
  readonly log: readonly DeliveryAttempt[];
}

const columns = `"id", "tenantId", "event", "body", "state", "attempts", "nextAttemptAt",
  "createdAt", "log"`;

const fromRow = (row: Row): Delivery => ({
  id: String(row.id),
  tenantId: String(row.tenantId),
  event: String(row.event),
  body: String(row.body),
  state: String(row.state) as DeliveryState,
  attempts: Number(row.attempts),
  nextAttemptAt: Number(row.nextAttemptAt),
  createdAt: Number(row.createdAt),
  log: JSON.parse(String(row.log)) as DeliveryAttempt[],
});

/** Adds a delivery that is due at `nextAttemptAt`. */
export async function insertDelivery(
  to: Transaction,
  delivery: Pick<Delivery, "id" | "tenantId" | "event" | "body" | "nextAttemptAt" | "createdAt">,
): Promise<void> {
  const { id, tenantId, event, body, nextAttemptAt, createdAt } = delivery;
  await to.run(
    `INSERT INTO "webhookDeliveries" (${columns}) VALUES (?, ?, ?, ?, 'pending', 0, ?, ?, '[]')`,
    [id, tenantId, event, body, nextAttemptAt, createdAt],
  );
}

/** The delivery, or undefined where it was never there or has been delivered and forgotten. */
export async function findDelivery(from: Queryable, id: string): Promise<Delivery | undefined> {
  const row = await from.get(`SELECT ${columns} FROM "webhookDeliveries" WHERE "id" = ?`, [id]);
  return row && fromRow(row);
}

/** Pending deliveries whose time has come, the longest due first. */
export async function dueDeliveries(
  from: Queryable,
  now: number,
  limit: number,
): Promise<readonly Delivery[]> {
  const rows = await from.all(
    `SELECT ${columns} FROM "webhookDeliveries" WHERE "state" = 'pending' AND "nextAttemptAt" <= ?
     ORDER BY "nextAttemptAt", "id" LIMIT ?`,
    [now, limit],
  );
  return rows.map(fromRow);
}

/** When the next pending delivery is due. */
export async function nextDueAt(from: Queryable): Promise<number | undefined> {
  const row = await from.get(
    `SELECT "nextAttemptAt" FROM "webhookDeliveries" WHERE "state" = 'pending'
     ORDER BY "nextAttemptAt" LIMIT 1`,
  );
  return row === undefined ? undefined : Number(row.nextAttemptAt);
}

/**
 * Takes a due delivery for one attempt, so that no other process tries it meanwhile; false where
 * another was first.
 */
export async function claimDelivery(
  to: Transaction,
  delivery: Delivery,
  until: number,
): Promise<boolean> {
  const changed = await to.run(
    `UPDATE "webhookDeliveries" SET "nextAttemptAt" = ?
     WHERE "id" = ? AND "state" = 'pending' AND "nextAttemptAt" = ?`,
    [until, delivery.id, delivery.nextAttemptAt],
  );
  return changed === 1;
}

/** Writes down how an attempt left a delivery. */
export async function recordAttempt(
  to: Transaction,
  id: string,
  outcome: Pick<Delivery, "state" | "attempts" | "nextAttemptAt" | "log">,
): Promise<void> {
  await to.run(
    `UPDATE "webhookDeliveries" SET "state" = ?, "attempts" = ?, "nextAttemptAt" = ?, "log" = ?
     WHERE "id" = ?`,
    [outcome.state, outcome.attempts, outcome.nextAttemptAt, JSON.stringify(outcome.log), id],
  );
}

/** Forgets a delivery. */
export async function deleteDelivery(to: Transaction, id: string): Promise<void> {
  await to.run(`DELETE FROM "webhookDeliveries" WHERE "id" = ?`, [id]);
}

/** Forgets deliveries that were made before `before` and are done. */
export async function sweepDelivered(to: Transaction, before: number): Promise<void> {
  await to.run(`DELETE FROM "webhookDeliveries" WHERE "state" = 'delivered' AND "createdAt" < ?`, [
    before,
  ]);
}

/** The offline queue: deliveries that were given up, oldest first. */
export async function offlineDeliveries(
  from: Queryable,
  limit: number,
): Promise<readonly Delivery[]> {
  const rows = await from.all(
    `SELECT ${columns} FROM "webhookDeliveries" WHERE "state" = 'offline'
     ORDER BY "nextAttemptAt", "id" LIMIT ?`,
    [limit],
  );
  return rows.map(fromRow);
}

/** Puts offline deliveries back to work, all of them or one; resolves to their number. */
export function replayOffline(to: Transaction, now: number, id?: string): Promise<number> {
  const one = id === undefined ? "" : ` AND "id" = ?`;
  return to.run(
    `UPDATE "webhookDeliveries" SET "state" = 'pending', "attempts" = 0, "nextAttemptAt" = ?
     WHERE "state" = 'offline'${one}`,
    [now, ...(id === undefined ? [] : [id])],
  );
}
