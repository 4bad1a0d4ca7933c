import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { entityModel, type ModelType, validateReferral } from "../../contract/index.ts";
import type { Mapping } from "../mapping-port.ts";
import type { CrmAdapter, CrmFields, CrmRecord, CrmValue } from "../port.ts";
import { write } from "./steps.ts";

/** A ready mapping with a CRM to try it on. */
export interface ReadyMappingWorld {
  readonly adapter: CrmAdapter;
  close(): Promise<void>;
}

/** What a CRM can't keep as the referral has it. */
export interface ReadyMappingTrial {
  readonly mapping: Mapping;
  open(): Promise<ReadyMappingWorld>;
  /** The currency that the CRM keeps; EUR unless told. */
  readonly currency?: string;
  /** The key of the deal, where those of earlier runs are still there. */
  readonly key?: string;
  /** Fields that come back otherwise, by name: why is in the CRM's README. */
  readonly comesBackAs?: Readonly<Record<string, CrmValue>>;
}

const nothing = { referral: {}, crm: {} };

const member = (name: string): CrmValue => ({
  firstName: name,
  lastName: "Holm",
  phoneNumber: "+1 202 555 0100",
  email: `${name.toLowerCase()}@elmstead.example`,
  contactPreference: { locale: "en-US", disableNotifications: false },
});

const referralWith = (currency: string): Readonly<Record<string, CrmValue>> => ({
  "/name": "Optics in the cloud",
  "/details/dealValue": 1234.5,
  "/details/currency": currency,
  "/details/closingDateTime": "2026-12-24T13:45:00Z",
  "/details/notes": "A long story.\nWith a second line. 🚗",
  "/status": "New/Received",
  "/customerProfile/name": "Elmstead Optics",
  "/customerProfile/address/addressLine1": "1 Station Road",
  "/customerProfile/address/addressLine2": "Floor 2",
  "/customerProfile/address/city": "Reims",
  "/customerProfile/address/postalCode": "51100",
  "/customerProfile/address/country": "FR",
  "/customerProfile/team": [member("Aiko")],
  "/details/requirements/solutions": [{ id: "SOL-1", name: "One", type: "Name", price: 5 }],
  "/inviteContext/assistanceRequestCode": "QuotesOrLicensing",
  "/consent/consentToShareReferralWithMicrosoftSellers": true,
  "/trackingInfo/microsoftMsxId": "7-ABC",
});

function isKnownPath(path: string): boolean {
  let type: ModelType | undefined = entityModel;
  for (const step of path.slice(1).split("/")) {
    const property: ModelType["properties"][number] | undefined = type?.properties.find(
      ({ name }) => name === step,
    );
    if (!property) return false;
    type = typeof property.type === "string" ? undefined : property.type;
  }
  return true;
}

/** The document that a shared deal becomes, put together from the mapping alone. */
function newReferral(mapping: Mapping, fields: CrmFields): Record<string, unknown> {
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

function withoutNothing(record: CrmRecord): CrmFields {
  return Object.fromEntries(Object.entries(record.fields).filter(([, value]) => value !== null));
}

/** Holds a ready mapping to the contract on the one side and to its CRM on the other. */
export function describeReadyMapping(name: string, trial: ReadyMappingTrial): void {
  const { comesBackAs = {}, currency = "EUR", mapping } = trial;
  const referral = referralWith(currency);
  describe(`the ready mapping of ${name}`, () => {
    let world: ReadyMappingWorld;
    let stored: CrmRecord;
    beforeAll(async () => {
      world = await trial.open();
      const fields: Record<string, CrmValue> = { ...mapping.newDeal };
      for (const field of mapping.fields) {
        if (field.direction === "to-referral") continue;
        const translated = field.lens.toCrm(referral[field.referralPath] ?? null, null, nothing);
        if (!translated.ok) throw new Error(`${field.name}: ${translated.reason}`);
        if (translated.value !== null) fields[field.crmField] = translated.value;
      }
      const { id } = await write(world.adapter, { key: trial.key ?? "referral-1", fields });
      const record = await world.adapter.read(id, {});
      if (!record) throw new Error("the deal isn't there");
      stored = record;
    });
    afterAll(() => world?.close());

    test("names paths of the contract alone", () => {
      const paths = [
        ...mapping.fields.map(({ referralPath }) => referralPath),
        ...Object.keys(mapping.newReferral({})),
      ];
      expect(paths.filter((path) => !isKnownPath(path))).toEqual([]);
    });

    test("makes a deal of an inbound referral, and reads it back the same", () => {
      for (const field of mapping.fields) {
        if (field.direction !== "both") continue;
        const before = referral[field.referralPath] ?? null;
        const value = stored.fields[field.crmField] ?? null;
        const back = field.lens.toReferral(value, before, nothing);
        const expected = field.name in comesBackAs ? comesBackAs[field.name] : before;
        expect(back, field.name).toEqual({ ok: true, value: expected });
      }
    });

    test("lets the deal wait, marked as shared", () => {
      expect(mapping.shareWhen(stored.fields)).toBe(true);
      expect(mapping.shareWhen({})).toBe(false);
      if (mapping.holding) {
        expect(stored.fields[mapping.holding.crmField]).toBe(mapping.holding.value);
      }
    });

    test("makes a referral of a deal that the contract accepts", () => {
      const document = newReferral(mapping, withoutNothing(stored));
      expect(validateReferral(document, "create")).toMatchObject({ ok: true });
      expect(document).toMatchObject({
        type: "Shared",
        externalReferenceId: stored.id,
        target: [{ type: "SolutionProfile", id: "SOL-1" }],
        inviteContext: { assistanceRequestCode: "QuotesOrLicensing" },
        consent: { consentToContact: false, consentToShareReferralWithMicrosoftSellers: true },
      });
    });

    test("carries every field that the adapter is asked for", () => {
      const missing = mapping.fields
        .filter(({ compute, direction }) => !(compute && direction === "to-referral"))
        .filter(({ crmField }) => !(crmField in stored.fields));
      expect(missing.map(({ crmField }) => crmField)).toEqual([]);
    });
  });
}
