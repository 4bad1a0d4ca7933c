import type { FastifyReply } from "fastify";
import type { Database } from "../../storage/port.ts";
import type { Presentation } from "../presentation.ts";
import type { Caller } from "../referrals.ts";
import { storedColumns, storedReferral } from "../store/referral-store.ts";
import { streamList } from "./stream-list.ts";

/** What listing needs. */
export interface ListOptions {
  readonly database: Database;
  readonly presentation: Presentation;
}

/** Answers a list call. */
export function listReferrals(options: ListOptions, caller: Caller, reply: FastifyReply): unknown {
  const { database, presentation } = options;
  const rows = database.iterate(
    `SELECT ${storedColumns} FROM "referrals" WHERE "tenantId" = ? ORDER BY "createdDateTime", "id"`,
    [caller.scope.tenantId],
  );
  reply.header("content-type", "application/json; charset=utf-8");
  return reply.send(
    streamList(rows, (row) => presentation.element(storedReferral(row)), {
      head: `{"@odata.context":"${presentation.context}","value":[`,
      tail: "]}",
    }),
  );
}
