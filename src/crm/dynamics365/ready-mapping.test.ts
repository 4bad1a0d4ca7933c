import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { entityModel, type ModelType, validateReferral } from "../../contract/index.ts";
import { fetchHttp } from "../../runtime/index.ts";
import { startSandbox, type TestSandbox } from "../../sandbox/dynamics365/sandbox-test-kit.ts";
import { crmFieldsOf } from "../compile-mapping.ts";
import { write } from "../conformance/steps.ts";
import type { MappedField } from "../mapping-port.ts";
import type { CrmAdapter, CrmFields, CrmRecord, CrmValue } from "../port.ts";
import { createDynamicsAdapter, readyDynamicsMapping } from "./index.ts";

const mapping = readyDynamicsMapping();
const fieldOf = (name: string): MappedField => {
  const field = mapping.fields.find((each) => each.name === name);
  if (!field) throw new Error(`there is no field ${name}`);
  return field;
};
const nothing = { referral: {}, crm: {} };

/** What the official solutions map, as Microsoft's documentation lists it. */
const official: readonly (readonly [referral: string, crm: string, direction: string])[] = [
  ["/name", "name", "both"],
  ["/externalReferenceId", "opportunityid", "to-referral"],
  ["/details/dealValue", "estimatedvalue", "both"],
  ["/details/currency", "transactioncurrencyid.isocurrencycode", "both"],
  ["/details/closingDateTime", "estimatedclosedate", "both"],
  ["/details/notes", "description", "both"],
  ["/customerProfile/name", "account.name", "both"],
  ["/customerProfile/address/country", "account.address1_country", "both"],
  ["/customerProfile/address/postalCode", "account.address1_postalcode", "both"],
  ["/customerProfile/team", "contacts", "both"],
  ["/team", "team", "both"],
  ["/status", "status", "both"],
  ["/details/requirements/solutions", "solutions", "both"],
  ["/trackingInfo/microsoftMsxId", "pr_microsoftcrmid", "to-crm"],
];

test.each(official)("%s is mapped to %s, %s", (referral, crm, direction) => {
  const found = mapping.fields.find(({ referralPath }) => referralPath === referral);
  expect(found).toMatchObject({ crmField: crm, direction });
});

test("every path of both ready mappings is one of the contract's", () => {
  const isKnown = (path: string): boolean => {
    let type: ModelType | undefined = entityModel;
    for (const step of path.slice(1).split("/")) {
      const property: ModelType["properties"][number] | undefined = type?.properties.find(
        ({ name }) => name === step,
      );
      if (!property) return false;
      type = typeof property.type === "string" ? undefined : property.type;
    }
    return true;
  };
  for (const each of [mapping, readyDynamicsMapping("lead")]) {
    const written = each.fields.filter(
      ({ direction, compute }) => !(compute && direction === "to-crm"),
    );
    const paths = [
      ...written.map((field) => field.referralPath),
      ...Object.keys(each.newReferral({})),
    ];
    expect(paths.filter((path) => !isKnown(path))).toEqual([]);
  }
});

test("a deal is shared by its mark alone", () => {
  expect(mapping.shareWhen({ pr_syncwithpartnercenter: true })).toBe(true);
  expect(mapping.shareWhen({ pr_syncwithpartnercenter: false })).toBe(false);
  expect(mapping.shareWhen({})).toBe(false);
  expect(mapping.newDeal).toEqual({ pr_syncwithpartnercenter: true });
});

