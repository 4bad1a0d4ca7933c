import type { FieldInfo, Inspection, StageChoice } from "../adapting/inspection.ts";
import { suggestMappingText } from "../adapting/suggest-mapping.ts";
import { CrmError } from "../port.ts";
import {
  accountPrefix,
  closeDateField,
  contactsField,
  currencyField,
  ownCloseDateField,
  statusField,
} from "./mapping.ts";
import {
  fieldComponent,
  objectComponent,
  permissionSetComponent,
  writeMetadata,
} from "./metadata-calls.ts";
import { runQuery } from "./read-deals.ts";
import { quoted } from "./soql.ts";
import { readStages } from "./stages.ts";
import { createTransport, type Transport, type TransportOptions } from "./transport.ts";
import {
  permissionSetName,
  type WantedField,
  type WantedObject,
  wantedFields,
  wantedObjects,
} from "./wanted-metadata.ts";

/** How an organisation is looked at and changed. */
export interface SalesforceSetupOptions extends TransportOptions {
  /** The CRM fields that the mapping names: only what they need is asked for. */
  readonly fields?: readonly string[];
  /** The unique external id field for the referral's id. */
  readonly keyField?: string;
  readonly soleCurrency?: string;
  /** The status in which an inbound referral waits: `mapping.holding.value`. */
  readonly waitingStatus?: string;
}

/** A field as a person who maps sees it. */
export interface SalesforceFieldInfo extends FieldInfo {
  /** Only for a picklist. */
  readonly choices?: readonly StageChoice[];
}

interface DescribedField {
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly updateable: boolean;
  readonly unique: boolean;
  readonly externalId: boolean;
  readonly picklistValues: readonly {
    readonly active: boolean;
    readonly label: string;
    readonly value: string;
  }[];
}

interface Described {
  readonly name: string;
  readonly createable: boolean;
  readonly updateable: boolean;
  readonly fields: readonly DescribedField[];
}

const keyFieldName = "PR_ReferralId__c";

async function describe(send: Transport, object: string): Promise<Described | undefined> {
  const target = `sobjects/${object}/describe`;
  const response = await send({ method: "GET", target, accept: [404] }, {});
  return response.status === 404 ? undefined : (JSON.parse(response.body) as Described);
}

/** What the connector adds, as far as the mapping uses it. */
function wantedFor({ fields, keyField = keyFieldName }: SalesforceSetupOptions): {
  readonly objects: readonly WantedObject[];
  readonly fields: readonly WantedField[];
} {
  if (fields === undefined) return { objects: wantedObjects, fields: wantedFields };
  const marks = fields.includes(closeDateField) ? [ownCloseDateField] : [];
  const used = new Set([...fields, ...marks, keyField]);
  const objects = wantedObjects.filter(({ field }) => used.has(field));
  const names = new Set(objects.map(({ name }) => name));
  const isUsed = ({ name, object }: WantedField): boolean =>
    object === "Opportunity" ? used.has(name) : names.has(object);
  return { objects, fields: wantedFields.filter(isUsed) };
}

/** The objects whose records the sync reads and writes. */
function objectsOf(fields: readonly string[] | undefined): readonly string[] {
  const usesAccount = fields?.some((field) => field.startsWith(accountPrefix)) ?? true;
  const usesContacts = fields?.includes(contactsField) ?? true;
  return [
    "Opportunity",
    ...(usesAccount ? ["Account"] : []),
    ...(usesContacts ? ["Contact", "OpportunityContactRole"] : []),
  ];
}

type Problems = { readonly sentence: string; readonly remedy: string }[];

function checkRights(object: string, found: Described | undefined, problems: Problems): void {
  if (found?.createable && found.updateable) return;
  problems.push({
    sentence: `the sync's user may not read, create and edit ${object}`,
    remedy: "give its profile or a permission set these rights",
  });
}

