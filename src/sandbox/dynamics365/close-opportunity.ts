import { parseReference, resolveAddress } from "./address.ts";
import { badRequest, errorCodes, rowNotFound } from "./errors.ts";
import { parseBody, type WebApiRequest, type WebApiResponse } from "./request.ts";
import { emptyResponse } from "./resources.ts";
import { wholeSeconds } from "./values.ts";
import { createRow, overwriteRow } from "./write.ts";
import type { WriteSession } from "./write-session.ts";

const states = { WinOpportunity: 1, LoseOpportunity: 2 } as const;

/** WinOpportunity and LoseOpportunity: the only ways in which an opportunity is closed. */
export async function closeOpportunity(
  session: WriteSession,
  action: keyof typeof states,
  request: WebApiRequest,
): Promise<WebApiResponse> {
  const body = parseBody(request.body);
  const close = body.OpportunityClose;
  const bound = isObject(close) ? close["opportunityid@odata.bind"] : undefined;
  if (!isObject(close) || typeof bound !== "string") {
    throw badRequest(errorCodes.invalidArgument, "Required field 'opportunityid' is missing.");
  }
  const found = await resolveAddress(
    session.transaction,
    session.model,
    parseReference(session.model, bound),
    session.nowMs,
  );
  if (!found.row || found.table.name !== "opportunity") {
    throw rowNotFound("opportunity", found.id ?? bound);
  }
  if (found.row.document.statecode !== 0) {
    throw badRequest(errorCodes.closedOpportunity, "This opportunity has already been closed.");
  }
  const state = states[action];
  const reason = statusReason(session, state, body.Status);
  await recordClose(session, found.row.id, close);
  await overwriteRow(session, found.table, found.row, {
    statecode: state,
    statuscode: reason,
    actualclosedate: close.actualend ?? wholeSeconds(session.nowMs).slice(0, 10),
    actualvalue: close.actualrevenue ?? found.row.document.estimatedvalue,
  });
  return emptyResponse();
}

/** Closing leaves an activity behind: the opportunity close. */
async function recordClose(
  session: WriteSession,
  opportunityId: string,
  close: Readonly<Record<string, unknown>>,
): Promise<void> {
  const table = session.model.get("opportunityclose");
  if (!table) return;
  const { actualend, ...rest } = close;
  const end =
    typeof actualend === "string" && actualend.length === 10 ? `${actualend}T00:00:00Z` : actualend;
  await createRow(session, table, {
    ...rest,
    ...(end === undefined ? {} : { actualend: end }),
    "opportunityid@odata.bind": `opportunities(${opportunityId})`,
  });
}

function statusReason(session: WriteSession, state: number, status: unknown): number {
  const options = session.model.get("opportunity")?.attributes.statuscode?.options ?? [];
  const allowed = options.filter((option) => option.state === state);
  // Status -1 stands for the state's default reason.
  const reason = status === -1 ? allowed[0] : allowed.find((option) => option.value === status);
  if (!reason) {
    throw badRequest(
      errorCodes.invalidStatusForState,
      `${String(status)} is not a valid status code for state code ${state} on opportunity.`,
    );
  }
  return reason.value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
