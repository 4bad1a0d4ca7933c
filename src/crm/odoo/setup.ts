import type { FieldInfo, Inspection, StageChoice } from "../adapting/inspection.ts";
import { describeDeals, readStages, waitingStage } from "./adapter.ts";
import { missingRule } from "./automation-rule.ts";
import {
  accountColumns,
  accountPrefix,
  currencyField,
  formatStatus,
  statusField,
} from "./mapping.ts";
import {
  createOdooCall,
  type OdooCall,
  type OdooRow,
  type OdooTransportOptions,
} from "./transport.ts";

/** How a server is looked at and changed. */
export interface OdooSetupOptions extends OdooTransportOptions {
  /** The fields that the mapping names: only what they need is asked for. */
  readonly fields: readonly string[];
  readonly keyField?: string;
  /** Where Odoo reaches `odooWebhook`, the secret included; without it no rule is asked for. */
  readonly webhookUrl?: string;
}

interface WantedField {
  readonly label: string;
  readonly type: "char" | "text" | "boolean" | "selection" | "many2many";
  readonly choices?: readonly (readonly [value: string, label: string])[];
}

const helps = [
  ["GeneralOrOther", "General or other"],
  ["CustomerTechnicalArchitecture", "Customer technical architecture"],
  ["ProofOfConceptOrDemo", "Proof of concept or demo"],
  ["QuotesOrLicensing", "Quotes or licensing"],
  ["PostSalesCustomerSuccess", "Post-sales customer success"],
  ["WorkloadSpecificValueProposition", "Workload-specific value proposition"],
] as const;

/** What the ready mapping adds to an opportunity. */
const dealFields: Readonly<Record<string, WantedField>> = {
  x_partner_sync: { label: "Sync with Partner Center", type: "boolean" },
  x_partner_referral: { label: "Referral identifier", type: "char" },
  x_partner_link: { label: "Referral link", type: "char" },
  x_partner_state: { label: "Partner Center sync", type: "char" },
  x_partner_error: { label: "Partner Center audit", type: "text" },
  x_partner_help: { label: "How can Microsoft help?", type: "selection", choices: helps },
  x_partner_share: { label: "Share with Microsoft", type: "boolean" },
  x_partner_consent: { label: "Customer agreed to be contacted", type: "boolean" },
  x_partner_crm_id: { label: "Microsoft CRM identifier", type: "char" },
  x_partner_solutions: { label: "Partner Center solutions", type: "text" },
  x_partner_contacts: { label: "Partner Center contacts", type: "many2many" },
};

/** What it adds to a person, whom Odoo knows by one name. */
const personFields: Readonly<Record<string, WantedField>> = {
  x_partner_first_name: { label: "First name", type: "char" },
  x_partner_last_name: { label: "Last name", type: "char" },
};

interface Missing {
  readonly name: string;
  readonly label: string;
  create(call: OdooCall): Promise<unknown>;
}

async function createField(call: OdooCall, model: string, name: string, wanted: WantedField) {
  const models = await call("ir.model", "search", [[["model", "=", model]]], {});
  const values = {
    model_id: (models as readonly number[])[0] ?? false,
    name,
    field_description: wanted.label,
    ttype: wanted.type,
    state: "manual",
    copied: false,
    ...(wanted.type === "many2many" ? { relation: "res.partner" } : {}),
    ...(wanted.choices
      ? {
          selection_ids: wanted.choices.map(([value, label], index) => [
            0,
            0,
            { value, name: label, sequence: index },
          ]),
        }
      : {}),
  };
  await call("ir.model.fields", "create", [values], {});
}

async function createStage(call: OdooCall): Promise<void> {
  const id = `${waitingStage.module}.${waitingStage.name}`;
  // `load` with an external id makes one record, however often it is repeated. It comes last: a
  // seller's own new deal begins in the first stage.
  await call(
    "crm.stage",
    "load",
    [["id", "name", "sequence"], [[id, "Waiting for Partner Center", "100"]]],
    {},
  );
}

