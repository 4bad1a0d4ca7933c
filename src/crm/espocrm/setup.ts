import type { FieldInfo, Inspection } from "../adapting/inspection.ts";
import { CrmError } from "../port.ts";
import { type EspoFacts, readFacts } from "./adapter.ts";
import { accountPrefix, contactsField, stageField } from "./mapping.ts";
import { createEspoSend, type EspoSend, type EspoTransportOptions } from "./transport.ts";

/** How an instance is looked at and changed. */
export interface EspoSetupOptions extends EspoTransportOptions {
  /** The fields that the mapping names: only what they need is asked for. */
  readonly fields: readonly string[];
  readonly keyField?: string;
  /** False where opportunities are to stay without concurrency control. */
  readonly isVersioned?: boolean;
  /** An administrator's user name and password, for creating; the API user can't. */
  readonly administrator?: { readonly user: string; readonly password: string };
}

interface Missing {
  readonly name: string;
  readonly label: string;
  create(send: EspoSend): Promise<unknown>;
}

/** What sellers read of each kind of help. */
const helps = {
  "": "",
  GeneralOrOther: "General or other",
  CustomerTechnicalArchitecture: "Customer technical architecture",
  ProofOfConceptOrDemo: "Proof of concept or demo",
  QuotesOrLicensing: "Quotes or licensing",
  PostSalesCustomerSuccess: "Post-sales customer success",
  WorkloadSpecificValueProposition: "Workload-specific value proposition",
};
const waitingStage = "Waiting for Partner Center";

/** What the ready mapping adds to opportunities; Espo puts the `c` before the name itself. */
const ownFields = {
  cPartnerSync: { type: "bool", label: "Sync with Partner Center" },
  cPartnerReferral: { type: "varchar", label: "Referral identifier", maxLength: 100 },
  cPartnerLink: { type: "url", label: "Referral link" },
  cPartnerState: { type: "varchar", label: "Partner Center sync", maxLength: 250 },
  cPartnerError: { type: "text", label: "Partner Center audit" },
  cPartnerHelp: {
    type: "enum",
    label: "How can Microsoft help?",
    options: Object.keys(helps),
    translatedOptions: helps,
  },
  cPartnerShare: { type: "bool", label: "Share with Microsoft" },
  cPartnerConsent: { type: "bool", label: "Customer agreed to be contacted" },
  cPartnerCrmId: { type: "varchar", label: "Microsoft CRM identifier", maxLength: 100 },
  cPartnerSolutions: { type: "text", label: "Partner Center solutions" },
} as const;

function missingOf({ fields, keyField = "cPartnerReferral" }: EspoSetupOptions, known: EspoFacts) {
  const used = new Set([...fields, keyField]);
  const missing: Missing[] = Object.entries(ownFields)
    .filter(([name]) => used.has(name) && !(name in known.fields))
    .map(([name, { label, ...facts }]) => ({
      name: `field Opportunity.${name}`,
      label,
      create: (send) => {
        const plain = name.charAt(1).toLowerCase() + name.slice(2);
        const body = { ...facts, name: plain, label, isCustom: true };
        return send({ method: "POST", target: "Admin/fieldManager/Opportunity", body }, {});
      },
    }));
  const stages = known.fields[stageField]?.options ?? [];
  if (!stages.includes(waitingStage)) {
    missing.push({
      name: `stage ${waitingStage}`,
      label: "Where an inbound referral waits",
      create: (send) => {
        // Not the first one: a seller's own new deal begins there.
        const options = [...stages, waitingStage];
        const body = { ...known.fields[stageField], options };
        const target = `Admin/fieldManager/Opportunity/${stageField}`;
        return send({ method: "PUT", target, body }, {});
      },
    });
  }
  return missing;
}

const versions: Missing = {
  name: "optimistic concurrency control of Opportunity",
  label: "A stale write is refused",
  create: (send) => {
    const body = { name: "Opportunity", optimisticConcurrencyControl: true };
    return send({ method: "POST", target: "EntityManager/action/updateEntity", body }, {});
  },
};

function allMissing(options: EspoSetupOptions, known: EspoFacts): readonly Missing[] {
  const missing = missingOf(options, known);
  const lacksVersions = (options.isVersioned ?? true) && !known.isVersioned;
  return lacksVersions ? [...missing, versions] : missing;
}

interface AppUser {
  readonly user?: { readonly userName?: string };
  readonly acl?: { readonly table?: Readonly<Record<string, unknown>> };
}

const wantedRights = [
  ...[
    ["Opportunity", "create"],
    ["Opportunity", "read"],
    ["Opportunity", "edit"],
  ],
  ...[
    ["Account", "create"],
    ["Account", "read"],
    ["Contact", "create"],
    ["Contact", "read"],
  ],
  ["Contact", "edit"],
] as const;

function missingRights({ acl }: AppUser): Inspection["problems"] {
  const remedy = "give the API user's role this right, for all records";
  return wantedRights
    .filter(([entity = "", right = ""]) => {
      const given = acl?.table?.[entity];
      if (typeof given !== "object" || given === null) return given !== true;
      const level = Reflect.get(given, right);
      return level !== "all" && level !== "yes";
    })
    .map(([entity, right]) => ({
      sentence: `the API user may not ${right} every ${entity}`,
      remedy,
    }));
}

