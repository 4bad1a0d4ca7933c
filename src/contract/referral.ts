import type { z } from "zod";
import { dateTime, decimal, flag, list, oneOf, part, record, text, type Write } from "./field.ts";
import { registration } from "./registration.ts";

/*
 * THE STATEMENT. A field is one entry: type(title, description, who may write it, more). Titles and
 * descriptions are the connector's own. Types, validation, the OData model, JSON Schema, OpenAPI,
 * the patch allow-list and the connector's definition all follow from here: to add a field, add its
 * entry, and nothing else.
 */

const server: readonly Write[] = [];
const create: readonly Write[] = ["create"];
const whole: readonly Write[] = ["create", "put"];
const anyCall: readonly Write[] = ["create", "put", "patch"];
const current = { edition: "current" } as const;

/** The statuses of a referral, known today. */
export const statuses = ["None", "New", "Active", "Closed"] as const;

/** The substatuses of a referral, known today. */
export const substatuses = [
  "None",
  "Pending",
  "Received",
  "Accepted",
  "Won",
  "Lost",
  "Declined",
  "Expired",
] as const;

/** Whose deal it is: of one organisation, or shared with Microsoft. */
export const referralTypes = ["Independent", "Shared"] as const;

/** How well a referral is qualified. */
export const qualifications = ["None", "Direct", "MarketingQualified", "SalesQualified"] as const;

/** What a partner asks Microsoft's help for. */
export const assistanceRequestCodes = [
  "Unknown",
  "GeneralOrOther",
  "CustomerTechnicalArchitecture",
  "ProofOfConceptOrDemo",
  "QuotesOrLicensing",
  "PostSalesCustomerSuccess",
  "WorkloadSpecificValueProposition",
] as const;

/** Sizes of a customer by number of employees; the last three are of an older edition. */
export const customerSizes = [
  "1to9employees",
  "10to50employees",
  "51to250employees",
  "251to1000employees",
  "1001to5000employees",
  "5001to10000employees",
  "10001to20000employees",
  "Morethan20000employees",
  "1to50employees",
  "51to500employees",
  "Morethan500employees",
] as const;

/** The definition's own sales stages; real data holds percentages too. */
export const salesStages = ["Qualify", "Develop", "Propose", "Close"] as const;

const consent = record("Consent", {
  consentToContact: flag("Consent to contact", "Consent to Contact", whole),
  consentToToShareInfoWithOthers: flag(
    "Consent To Share Info With Others",
    "Consent to share info with others",
    whole,
  ),
  consentToShareReferralWithMicrosoftSellers: flag(
    "Consent To Share Referral With Microsoft Sellers",
    "Consent to share Referral with Microsoft Sellers",
    anyCall,
  ),
  consentToMicrosoftToContactSpecificPartners: flag(
    "Consent To Microsoft To Contact Specific Partners",
    "Consent to Microsoft to contact specific partners",
    whole,
    current,
  ),
});

const address = record("Address", {
  addressLine1: text("Customer Profile - Address Line 1", "Customer Address Line 1", whole),
  addressLine2: text("Customer Profile - Address Line 2", "Customer Profile Address Line 2", whole),
  city: text("Customer Profile - City", "Customer Profile City", whole),
  country: text("Customer Profile - Country", "Customer Profile Country", whole, {
    codes: "country",
  }),
  postalCode: text("Customer Profile - Postal Code", "Customer Profile Postal Code", whole),
  region: text("Customer Profile - Region", "Customer Profile Region", whole),
  state: text("Customer Profile - State", "Customer Profile State", whole),
});

const profileId = record("ProfileId", {
  profileType: oneOf(
    ["Duns", "External"],
    "Profile Type",
    "Register that the number belongs to",
    whole,
    current,
  ),
  id: text("Profile ID", "Number of the customer in the register", whole, current),
});

const customerContactPreference = record("CustomerContactPreference", {
  disableNotifications: flag(
    "Customer Contact Preference Disable Notifications",
    "Customer Team Contact Preference Disable Notifications",
    whole,
  ),
  locale: text(
    "Customer Contact Preference Locale",
    "Customer Team Contact Preference Locale",
    whole,
  ),
});

const customerMember = record("CustomerMember", {
  contactPreference: part(
    customerContactPreference,
    "contactPreference",
    "Customer Team Contact Preference",
    whole,
  ),
  email: text("Email", "Customer Team Email", whole),
  firstName: text("First Name", "Customer Team FirstName", whole),
  lastName: text("Last Name", "Customer Team LastName", whole),
  phoneNumber: text("Phone Number", "Customer Team PhoneNumber", whole),
});