async function missingOf(call: OdooCall, options: OdooSetupOptions): Promise<readonly Missing[]> {
  const { fields, keyField = "x_partner_referral" } = options;
  const deals = await describeDeals(call, {});
  const people = (await call(
    "res.partner",
    "fields_get",
    [],
    {},
    { attributes: ["type"] },
  )) as OdooRow;
  const used = new Set([...fields, keyField]);
  const part = (model: string, known: object, wanted: Readonly<Record<string, WantedField>>) =>
    Object.entries(wanted)
      .filter(([name]) => !(name in known))
      .map(([name, field]) => ({
        name: `field ${model}.${name}`,
        label: field.label,
        create: (each: OdooCall) => createField(each, model, name, field),
      }));
  const ofDeals = part("crm.lead", deals, dealFields).filter(({ name }) =>
    used.has(name.split(".").at(-1) ?? ""),
  );
  const ofPeople = used.has("x_partner_contacts") ? part("res.partner", people, personFields) : [];
  const stages = await readStages(call, {});
  const stage = {
    name: "stage Waiting for Partner Center",
    label: "Where an inbound referral waits",
  };
  const isThere = stages.some(({ isWaiting }) => isWaiting);
  return [...ofDeals, ...ofPeople, ...(isThere ? [] : [{ ...stage, create: createStage }])];
}

const ruleOf = async (call: OdooCall, { webhookUrl }: OdooSetupOptions) =>
  webhookUrl === undefined ? { missing: [], problems: [] } : missingRule(call, webhookUrl);

const wantedRights = [
  ["crm.lead", "read"],
  ["crm.lead", "write"],
  ["crm.lead", "create"],
  ["res.partner", "read"],
  ["res.partner", "write"],
  ["res.partner", "create"],
  ["crm.stage", "read"],
] as const;

async function missingRights(call: OdooCall): Promise<Inspection["problems"]> {
  const problems: { sentence: string; remedy: string }[] = [];
  for (const [model, right] of wantedRights) {
    const named = { raise_exception: false };
    if (await call(model, "check_access_rights", [right], {}, named)) continue;
    const remedy = "give the user Sales: All Documents, and Contact Creation";
    problems.push({ sentence: `the user may not ${right} ${model}`, remedy });
  }
  return problems;
}

function unknownFields(options: OdooSetupOptions, known: object): Inspection["problems"] {
  const remedy = "correct the mapping file, or add the field in Odoo";
  return options.fields
    .filter((name) => {
      if (name === statusField || name === currencyField || name in dealFields) return false;
      if (!name.startsWith(accountPrefix)) return !(name in known);
      return !accountColumns.some((column) => accountPrefix + column === name);
    })
    .map((name) => ({ sentence: `the mapping names ${name}, which isn't there`, remedy }));
}

/**
 * Looks at a server, changes nothing, and tells what the connector lacks there. Errors: CrmError.
 */
export async function inspectOdoo(options: OdooSetupOptions): Promise<Inspection> {
  const call = createOdooCall(options);
  const rule = await ruleOf(call, options);
  const missing = [...(await missingOf(call, options)), ...rule.missing];
  const stages = await readStages(call, {});
  const choices = stages.map((stage): StageChoice => {
    const row = { active: true, stage_id: [stage.id, stage.name] };
    return { value: formatStatus(row, stages), label: stage.name };
  });
  return {
    user: options.user,
    missing: missing.map(({ label, name }) => ({ name, label })),
    problems: [
      ...unknownFields(options, await describeDeals(call, {})),
      ...(await missingRights(call)),
      ...rule.problems,
    ],
    pending: [],
    stages: [...choices, { value: "lost", label: "Lost (archived)" }],
  };
}

/** Creates what the inspection found missing; it can be repeated. Errors: CrmError. */
export async function prepareOdoo(
  options: OdooSetupOptions,
  tell: (done: string) => void = () => {},
): Promise<void> {
  const call = createOdooCall(options);
  const { missing } = await ruleOf(call, options);
  for (const { create, name } of [...(await missingOf(call, options)), ...missing]) {
    await create(call);
    tell(name);
  }
}

/** The fields of the opportunities, as a mapping names them. Errors: CrmError. */
export async function readOdooFields(options: OdooSetupOptions): Promise<readonly FieldInfo[]> {
  const known = await describeDeals(createOdooCall(options), {});
  const own = Object.entries(known).map(([name, { selection, string, type }]) => ({
    name,
    label: String(string),
    type: String(type),
    ...(Array.isArray(selection)
      ? {
          choices: (selection as readonly (readonly [string, string])[]).map(([value, label]) => ({
            value,
            label,
          })),
        }
      : {}),
  }));
  const customer = accountColumns.map((name) => ({
    name: accountPrefix + name,
    label: `Company: ${name}`,
    type: "char",
  }));
  return [...own, ...customer, { name: currencyField, label: "Currency", type: "char" }];
}