function checkCustom(
  wanted: readonly WantedField[],
  described: ReadonlyMap<string, Described | undefined>,
  problems: Problems,
): void {
  for (const field of wanted) {
    const name = `${field.object}.${field.name}`;
    const found = described.get(field.object)?.fields.find((each) => each.name === field.name);
    if (!found) continue;
    if (found.type !== field.describedType) {
      problems.push({
        sentence: `${name} is of type ${found.type}, not ${field.describedType}`,
        remedy: "map another field in the mapping file, or remove this one",
      });
    } else if (!found.updateable && field.isGranted) {
      problems.push({
        sentence: `the sync's user may not edit ${name}`,
        remedy: `assign it the permission set ${permissionSetName}`,
      });
    }
  }
}

function checkKey(key: string, deals: Described, problems: Problems): void {
  const found = deals.fields.find(({ name }) => name === key);
  if (!found || (found.unique && found.externalId)) return;
  problems.push({
    sentence: `Opportunity.${key} isn't unique and an external id`,
    remedy: "tick both on the field: two deals under one referral would be possible",
  });
}

/** Fields that the mapping names, that nobody creates, and that aren't there. */
function checkMapped(
  options: SalesforceSetupOptions,
  described: ReadonlyMap<string, Described | undefined>,
  problems: Problems,
): void {
  const virtual = new Set([statusField, contactsField, ...wantedObjects.map(({ field }) => field)]);
  const ours = new Set(wantedFields.map(({ name }) => name));
  for (const field of options.fields ?? []) {
    if (virtual.has(field) || ours.has(field)) continue;
    const isOfAccount = field.startsWith(accountPrefix);
    const object = isOfAccount ? "Account" : "Opportunity";
    const name = isOfAccount ? field.slice(accountPrefix.length) : field;
    const deals = described.get(object);
    if (!deals || deals.fields.some((each) => each.name === name)) continue;
    if (field === currencyField) {
      if (options.soleCurrency !== undefined) continue;
      problems.push({
        sentence: "the organisation has one currency only, and no field that names it",
        remedy: "say which in the configuration: `soleCurrency: EUR` under `crm`",
      });
      continue;
    }
    problems.push({
      sentence: `the mapping names ${object}.${name}, which isn't there or can't be seen`,
      remedy: "correct the mapping file, create the field, or let the sync's user see it",
    });
  }
}

/** Looks at an organisation, and tells what the connector lacks there. Errors: CrmError. */
export async function inspectSalesforce(options: SalesforceSetupOptions): Promise<Inspection> {
  const send = createTransport(options);
  const whoAmI = await send({ method: "GET", target: "/services/oauth2/userinfo" }, {});
  const { name: user } = JSON.parse(whoAmI.body) as { name: string };
  const wanted = wantedFor(options);
  const described = new Map<string, Described | undefined>();
  const problems: Problems = [];
  for (const object of objectsOf(options.fields)) {
    const found = await describe(send, object);
    described.set(object, found);
    checkRights(object, found, problems);
  }
  for (const { name } of wanted.objects) described.set(name, await describe(send, name));
  const deals = described.get("Opportunity");
  checkCustom(wanted.fields, described, problems);
  if (deals) checkKey(options.keyField ?? keyFieldName, deals, problems);
  checkMapped(options, described, problems);
  const stages = (await readStages(send, {})).map(({ label, name, state }) => ({
    value: `${state}/${name}`,
    label,
  }));
  const { waitingStatus } = options;
  if (waitingStatus !== undefined && !stages.some(({ value }) => value === waitingStatus)) {
    problems.push({
      sentence: `the organisation has no stage "${waitingStatus}", in which inbound referrals wait`,
      remedy:
        "add it in Setup under Object Manager, Opportunity, Fields, Stage (open), and to your " +
        "sales processes; or name another stage under `holding` in the mapping file",
    });
  }
  const missingObjects = wanted.objects.filter(({ name }) => !described.get(name));
  const missingFields = wanted.fields.filter(
    ({ name, object }) => !described.get(object)?.fields.some((each) => each.name === name),
  );
  return {
    user,
    missing: [
      ...missingObjects.map(({ name, pluralLabel }) => ({
        name: `object ${name}`,
        label: pluralLabel,
      })),
      ...missingFields.map(({ label, name, object }) => ({
        name: `field ${object}.${name}`,
        label,
      })),
    ],
    problems,
    pending: [],
    stages,
  };
}

