import type { WebhookRegistration } from "../../contract/index.ts";
import type { Queryable, Row, Transaction } from "../../storage/port.ts";

/** A registration as it is kept. */
export interface StoredRegistration {
  readonly url: string;
  readonly events: readonly string[];
  /** True: the signature travels as x-ms-signature; false: as Authorization. */
  readonly usesMsSignatureHeader: boolean;
}

const fromRow = (row: Row): StoredRegistration => ({
  url: String(row.url),
  events: JSON.parse(String(row.events)) as string[],
  usesMsSignatureHeader: row.usesMsSignatureHeader === 1,
});

/** The registration of an organisation, or undefined where it has none. */
export async function findRegistration(
  from: Queryable,
  tenantId: string,
): Promise<StoredRegistration | undefined> {
  const row = await from.get(
    `SELECT "url", "events", "usesMsSignatureHeader" FROM "webhookRegistrations"
     WHERE "tenantId" = ?`,
    [tenantId],
  );
  return row && fromRow(row);
}

/** Registers an organisation's address, in place of the one that was there. */
export async function writeRegistration(
  to: Transaction,
  tenantId: string,
  registration: StoredRegistration,
): Promise<void> {
  const { url, events, usesMsSignatureHeader } = registration;
  await to.run(
    `INSERT INTO "webhookRegistrations" ("tenantId", "url", "events", "usesMsSignatureHeader")
     VALUES (?, ?, ?, ?) ON CONFLICT ("tenantId") DO UPDATE SET "url" = excluded."url",
     "events" = excluded."events", "usesMsSignatureHeader" = excluded."usesMsSignatureHeader"`,
    [tenantId, url, JSON.stringify(events), usesMsSignatureHeader ? 1 : 0],
  );
}

/** A registration in the words of the contract. */
export const toWire = (stored: StoredRegistration): WebhookRegistration => ({
  WebhookUrl: stored.url,
  WebhookEvents: stored.events,
  SignatureTokenToMsSignatureHeader: stored.usesMsSignatureHeader,
});
