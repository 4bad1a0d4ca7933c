import { resolveAddress } from "./address.ts";
import type { DataverseContext } from "./context.ts";
import { badRequest, errorCodes, rowNotFound } from "./errors.ts";
import { parseBody, type WebApiRequest, type WebApiResponse } from "./request.ts";
import { jsonResponse } from "./resources.ts";
import type { Document, StoredRow } from "./store.ts";
import { createRow, overwriteRow } from "./write.ts";
import type { WriteSession } from "./write-session.ts";

const path = /^leads\(([0-9a-f-]{36})\)\/Microsoft\.Dynamics\.CRM\.QualifyLead$/i;

async function create(
  session: WriteSession,
  name: string,
  row: Document,
): Promise<StoredRow | undefined> {
  const table = session.model.get(name);
  return table && createRow(session, table, row);
}

/** What a qualified lead leaves behind, as far as it was asked for. */
async function createParties(
  session: WriteSession,
  lead: Document,
  wanted: Document,
): Promise<readonly (readonly [setName: string, row: StoredRow])[]> {
  const made: (readonly [string, StoredRow])[] = [];
  const account =
    wanted.CreateAccount === true && typeof lead.companyname === "string"
      ? await create(session, "account", {
          name: lead.companyname,
          address1_country: lead.address1_country,
          address1_postalcode: lead.address1_postalcode,
        })
      : undefined;
  if (account) made.push(["accounts", account]);
  const parent = account
    ? { "parentcustomerid_account@odata.bind": `accounts(${account.id})` }
    : {};
  const contact =
    wanted.CreateContact === true
      ? await create(session, "contact", {
          firstname: lead.firstname,
          lastname: lead.lastname,
          emailaddress1: lead.emailaddress1,
          ...parent,
        })
      : undefined;
  if (contact) made.push(["contacts", contact]);
  if (wanted.CreateOpportunity !== true) return made;
  const opportunity = await create(session, "opportunity", {
    name: lead.subject,
    estimatedvalue: lead.estimatedamount,
    description: lead.description,
    ...(account ? { "customerid_account@odata.bind": `accounts(${account.id})` } : {}),
    ...(contact ? { "parentcontactid@odata.bind": `contacts(${contact.id})` } : {}),
  });
  if (opportunity) made.push(["opportunities", opportunity]);
  return made;
}

/** QualifyLead on a lead; undefined where the path is another. */
export async function qualifyLead(
  context: DataverseContext,
  session: WriteSession,
  request: WebApiRequest,
): Promise<WebApiResponse | undefined> {
  const id = path.exec(request.target)?.[1];
  const table = session.model.get("lead");
  if (request.method !== "POST" || id === undefined || !table) return undefined;
  const { row } = await resolveAddress(
    session.transaction,
    session.model,
    { table, id: id.toLowerCase() },
    session.nowMs,
  );
  if (!row) throw rowNotFound("lead", id);
  const wanted = parseBody(request.body);
  if (row.document.statecode !== 0) {
    throw badRequest(errorCodes.invalidArgument, "The lead is closed.");
  }
  const reasons = table.attributes.statuscode?.options ?? [];
  const reason = reasons.find(({ value, state }) => state === 1 && value === wanted.Status);
  if (!reason) {
    throw badRequest(
      errorCodes.invalidStatusForState,
      `${String(wanted.Status)} is not a valid status code for state code 1 on lead.`,
    );
  }
  const made = await createParties(session, row.document, wanted);
  await overwriteRow(session, table, row, { statecode: 1, statuscode: reason.value });
  return jsonResponse(200, {
    "@odata.context": `${context.rootUrl}/$metadata#Collection(mscrm.crmbaseentity)`,
    value: made.map(([setName, each]) => ({
      "@odata.type": `#Microsoft.Dynamics.CRM.${setName.replace(/ies$/, "y").replace(/s$/, "")}`,
      ...each.document,
    })),
  });
}
