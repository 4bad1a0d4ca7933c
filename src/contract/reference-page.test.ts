import { expect, test } from "vitest";
import { fields } from "./fields.ts";
import { operations } from "./operations.ts";
import {
  actionParameters,
  listDefinition,
  type ParameterRow,
  referralDefinition,
  referralTypeName,
} from "./reference-page.ts";

// Path | type | title | description, as the specification lists them.
const definition = `
@odata.context | string | ODataContext | OData context for this API call
campaignId | string | Campaign ID | Marketing Campaign ID
consent.consentToContact | boolean | Consent to contact | Consent to Contact
consent.consentToToShareInfoWithOthers | boolean | Consent To Share Info With Others | Consent to share info with others
consent.consentToShareReferralWithMicrosoftSellers | boolean | Consent To Share Referral With Microsoft Sellers | Consent to share Referral with Microsoft Sellers
createdDateTime | string | Date/Time of Creation | Created Date Time
customerProfile.address.addressLine1 | string | Customer Profile - Address Line 1 | Customer Address Line 1
customerProfile.address.addressLine2 | string | Customer Profile - Address Line 2 | Customer Profile Address Line 2
customerProfile.address.city | string | Customer Profile - City | Customer Profile City
customerProfile.address.country | string | Customer Profile - Country | Customer Profile Country
customerProfile.address.postalCode | string | Customer Profile - Postal Code | Customer Profile Postal Code
customerProfile.address.region | string | Customer Profile - Region | Customer Profile Region
customerProfile.address.state | string | Customer Profile - State | Customer Profile State
customerProfile.ids | array of | Customer Profile - IDs | CustomerProfileIDs
customerProfile.name | string | Customer Profile - Name | Customer Name
customerProfile.size | string | Customer Profile - Size | Customer Number of Employees
customerProfile.team | array of object | Customer Team | Customer Team
customerProfile.team.contactPreference.disableNotifications | boolean | Customer Contact Preference Disable Notifications | Customer Team Contact Preference Disable Notifications
customerProfile.team.contactPreference.locale | string | Customer Contact Preference Locale | Customer Team Contact Preference Locale
customerProfile.team.email | string | Email | Customer Team Email
customerProfile.team.firstName | string | First Name | Customer Team FirstName
customerProfile.team.lastName | string | Last Name | Customer Team LastName
customerProfile.team.phoneNumber | string | Phone Number | Customer Team PhoneNumber
details.closingDateTime | string | Closing Date Time | Closing DateTime
details.currency | string | Currency | Currency
details.customerAction | string | Customer Action | Customer Action
details.customerRequestedContact | boolean | Customer Contact Requested | Has Customer Requested To Be Contacted
details.dealValue | float | Deal Value | Deal Value
details.notes | string | Notes | Notes
details.requirements.industries | array of object | Industries | Industries
details.requirements.industries.id | string | Name | Industry Name
details.requirements.products | array of object | Products | Products
details.requirements.products.id | string | Name | Products Name
details.requirements.services | array of object | Services | Services
details.requirements.services.id | string | Name | Services Name
details.requirements.solutions | array of | Solutions | Solutions
eTag | string | eTag | eTag
engagementId | string | Engagement ID | Engagement ID
expirationDateTime | string | Date/Time of Expiration | Expiration DateTime
externalReferenceId | string | External Reference ID | External Reference ID
favorite | boolean | Favorite | Mark This Referral As Favorite
id | string | Referral ID | Referral ID
inviteContext.assistanceRequestCode | string | Assistance Request Code | Assistance Request Code For This Referral
inviteContext.invitedBy.organizationId | string | Invited By - Organization ID | Invited By Organization ID
inviteContext.invitedBy.organizationName | string | Invited By - Organization Name | Invited By Organization Name
inviteContext.notes | string | Invite - Context Notes | Invite Context Notes
lastModifiedVia | string | Last Modified By | Referral Last Modified By
lastRunId | string | Last Run ID | Identifier For The Last Run
links.relatedReferrals.method | string | Links - Related Referrals Method | Links Related Referrals Method
links.relatedReferrals.uri | string | Links - Related Referrals URI | Links Related Referrals URI
links.self.method | string | Links - Self Method | Links Self Method
links.self.uri | string | Links - Self URI | Links Self URI
name | string | Name | Name
organizationId | string | Organization ID | Organization ID
organizationName | string | Organization Name | Organization Name
qualification | string | Qualification | Qualification
referralProgram | string | Referral Program | Referral Program Name
salesStage | string | Sales Stage | Sales Stage
status | string | Status | Status
statusReason | string | Status - Reason | Status Reason
substatus | string | SubStatus | SubStatus
target | array of object | target | Target
target.id | string | Target - ID | Target ID
target.type | string | Target - Type | Target Type
team | array of object | Sales Team | Sales Team
team.contactPreference.disableNotifications | boolean | Disable Notifications | Sales Team Disable Notifications
team.contactPreference.locale | string | Contact Preference Locale | Sales Team Contact Preference Locale
team.email | string | Email | Sales Team Email
team.firstName | string | First Name | Sales Team First Name
team.lastName | string | Last Name | Sales Team Last Name
team.phoneNumber | string | Phone Number | Sales Team Phone Number
trackingInfo.microsoftMsxId | string | Microsoft CRM ID | Opportunity ID for the referral in Microsoft CRM
type | string | Type | Type of Referral
updatedDateTime | string | Date/Time of Update | Updated Date Time
`
  .trim()
  .split("\n")
  .map((line) => {
    const [path, type, title, description] = line.split(" | ");
    return { title, path, type, description };
  });