function unknownFields({ fields }: EspoSetupOptions, known: EspoFacts): Inspection["problems"] {
  const isVirtual = (name: string): boolean =>
    name === contactsField ||
    name === "id" ||
    name === "amountCurrency" ||
    name.startsWith(accountPrefix);
  const remedy = "correct the mapping file, or add the field in EspoCRM";
  return fields
    .filter((name) => !isVirtual(name) && !(name in known.fields) && !(name in ownFields))
    .map((name) => ({ sentence: `the mapping names ${name}, which isn't there`, remedy }));
}

/** What a new instance refuses, and a partner's referrals have. */
function adviceOf(
  { fields }: EspoSetupOptions,
  known: EspoFacts,
): NonNullable<Inspection["advice"]> {
  const [only, ...others] = known.currencies;
  const currency = {
    sentence: `amounts are taken in ${only} alone; a referral in another currency is refused`,
    remedy: "add the currencies of your customers under Administration, Currency",
  };
  const phone = {
    sentence: "phone numbers are taken with their country code alone (+49 …); others are refused",
    remedy: "correct such numbers, or turn off International phone numbers in the Settings",
  };
  return [
    ...(fields.includes("amountCurrency") && only && others.length === 0 ? [currency] : []),
    ...(fields.includes(contactsField) && known.wantsCountryCode ? [phone] : []),
  ];
}

/**
 * Looks at an instance, changes nothing, and tells what the connector lacks there. Errors:
 * CrmError.
 */
export async function inspectEspo(options: EspoSetupOptions): Promise<Inspection> {
  const send = createEspoSend(options);
  const app = (await send({ method: "GET", target: "App/user" }, {})) as AppUser;
  const known = await readFacts(send, {});
  const missing = allMissing(options, known);
  const stages = known.fields[stageField]?.options ?? [];
  return {
    ...(app.user?.userName === undefined ? {} : { user: app.user.userName }),
    missing: missing.map(({ label, name }) => ({ name, label })),
    problems: [...unknownFields(options, known), ...missingRights(app)],
    pending: [],
    advice: adviceOf(options, known),
    stages: stages.map((value) => ({ value, label: value })),
  };
}

/**
 * Creates what the inspection found missing, as the administrator; it can be repeated. Errors:
 * CrmError, `unauthorized` where no administrator was named.
 */
export async function prepareEspo(
  options: EspoSetupOptions,
  tell: (done: string) => void = () => {},
): Promise<void> {
  const { administrator, http } = options;
  if (!administrator) {
    throw new CrmError(
      "unauthorized",
      "in EspoCRM only an administrator creates fields: write administrator, with user and " +
        "password, under crm for as long as the setup takes",
    );
  }
  const bytes = new TextEncoder().encode(`${administrator.user}:${administrator.password}`);
  const credentials = btoa(String.fromCharCode(...bytes));
  const asAdministrator = createEspoSend({
    ...options,
    http: async ({ headers, ...request }) => {
      const { "x-api-key": _key, ...rest } = headers;
      const signed = { ...rest, "espo-authorization": credentials };
      const response = await http({ ...request, headers: signed });
      if (response.status !== 401 && response.status !== 403) return response;
      throw new CrmError(
        "unauthorized",
        `EspoCRM takes ${administrator.user} for no administrator; check name and password`,
      );
    },
  });
  const known = await readFacts(createEspoSend(options), {});
  for (const { create, name } of allMissing(options, known)) {
    await create(asAdministrator);
    tell(name);
  }
}

interface Words {
  readonly fields?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;
}

/** The customer's fields stand in the account. */
const accountFields: readonly FieldInfo[] = [
  { name: "account.name", label: "Account name", type: "varchar" },
  { name: "account.billingAddressStreet", label: "Account street", type: "text" },
  { name: "account.billingAddressCity", label: "Account city", type: "varchar" },
  { name: "account.billingAddressState", label: "Account state", type: "varchar" },
  { name: "account.billingAddressPostalCode", label: "Account postal code", type: "varchar" },
  { name: "account.billingAddressCountry", label: "Account country", type: "varchar" },
];

/** The fields of the opportunities, as a mapping names them. Errors: CrmError. */
export async function readEspoFields(options: EspoSetupOptions): Promise<readonly FieldInfo[]> {
  const send = createEspoSend(options);
  const { fields } = await readFacts(send, {});
  const texts = (await send({ method: "GET", target: "I18n" }, {})) as {
    readonly Opportunity?: Words;
    readonly Global?: Words;
  } | null;
  const { Global, Opportunity } = texts ?? {};
  const own = Object.entries(fields).filter(([name]) => name !== "account");
  const found = own.map(([name, { options: choices, type }]): FieldInfo => {
    const labels = Opportunity?.options?.[name];
    return {
      name,
      label: Opportunity?.fields?.[name] ?? Global?.fields?.[name] ?? name,
      type,
      ...(choices
        ? { choices: choices.map((value) => ({ value, label: labels?.[value] ?? value })) }
        : {}),
    };
  });
  return [...found, ...accountFields];
}
