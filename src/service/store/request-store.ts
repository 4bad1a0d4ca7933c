import { ReferralsError } from "../../contract/index.ts";
import type { Queryable, Transaction } from "../../storage/port.ts";

/** A call that its sender may repeat: the same id with the same content has its effect once. */
export interface RepeatableRequest {
  readonly requestId: string;
  /** Digest of method, address and body. */
  readonly fingerprint: string;
}

/** How long an answer is remembered. */
export const requestLifetimeMs = 86_400_000;

/**
 * The answer that the request got before, or undefined where it is new. Errors: requestIdReused.
 */
export async function recallAnswer(
  from: Queryable,
  tenantId: string,
  request: RepeatableRequest,
): Promise<{ readonly body: string } | undefined> {
  const row = await from.get(
    `SELECT "fingerprint", "body" FROM "requests" WHERE "tenantId" = ? AND "requestId" = ?`,
    [tenantId, request.requestId],
  );
  if (row === undefined) return undefined;
  if (row.fingerprint !== request.fingerprint) throw new ReferralsError("requestIdReused");
  return { body: String(row.body) };
}

/**
 * Remembers the answer of a request in the transaction that carries it out, and forgets what is too
 * old.
 */
export async function rememberAnswer(
  to: Transaction,
  tenantId: string,
  request: RepeatableRequest,
  answer: { readonly body: string; readonly now: number },
): Promise<void> {
  await to.run(`DELETE FROM "requests" WHERE "expiresAt" <= ?`, [answer.now]);
  await to.run(
    `INSERT INTO "requests" ("tenantId", "requestId", "fingerprint", "body", "expiresAt")
     VALUES (?, ?, ?, ?, ?)`,
    [tenantId, request.requestId, request.fingerprint, answer.body, answer.now + requestLifetimeMs],
  );
}