const customerProfile = record("CustomerProfile", {
  address: part(address, "address", "Address of the customer", whole),
  ids: list(profileId, "Customer Profile - IDs", "CustomerProfileIDs", whole),
  name: text("Customer Profile - Name", "Customer Name", whole),
  size: oneOf(customerSizes, "Customer Profile - Size", "Customer Number of Employees", whole),
  team: list(customerMember, "Customer Team", "Customer Team", anyCall),
});

const industry = record("Industry", { id: text("Name", "Industry Name", whole) });
const product = record("Product", { id: text("Name", "Products Name", whole) });
const service = record("Service", { id: text("Name", "Services Name", whole) });

const solution = record("Solution", {
  id: text("Solution ID", "Identifier of the solution, as SOL-12345-ABC or a GUID", whole, current),
  name: text("Solution Name", "Name of the solution", whole, current),
  type: oneOf(["None", "Category", "Name"], "Solution Type", "What the id names", whole, current),
  price: decimal("Solution Price", "Price of the solution", whole, current),
  quantity: decimal("Solution Quantity", "Number of units", whole, current),
  currency: text("Solution Currency", "Currency of the price", whole, {
    ...current,
    codes: "currency",
  }),
  publisherName: text("Publisher Name", "Publisher of the solution", whole, current),
});

const offer = record("Offer", { id: text("Offer ID", "Identifier of the offer", whole, current) });

const attribute = record("Attribute", {
  type: text("Type", "Type", whole, current),
  id: text("Id", "Id", whole, current),
});

const additionalRequirements = record("AdditionalRequirements", {
  attributes: list(attribute, "Attributes", "Attributes", whole, current),
});

const requirements = record("Requirements", {
  industries: list(industry, "Industries", "Industries", whole),
  products: list(product, "Products", "Products", whole),
  services: list(service, "Services", "Services", whole),
  solutions: list(solution, "Solutions", "Solutions", anyCall),
  offers: list(offer, "Offers", "Offers", whole, current),
  additionalRequirements: part(
    additionalRequirements,
    "Additional Requirements",
    "Additional Requirements",
    whole,
    current,
  ),
});

const details = record("Details", {
  closingDateTime: dateTime("Closing Date Time", "Closing DateTime", anyCall),
  currency: text("Currency", "Currency", anyCall, { codes: "currency" }),
  customerAction: text("Customer Action", "Customer Action", whole),
  customerRequestedContact: flag(
    "Customer Contact Requested",
    "Has Customer Requested To Be Contacted",
    whole,
  ),
  dealValue: decimal("Deal Value", "Deal Value", anyCall),
  notes: text("Notes", "Notes", anyCall),
  requirements: part(requirements, "Referral Requirements", "Referral Requirements", whole),
});

const invitedBy = record("InvitedBy", {
  organizationId: text("Invited By - Organization ID", "Invited By Organization ID", whole),
  organizationName: text("Invited By - Organization Name", "Invited By Organization Name", whole),
});

const inviteContext = record("InviteContext", {
  assistanceRequestCode: oneOf(
    assistanceRequestCodes,
    "Assistance Request Code",
    "Assistance Request Code For This Referral",
    whole,
  ),
  invitedBy: part(invitedBy, "invitedBy", "Invited By", whole),
  notes: text("Invite - Context Notes", "Invite Context Notes", whole),
});

const relatedLink = record("RelatedReferralsLink", {
  method: text("Links - Related Referrals Method", "Links Related Referrals Method", server),
  uri: text("Links - Related Referrals URI", "Links Related Referrals URI", server),
});

const selfLink = record("SelfLink", {
  method: text("Links - Self Method", "Links Self Method", server),
  uri: text("Links - Self URI", "Links Self URI", server),
});

const links = record("Links", {
  relatedReferrals: part(relatedLink, "relatedReferrals", "Related Referrals", server),
  self: part(selfLink, "self", "Links Self", server),
});

const target = record("Target", {
  id: text("Target - ID", "Target ID", whole),
  type: oneOf(
    ["None", "BusinessProfileLocation", "SolutionProfile"],
    "Target - Type",
    "Target Type",
    whole,
  ),
});

