import type { Operation, Parameter } from "./operations.ts";

const header = (name: string, title: string, description: string): Parameter => ({
  name,
  in: "header",
  type: "string",
  title,
  description,
  required: false,
  visibility: "none",
});

const clientRequestId = header(
  "client-request-id",
  "Client Request ID",
  "A GUID of the caller's own, which is answered and logged",
);

const requestId = header(
  "MS-RequestId",
  "Request ID",
  "The same value for a request and its repetitions, so that it is carried out once",
);

const ifMatch = header(
  "If-Match",
  "If-Match",
  "The eTag that must still be current, quotes included; without it the last write wins",
);

const prefer = header(
  "Prefer",
  "Prefer",
  "return=representation to get the referral in the answer",
);

const pageSize = header(
  "Prefer",
  "Prefer",
  "odata.maxpagesize=100 to get at most so many referrals in one answer",
);

const patch = [clientRequestId, requestId, ifMatch, prefer];

/** Headers that the API honours and the connector doesn't have, by operationId. */
export const apiHeaders: Readonly<Record<Operation["operationId"], readonly Parameter[]>> = {
  CreateReferral: [clientRequestId, requestId],
  GetReferralById: [clientRequestId],
  GetAllReferrals: [clientRequestId, pageSize],
  UpdateReferralById: [clientRequestId, requestId],
  PatchReferralById: patch,
  CreateDealRegistrationByReferralId: patch,
  PatchDealRegistrationByReferralId: patch,
};