const correlationId = [
  "Correlation ID | MS-CorrelationId | - | string | The unique identifier to track the request",
];

const row = ({ title, key, required, type, description }: ParameterRow): string =>
  [title, key, required ? "True" : "-", type || "-", description].join(" | ");

/** The body's fields as parameters: the records inside a list stand in the list's place. */
const bodyRows = definition
  .filter(({ type }) => type !== "array of object")
  .map(({ title, path, type, description }) =>
    [title, path?.replace(/^[^@]*\./, ""), "-", type, description].join(" | "),
  );

test("the Referral's definition has the 74 paths of the specification, with titles and types", () => {
  expect(definition).toHaveLength(74);
  expect(referralDefinition).toEqual(definition);
});

test("the list's definition has the context, the count and the referrals", () => {
  expect(listDefinition.map(({ path, type }) => [path, type])).toEqual([
    ["@odata.context", "string"],
    ["@odata.count", "integer"],
    ["value", `array of ${referralTypeName}`],
  ]);
});

test("the five actions have 69, 2, 8, 71 and 5 parameters", () => {
  const specified = operations.filter(({ edition }) => edition === "specification");
  expect(specified.map(({ operationId }) => actionParameters(operationId).length)).toEqual([
    69, 2, 8, 71, 5,
  ]);
});

test("creating takes each field of the referral, and the correlation id", () => {
  expect(actionParameters("CreateReferral").map(row)).toEqual([...bodyRows, ...correlationId]);
});

test("getting by id takes the id and the correlation id", () => {
  expect(actionParameters("GetReferralById").map(row)).toEqual([
    "Referral ID | id | True | string | Identifier of the referral.",
    ...correlationId,
  ]);
});

test("getting all takes seven query options and the correlation id", () => {
  expect(actionParameters("GetAllReferrals").map(row)).toEqual([
    "Expand Query | $expand | - | string | Expands related entities inline (default = none).",
    "Filter Query | $filter | - | string | An ODATA filter query to restrict the entries returned " +
      "(e.g. stringColumn eq 'string' OR numberColumn lt 123).",
    "Select Query | $select | - | string | An ODATA select query to display which properties to " +
      "include in the response.",
    "Order By | $orderby | - | string | An ODATA orderBy query for specifying the order of entries.",
    "Top Count | $top | - | integer | Total number of entries to retrieve (default = all).",
    "Skip Count | $skip | - | integer | The number of entries to skip (default = 0).",
    "Count | $count | - | boolean | Includes a count of the matching results in the response.",
    "Correlation ID | MS-CorrelationId | - | string | The unique identifier to track the request.",
  ]);
});

test("updating takes the id, each field of the referral, if-match and the correlation id", () => {
  expect(actionParameters("UpdateReferralById").map(row)).toEqual([
    "Referral ID | id | True | string | The unique id for this referral.",
    ...bodyRows,
    "Used for if match header from the client | if-match | True | string | Used for if match " +
      "header from the client.",
    ...correlationId,
  ]);
});

test("patching takes the id, the correlation id, and an operation's three properties", () => {
  expect(actionParameters("PatchReferralById").map(row)).toEqual([
    "Referral ID | id | True | string | The unique id for this referral",
    ...correlationId,
    "Update Operation | op | - | string | Choose an update (patch) operation",
    "Field Path | path | - | string | Path to specific field within referral document for e.g. " +
      "/details/notes",
    "Value | value | - | - | New value to be replaced",
  ]);
});

test("later editions add two operations and the fields of deal registrations", () => {
  const added = operations.filter(({ edition }) => edition === "current");
  expect(added.map(({ operationId, method, path }) => [operationId, method, path])).toEqual([
    ["CreateDealRegistrationByReferralId", "PATCH", "/referrals/{id}/"],
    ["PatchDealRegistrationByReferralId", "PATCH", "/referrals/{id}//"],
  ]);
  const later = fields.filter(({ edition }) => edition === "current").map(({ path }) => path);
  expect(later).toEqual(expect.arrayContaining(["mpnId", "registrations.contract.term"]));
});