const salesContactPreference = record("ContactPreference", {
  disableNotifications: flag("Disable Notifications", "Sales Team Disable Notifications", whole),
  locale: text("Contact Preference Locale", "Sales Team Contact Preference Locale", whole),
});

const member = record("Member", {
  contactPreference: part(
    salesContactPreference,
    "contactPreference",
    "Sales Team Contact Preference",
    whole,
  ),
  email: text("Email", "Sales Team Email", whole),
  firstName: text("First Name", "Sales Team First Name", whole),
  lastName: text("Last Name", "Sales Team Last Name", whole),
  phoneNumber: text("Phone Number", "Sales Team Phone Number", whole),
});

const trackingInfo = record("TrackingInfo", {
  microsoftMsxId: text(
    "Microsoft CRM ID",
    "Opportunity ID for the referral in Microsoft CRM",
    server,
  ),
});

const tag = record("Tag", { tag: text("Tag", "Referral tag", server, current) });

/** The Referral (V3), as a schema that tolerates what it doesn't know. */
export const referralSchema = record("Referral", {
  "@odata.context": text("ODataContext", "OData context for this API call", server),
  campaignId: text("Campaign ID", "Marketing Campaign ID", anyCall),
  consent: part(consent, "consent", "consentObject", whole, { required: true }),
  createdDateTime: dateTime("Date/Time of Creation", "Created Date Time", server),
  customerProfile: part(customerProfile, "customerProfile", "Details of the customer", whole, {
    required: true,
  }),
  details: part(details, "details", "Details of referral", whole, { required: true }),
  eTag: text("eTag", "eTag", server),
  engagementId: text("Engagement ID", "Engagement ID", create),
  expirationDateTime: dateTime("Date/Time of Expiration", "Expiration DateTime", server),
  externalReferenceId: text("External Reference ID", "External Reference ID", anyCall),
  favorite: flag("Favorite", "Mark This Referral As Favorite", whole),
  id: text("Referral ID", "Referral ID", server),
  inviteContext: part(inviteContext, "inviteContext", "Invite Context", whole),
  lastModifiedVia: text("Last Modified By", "Referral Last Modified By", whole),
  lastRunId: text("Last Run ID", "Identifier For The Last Run", whole),
  links: part(links, "links", "Links", server),
  name: text("Name", "Name", whole),
  organizationId: text("Organization ID", "Organization ID", server),
  organizationName: text("Organization Name", "Organization Name", server),
  qualification: oneOf(qualifications, "Qualification", "Qualification", whole),
  referralProgram: text("Referral Program", "Referral Program Name", anyCall),
  salesStage: oneOf(salesStages, "Sales Stage", "Sales Stage", anyCall, {
    valuesAreExamples: true,
  }),
  status: oneOf(statuses, "Status", "Status", anyCall),
  statusReason: text("Status - Reason", "Status Reason", anyCall),
  substatus: oneOf(substatuses, "SubStatus", "SubStatus", anyCall),
  target: list(target, "target", "Target", whole),
  team: list(member, "Sales Team", "Sales Team", anyCall),
  trackingInfo: part(trackingInfo, "trackingInfo", "Referral Tracking Information", server),
  type: oneOf(referralTypes, "Type", "Type of Referral", whole, { required: true }),
  updatedDateTime: dateTime("Date/Time of Update", "Updated Date Time", server),
  mpnId: text("MPN ID", "MPN ID", server, current),
  registrations: list(registration, "Registrations", "Referral registration", ["append"], current),
  registrationStatus: text("Registration Status", "Referral registration status", server, current),
  callToAction: text("Call To Action", "Referral call to action", server, current),
  referralSource: text("Source", "Referral source", server, current),
  quality: text("Quality", "Referral quality", server, current),
  isSpam: flag("Is Spam", "Referral - Is Spam", server, current),
  direction: oneOf(["Incoming", "Outgoing"], "Direction", "Referral direction", server, current),
  tags: list(tag, "Tags", "Referral tags", server, current),
  acceptedDateTime: dateTime("Accepted Date/Time", "Referral accepted DateTime", server, current),
  closedDateTime: dateTime("Closed Date/Time", "Referral closed DateTime", server, current),
});

/** A referral document. Properties unknown to this edition are kept. */
export type Referral = z.infer<typeof referralSchema>;

/** A person of the partner's sales team. */
export type Member = z.infer<typeof member>;

/** A person at the customer. */
export type CustomerMember = z.infer<typeof customerMember>;

/** A solution that a deal is about. */
export type Solution = z.infer<typeof solution>;
