import type { FieldInfo, Inspection, StageChoice } from "../adapting/inspection.ts";
import { suggestMappingText } from "../adapting/suggest-mapping.ts";
import { type PropertyInfo, readProperties, readStages } from "./definitions.ts";
import { companyPrefix, contactsField, type Stage, statusField } from "./mapping.ts";
import { createTransport, type Transport, type TransportOptions } from "./transport.ts";
import { groupOf, type WantedProperty, wantedProperties } from "./wanted-properties.ts";

/** How an account is looked at and changed. */
export interface HubSpotSetupOptions extends TransportOptions {
  /** The CRM fields that the mapping names: only what they need is asked for. */
  readonly fields?: readonly string[];
  /** The property with unique values for the referral's id. */
  readonly keyProperty?: string;
  readonly pipelineId?: string;
  /** The status in which an inbound referral waits: `mapping.holding.value`. */
  readonly waitingStatus?: string;
}

/** A field as a person who maps sees it. */
export interface HubSpotFieldInfo extends FieldInfo {
  readonly choices?: readonly StageChoice[];
}

type Kind = "deals" | "companies" | "contacts";
type Problems = { readonly sentence: string; readonly remedy: string }[];

const defaultKey = "pr_referral_id";
const labelOfStage = (status: string): string => status.slice(status.indexOf("/") + 1);
const statusOf = ({ label, state }: Stage): string => `${state}/${label}`;

/** What the connector adds, as far as the mapping uses it. */
function wantedFor(options: HubSpotSetupOptions): readonly WantedProperty[] {
  const { fields, keyProperty = defaultKey } = options;
  if (fields === undefined) return wantedProperties;
  const isUsed = ({ field, name }: WantedProperty): boolean => {
    if (name === keyProperty) return true;
    if (field?.endsWith(".")) return fields.some((each) => each.startsWith(field));
    return fields.includes(field ?? name);
  };
  return wantedProperties.filter(isUsed);
}

function kindsOf(fields: readonly string[] | undefined): readonly Kind[] {
  const usesCompany = fields?.some((field) => field.startsWith(companyPrefix)) ?? true;
  const usesContacts = fields?.includes(contactsField) ?? true;
  return [
    "deals",
    ...(usesCompany ? (["companies"] as const) : []),
    ...(usesContacts ? (["contacts"] as const) : []),
  ];
}

/** Looks whether the app may read a kind of objects and write it, without changing anything. */
async function checkRights(send: Transport, kind: Kind, problems: Problems): Promise<void> {
  const list = `crm/v3/objects/${kind}?limit=1`;
  const reading = await send({ method: "GET", target: list, accept: [403] }, {});
  // A change of an object that nobody has: the right is asked before the object.
  const target = `crm/v3/objects/${kind}/0`;
  const body = { properties: {} };
  const writing = await send({ method: "PATCH", target, body, accept: [400, 403, 404] }, {});
  for (const [right, response] of [
    ["read", reading],
    ["write", writing],
  ] as const) {
    if (response.status !== 403) continue;
    problems.push({
      sentence: `the app may not ${right} ${kind}`,
      remedy: `give the private app the scope crm.objects.${kind}.${right}`,
    });
  }
}

function checkTypes(
  wanted: readonly WantedProperty[],
  found: ReadonlyMap<Kind, readonly PropertyInfo[]>,
  problems: Problems,
): void {
  for (const { hasUniqueValue, kind, name, type } of wanted) {
    const present = found.get(kind)?.find((each) => each.name === name);
    if (!present) continue;
    if (present.type !== type) {
      problems.push({
        sentence: `the property ${kind}.${name} is of type ${present.type}, not ${type}`,
        remedy: "map another property in the mapping file, or remove this one",
      });
    } else if (hasUniqueValue && !present.hasUniqueValue) {
      problems.push({
        sentence: `the property ${kind}.${name} doesn't require unique values`,
        remedy: "HubSpot can't change that later: remove the property and run the setup again",
      });
    }
  }
}

/** Properties that the mapping names, that nobody creates, and that aren't there. */
function checkMapped(
  fields: readonly string[],
  found: ReadonlyMap<Kind, readonly PropertyInfo[]>,
  problems: Problems,
): void {
  const virtual = new Set([statusField, contactsField, "solutions", "team"]);
  const ours = new Set(wantedProperties.map(({ name }) => name));
  for (const field of fields) {
    if (virtual.has(field) || ours.has(field)) continue;
    const isOfCompany = field.startsWith(companyPrefix);
    const kind = isOfCompany ? "companies" : "deals";
    const name = isOfCompany ? field.slice(companyPrefix.length) : field;
    if (found.get(kind)?.some((each) => each.name === name) ?? true) continue;
    problems.push({
      sentence: `the mapping names ${kind}.${name}, which isn't there`,
      remedy: "correct the mapping file, or create the property",
    });
  }
}

