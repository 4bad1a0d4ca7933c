import { dateTime, decimal, flag, list, oneOf, part, record, text, type Write } from "./field.ts";

/*
 * Deal registrations, since the edition of 2022: appended as a whole, then corrected field by
 * field. Part of the statement in referral.ts.
 */

const server: readonly Write[] = [];
const once: readonly Write[] = ["append"];
const patchable: readonly Write[] = ["append", "patch"];
const current = { edition: "current" } as const;

const contract = record("RegistrationContract", {
  value: decimal("Contract value", "Referral's registration contract value", patchable, current),
  currency: text("Contract Currency", "Referral's registration contract Currency", once, {
    ...current,
    codes: "currency",
  }),
  startDateTime: dateTime(
    "Contract Start Date/Time",
    "Referral's registration contract start date/time",
    patchable,
    current,
  ),
  endDateTime: dateTime(
    "Contract End Date/Time",
    "Referral's registration contract end date/time",
    patchable,
    current,
  ),
  signDateTime: dateTime(
    "Contract Sign Date/Time",
    "Referral's registration contract sign date/time",
    patchable,
    current,
  ),
  term: oneOf(
    ["Perpetual", "Finite"],
    "Contract Term",
    "Referral's registration contract term i.e. Finite or Perpetual",
    patchable,
    current,
  ),
});

const marketplaceTransactionDetails = record("MarketplaceTransactionDetails", {
  isMarketplaceTransacted: flag(
    "Is Marketplace Transacted",
    "Is referral's registration solution marketplace transacted",
    patchable,
    current,
  ),
  marketplaceTransactionDateTime: dateTime(
    "Marketplace Transaction Date/Time",
    "Referral's registration solution marketplace transaction date/time",
    patchable,
    current,
  ),
});

const solutionDetails = record("SolutionDetails", {
  id: text("Solution ID", "Referral's registration solution ID", once, current),
  name: text("Solution Name", "Referral's registration solution name", once, current),
  value: decimal("Solution Value", "Referral's Registration solution value", patchable, current),
  currency: text("Solution Currency", "Referral's registration solution currency", patchable, {
    ...current,
    codes: "currency",
  }),
  isDeployedOnAzure: flag(
    "Is Deployed On Azure",
    "Is referral's registration solution deployed on Azure",
    patchable,
    current,
  ),
  primaryDeploymentOn: oneOf(
    ["Customer", "Partner"],
    "Primary Deployment On",
    "Referral's registration solution - primary deployment on",
    patchable,
    current,
  ),
  pricingModel: oneOf(
    ["PayAsYouGo", "Other"],
    "Pricing Model",
    "Referral's registration solution pricing model",
    patchable,
    current,
  ),
  marketplaceTransactionDetails: part(
    marketplaceTransactionDetails,
    "Marketplace Transaction Details",
    "Referral's registration solution marketplace transaction details",
    once,
    current,
  ),
});

const statusHistory = record("StatusHistory", {
  reviewPendingDateTime: dateTime(
    "Review Pending Date/Time",
    "Registration - Review pending date/time",
    server,
    current,
  ),
  actionRequiredDateTime: dateTime(
    "Action Required Date/Time",
    "Registration - Action required date/time",
    server,
    current,
  ),
  passedDateTime: dateTime("Passed Date/Time", "Registration - Passed date/time", server, current),
  failedDateTime: dateTime("Failed Date/Time", "Registration - Failed date/time", server, current),
  approvedDateTime: dateTime(
    "Approved Date/Time",
    "Registration - Approved date/time",
    server,
    current,
  ),
});

/** A deal registration of a referral. */
export const registration = record("Registration", {
  id: text("Registration ID", "Referral registration ID", server, current),
  type: oneOf(["AzureIPCoSell"], "Registration Type", "Referral registration type", once, current),
  registrationDateTime: dateTime(
    "Registration Date/Time",
    "Referral registration Date/time",
    server,
    current,
  ),
  status: text("Registration Status", "Referral registration status", server, current),
  statusReason: text(
    "Registration Status Reason",
    "Referral registration status reason",
    server,
    current,
  ),
  contract: part(contract, "Contract", "Referral's registration contract", once, current),
  solutionDetails: list(
    solutionDetails,
    "Solution Details",
    "Referral's registration solution details",
    once,
    current,
  ),
  statusHistory: part(
    statusHistory,
    "Status History",
    "Registration status history",
    server,
    current,
  ),
});