describe("with the sandbox", () => {
  let kit: TestSandbox;
  let adapter: CrmAdapter;
  beforeAll(async () => {
    kit = await startSandbox();
    adapter = createDynamicsAdapter({
      http: fetchHttp,
      rootUrl: kit.url,
      getToken: async () => kit.token,
      fields: crmFieldsOf(mapping),
    });
  });
  afterAll(() => kit.close());

  const member = (name: string) => ({
    firstName: name,
    lastName: "Holm",
    phoneNumber: "+1 202 555 0100",
    email: `${name.toLowerCase()}@elmstead.example`,
    contactPreference: { locale: "en-US", disableNotifications: false },
  });
  const referral: Readonly<Record<string, CrmValue>> = {
    "/name": "Optics in the cloud",
    "/details/dealValue": 1234.5,
    "/details/currency": "JPY",
    "/details/closingDateTime": "2026-12-24T13:45:00Z",
    "/details/notes": `${"A long story. ".repeat(300)}The end.`,
    "/status": "New/Received",
    "/customerProfile/name": "Elmstead Optics",
    "/customerProfile/address/addressLine1": "1 Station Road",
    "/customerProfile/address/addressLine2": null,
    "/customerProfile/address/city": "Sendai",
    "/customerProfile/address/state": "Miyagi",
    "/customerProfile/address/postalCode": "980-0021",
    "/customerProfile/address/country": "JP",
    "/customerProfile/team": [member("Aiko"), member("Ines")],
    "/team": [member("Tunde")],
    "/details/requirements/solutions": [{ id: "SOL-1", name: "One", type: "Name", price: 5 }],
    "/inviteContext/assistanceRequestCode": "QuotesOrLicensing",
    "/consent/consentToShareReferralWithMicrosoftSellers": true,
    "/trackingInfo/microsoftMsxId": "7-ABC",
  };

  async function store(key: string): Promise<CrmRecord> {
    const fields: Record<string, CrmValue> = { ...mapping.newDeal };
    for (const field of mapping.fields) {
      if (field.direction === "to-referral") continue;
      const value = referral[field.referralPath] ?? null;
      const translated = field.lens.toCrm(value, null, nothing);
      if (!translated.ok) throw new Error(`${field.name}: ${translated.reason}`);
      if (translated.value !== null) fields[field.crmField] = translated.value;
    }
    const { record } = await write(adapter, { key, fields });
    if (!record) throw new Error("the adapter gave no record");
    return record;
  }

  test("an inbound referral becomes a deal, and is read back the same from it", async () => {
    const { fields } = await store("referral-1");
    for (const field of mapping.fields) {
      if (field.direction !== "both") continue;
      const before = referral[field.referralPath] ?? null;
      const back = field.lens.toReferral(fields[field.crmField] ?? null, before, nothing);
      // Yen have no decimals: Dynamics rounds the amount, which is the currency's to decide.
      const expected = field.name === "dealValue" ? 1235 : before;
      expect(back, field.name).toEqual({ ok: true, value: expected });
    }
  });

  const deal: CrmFields = {
    opportunityid: "9a1c5b0e-0000-4000-8000-000000000001",
    name: "Timber portal",
    status: "open/1",
    estimatedvalue: 5000,
    "transactioncurrencyid.isocurrencycode": "EUR",
    "account.name": "Dovecote Timber",
    "account.address1_country": "France",
    contacts: [{ emailaddress1: "a@dovecote.example", lastname: "Holm" }],
    solutions: [{ pr_solutioncode: "SOL-7", pr_name: "Seven" }],
    description: "Please help us with the architecture.",
    pr_customerconsent: true,
  };

  /** The document that a shared deal becomes, put together from the mapping alone. */
  function newReferral(fields: CrmFields): Record<string, unknown> {
    const document: Record<string, unknown> = {};
    const put = (path: string, value: CrmValue): void => {
      const steps = path.slice(1).split("/");
      const last = steps.pop() ?? "";
      let target = document;
      for (const step of steps) {
        target[step] ??= {};
        target = target[step] as Record<string, unknown>;
      }
      target[last] = value;
    };
    for (const [path, value] of Object.entries(mapping.newReferral(fields))) put(path, value);
    for (const field of mapping.fields) {
      if (field.direction === "to-crm" || field.referralWrite === "never") continue;
      if (field.referralPath === "/status") continue;
      const source = field.compute ? field.compute(fields) : (fields[field.crmField] ?? null);
      const value = field.lens.toReferral(source, null, nothing);
      if (value.ok && value.value !== null) put(field.referralPath, value.value);
    }
    return document;
  }

  test("a private deal becomes a referral that the contract accepts, without Microsoft", () => {
    const document = newReferral(deal);
    expect(validateReferral(document, "create")).toMatchObject({ ok: true });
    expect(document).toMatchObject({
      type: "Independent",
      target: [],
      externalReferenceId: deal.opportunityid,
      consent: { consentToContact: true, consentToShareReferralWithMicrosoftSellers: false },
    });
  });

  test("a deal for which Microsoft's help is asked becomes a co-sell with its solutions", () => {
    const document = newReferral({
      ...deal,
      pr_microsofthelp: 727_000_001,
      pr_sharewithmicrosoft: true,
    });
    expect(validateReferral(document, "create")).toMatchObject({ ok: true });
    expect(document).toMatchObject({
      type: "Shared",
      target: [{ type: "SolutionProfile", id: "SOL-7" }],
      inviteContext: {
        assistanceRequestCode: "CustomerTechnicalArchitecture",
        notes: "Please help us with the architecture.",
      },
      consent: { consentToShareReferralWithMicrosoftSellers: true },
    });
  });

  test("the reason for losing is told from the status, and only once a deal is lost", () => {
    const { compute } = fieldOf("statusReason");
    expect(compute?.({ ...deal, status: "lost/4" })).toBe("The deal was cancelled.");
    expect(compute?.({ ...deal, status: "lost/5" })).toBe("Another offer was chosen.");
    expect(compute?.(deal)).toBeNull();
  });
});
