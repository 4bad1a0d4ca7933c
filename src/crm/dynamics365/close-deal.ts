import { CrmError, type CrmValue, type OperationOptions } from "../port.ts";
import { sendBatch } from "./batch.ts";
import type { DealTable } from "./deal-table.ts";
import { type DealStatus, etagOf, parseStatus, statusField } from "./mapping.ts";
import type { DealContext, DealSnapshot } from "./read-deals.ts";
import type { WebApiCall } from "./transport.ts";

/** The state that a status field asks for. Errors: CrmError `invalid`. */
export function wantedStatus(table: DealTable, value: CrmValue | undefined): DealStatus {
  const status = parseStatus(table, value ?? null);
  if (status) return status;
  throw new CrmError(
    "invalid",
    `"${String(value)}" is no status; write a state and a status reason, such as ` +
      `${table.stateNames[0]}/${table.openReason}`,
    { field: statusField },
  );
}

function reopenCall(context: DealContext, id: string, etag: string, reason: number): WebApiCall {
  return {
    method: "PATCH",
    target: `${context.layout.table.setName}(${id})`,
    headers: { "if-match": etag },
    body: JSON.stringify({ statecode: 0, statuscode: reason }),
  };
}

function closeCall(
  table: DealTable,
  id: string,
  { statecode, statuscode }: DealStatus,
): WebApiCall {
  if (table.logicalName === "lead") {
    return statecode === 1
      ? {
          method: "POST",
          target: `leads(${id})/Microsoft.Dynamics.CRM.QualifyLead`,
          body: JSON.stringify({
            CreateAccount: true,
            CreateContact: true,
            CreateOpportunity: true,
            Status: statuscode,
          }),
        }
      : {
          method: "PATCH",
          target: `leads(${id})`,
          headers: { "if-match": "*" },
          body: JSON.stringify({ statecode, statuscode }),
        };
  }
  return {
    method: "POST",
    target: statecode === 1 ? "WinOpportunity" : "LoseOpportunity",
    body: JSON.stringify({
      Status: statuscode,
      OpportunityClose: {
        subject: "Closed in Partner Center",
        "opportunityid@odata.bind": `/${table.setName}(${id})`,
      },
    }),
  };
}

/**
 * Moves a deal to a state and reason: by PATCH while it stays open or is opened again, by the
 * closing actions else.
 *
 * Closing has no If-Match of its own; a PATCH that changes nothing precedes it in one change set,
 * so that a stale version undoes both.
 */
export async function moveDeal(
  context: DealContext,
  snapshot: DealSnapshot,
  value: CrmValue | undefined,
  options: OperationOptions,
): Promise<void> {
  const { table } = context.layout;
  const wanted = wantedStatus(table, value);
  const { statecode, statuscode } = snapshot.rows.deal;
  if (statecode === wanted.statecode && statuscode === wanted.statuscode) return;
  const { id, version } = snapshot.record;
  const etag = etagOf(version);
  if (wanted.statecode === 0) {
    await context.send(reopenCall(context, id, etag, wanted.statuscode), options);
    return;
  }
  const openReason = statecode === 0 ? Number(statuscode) : table.openReason;
  const changeset = [reopenCall(context, id, etag, openReason), closeCall(table, id, wanted)];
  await sendBatch(context.send, context.rootUrl, [{ changeset }], options);
}