async function assignToSelf(send: Transport): Promise<void> {
  const whoAmI = await send({ method: "GET", target: "/services/oauth2/userinfo" }, {});
  const { user_id } = JSON.parse(whoAmI.body) as { user_id: string };
  const sets = await runQuery(
    send,
    `SELECT Id FROM PermissionSet WHERE Name = ${quoted(permissionSetName)}`,
    {},
  );
  const setId = sets.rows[0]?.Id;
  if (typeof setId !== "string") {
    throw new CrmError("unavailable", `the permission set ${permissionSetName} isn't there yet`);
  }
  const assigned = await runQuery(
    send,
    "SELECT Id FROM PermissionSetAssignment " +
      `WHERE AssigneeId = ${quoted(user_id)} AND PermissionSetId = ${quoted(setId)}`,
    {},
  );
  if (assigned.rows.length > 0) return;
  await send(
    {
      method: "POST",
      target: "sobjects/PermissionSetAssignment",
      body: { AssigneeId: user_id, PermissionSetId: setId },
    },
    {},
  );
}

/**
 * Creates what the inspection found missing, with a permission set that shows it, and assigns that
 * to the sync's user. What is there already is left alone, so it can be repeated after a failure.
 * Errors: CrmError.
 */
export async function prepareSalesforce(
  options: SalesforceSetupOptions,
  tell: (done: string) => void = () => {},
): Promise<void> {
  const wanted = wantedFor(options);
  const missing = new Set((await inspectSalesforce(options)).missing.map(({ name }) => name));
  if (missing.size === 0) return;
  const isMissing = (name: string): boolean => missing.has(name);
  for (const object of wanted.objects) {
    const name = `object ${object.name}`;
    if (!isMissing(name)) continue;
    await writeMetadata(options, objectComponent(object));
    tell(name);
  }
  for (const field of wanted.fields) {
    const name = `field ${field.object}.${field.name}`;
    if (!isMissing(name)) continue;
    await writeMetadata(options, fieldComponent(field));
    tell(name);
  }
  await writeMetadata(options, permissionSetComponent(wanted.fields, wanted.objects));
  await assignToSelf(createTransport(options));
  tell(`permission set ${permissionSetName}`);
}

/** The deals' fields and those of their accounts, by the organisation's own metadata. */
export async function readSalesforceFields(
  options: SalesforceSetupOptions,
): Promise<readonly SalesforceFieldInfo[]> {
  const send = createTransport(options);
  const [deals, accounts] = [await describe(send, "Opportunity"), await describe(send, "Account")];
  const infoOf = (prefix: string, field: DescribedField): SalesforceFieldInfo => {
    const { label, name, picklistValues, type } = field;
    const choices = picklistValues
      .filter(({ active }) => active)
      .map((choice) => ({ value: choice.value, label: choice.label }));
    const shown = { name: prefix + name, label, type };
    return type === "picklist" ? { ...shown, choices } : shown;
  };
  return [
    ...(deals?.fields ?? []).map((field) => infoOf("", field)),
    ...(accounts?.fields ?? []).map((field) => infoOf(accountPrefix, field)),
  ];
}

/** The lines of a first mapping, from the organisation's own fields and stages. */
export async function suggestSalesforceMapping(options: SalesforceSetupOptions): Promise<string> {
  const fields = await readSalesforceFields(options);
  const { stages } = await inspectSalesforce(options);
  return suggestMappingText(fields, stages, statusField);
}