/** What is missing, with what creates it. */
interface Missing {
  readonly name: string;
  readonly label: string;
  readonly property?: WantedProperty;
  readonly stage?: string;
}

async function look(options: HubSpotSetupOptions): Promise<{
  readonly missing: readonly Missing[];
  readonly problems: Problems;
  readonly stages: readonly Stage[];
}> {
  const send = createTransport(options);
  const problems: Problems = [];
  const found = new Map<Kind, readonly PropertyInfo[]>();
  for (const kind of kindsOf(options.fields)) {
    await checkRights(send, kind, problems);
    const properties = await readProperties(send, kind, {});
    if (properties) found.set(kind, properties);
    else {
      problems.push({
        sentence: `the app may not read the properties of ${kind}`,
        remedy: `give the private app the scope crm.schemas.${kind}.read`,
      });
    }
  }
  const wanted = wantedFor(options);
  checkTypes(wanted, found, problems);
  checkMapped(options.fields ?? [], found, problems);
  const missing: Missing[] = wanted
    .filter(
      ({ kind, name }) => found.has(kind) && !found.get(kind)?.some((each) => each.name === name),
    )
    .map((property) => ({
      name: `property ${property.kind}.${property.name}`,
      label: property.label,
      property,
    }));
  const stages = await readStages(send, {});
  const { waitingStatus } = options;
  if (waitingStatus !== undefined && !stages.some((stage) => statusOf(stage) === waitingStatus)) {
    const stage = labelOfStage(waitingStatus);
    missing.push({ name: `deal stage ${stage}`, label: "Inbound referrals wait here", stage });
  }
  return { missing, problems, stages };
}

/** Looks at an account, and tells what the connector lacks there. Errors: CrmError. */
export async function inspectHubSpot(options: HubSpotSetupOptions): Promise<Inspection> {
  const send = createTransport(options);
  const details = await send({ method: "GET", target: "account-info/v3/details" }, {});
  const { portalId } = JSON.parse(details.body) as { portalId: number };
  const { missing, problems, stages } = await look(options);
  return {
    user: `an app in the account ${portalId}`,
    missing: missing.map(({ label, name }) => ({ label, name })),
    problems,
    pending: [],
    stages: stages.map((stage) => ({ value: statusOf(stage), label: stage.label })),
  };
}

async function createProperty(send: Transport, wanted: WantedProperty): Promise<void> {
  const { fieldType, hasUniqueValue = false, kind, label, name, options, type } = wanted;
  await send(
    {
      method: "POST",
      target: `crm/v3/properties/${kind}`,
      body: {
        name,
        label,
        type,
        fieldType,
        groupName: groupOf[kind],
        hasUniqueValue,
        ...(options
          ? { options: options.map((each, displayOrder) => ({ ...each, displayOrder })) }
          : {}),
      },
      accept: [409],
    },
    {},
  );
}

/**
 * Creates what the inspection found missing: properties, and the stage in which inbound referrals
 * wait. What is there already is left alone, so it can be repeated. Errors: CrmError.
 */
export async function prepareHubSpot(
  options: HubSpotSetupOptions,
  tell: (done: string) => void = () => {},
): Promise<void> {
  const send = createTransport(options);
  const { missing, stages } = await look(options);
  const pipelineId = options.pipelineId ?? "default";
  for (const { name, property, stage } of missing) {
    if (property) await createProperty(send, property);
    if (stage !== undefined) {
      const target = `crm/v3/pipelines/deals/${pipelineId}/stages`;
      const metadata = { probability: "0.1" };
      const body = { label: stage, displayOrder: stages.length, metadata };
      await send({ method: "POST", target, body }, {});
    }
    tell(name);
  }
}

/** The deals' properties and those of their companies, by the account's own definitions. */
export async function readHubSpotFields(
  options: HubSpotSetupOptions,
): Promise<readonly HubSpotFieldInfo[]> {
  const send = createTransport(options);
  const infos: HubSpotFieldInfo[] = [];
  for (const [kind, prefix] of [
    ["deals", ""],
    ["companies", companyPrefix],
  ] as const) {
    for (const each of (await readProperties(send, kind, {})) ?? []) {
      const { label, name, options: choices = [], type } = each;
      const shown = { name: prefix + name, label, type };
      const values = choices.map((choice) => ({ value: choice.value, label: choice.label }));
      infos.push(type === "enumeration" ? { ...shown, choices: values } : shown);
    }
  }
  return infos;
}

/** The lines of a first mapping, from the account's own properties and stages. */
export async function suggestHubSpotMapping(options: HubSpotSetupOptions): Promise<string> {
  const fields = await readHubSpotFields(options);
  const { stages } = await inspectHubSpot(options);
  return suggestMappingText(fields, stages, statusField);
}
