import type { Clock } from "../../runtime/index.ts";
import { CrmError } from "../port.ts";
import {
  columnBody,
  keyBody,
  relationshipBody,
  statusReasonBody,
  tableBody,
} from "./definition-bodies.ts";
import { createTransport, type Transport, type TransportOptions } from "./transport.ts";
import {
  leadCustomisation,
  opportunityCustomisation,
  type WantedCustomisation,
} from "./wanted-columns.ts";

/** How an environment is looked at and changed. */
export interface DynamicsSetupOptions extends TransportOptions {
  readonly clock: Clock;
  readonly deals?: "opportunity" | "lead";
  /** The CRM fields that the mapping names: only what they need is asked for. */
  readonly fields?: readonly string[];
  /** The column with the alternate key; the ready mapping's unless told. */
  readonly keyColumn?: string;
}

/** One thing that the environment lacks, and the requests that would create it. */
export interface MissingPart {
  /** `column opportunity.pr_referralid`. */
  readonly name: string;
  /** What it is for, in a seller's words. */
  readonly label: string;
  readonly requests: readonly {
    readonly method: "POST" | "PUT";
    readonly target: string;
    readonly body: Readonly<Record<string, unknown>>;
  }[];
}

/** What an environment looks like before the connector is used. */
export interface DynamicsInspection {
  readonly missing: readonly MissingPart[];
  /** Things that are there and don't fit, with what to do. */
  readonly problems: readonly string[];
  /** Keys whose index Dataverse is still building. */
  readonly pendingKeys: readonly string[];
}

interface Definition {
  readonly LogicalName: string;
  readonly ChangeTrackingEnabled: boolean;
  readonly Attributes: readonly {
    readonly LogicalName: string;
    readonly AttributeType: string;
  }[];
  readonly Keys: readonly {
    readonly KeyAttributes: readonly string[];
    readonly LogicalName: string;
    readonly EntityKeyIndexStatus: string;
  }[];
}

/** A choice of a column, as definitions show it. */
export interface OptionDefinition {
  readonly Value: number;
  readonly State?: number;
  readonly Label: { readonly UserLocalizedLabel?: { readonly Label: string } };
}

const virtualFields = new Set(["status", "contacts", "team", "solutions"]);

/** What the connector adds, as far as the mapping uses it. */
function wantedFor(options: DynamicsSetupOptions): WantedCustomisation {
  const all = options.deals === "lead" ? leadCustomisation : opportunityCustomisation;
  const { fields, keyColumn = all.key.column } = options;
  const key = { ...all.key, column: keyColumn };
  if (fields === undefined) return { ...all, key };
  const used = new Set([...fields, keyColumn]);
  const childFields = { pr_Solution: "solutions", pr_TeamMember: "team" } as const;
  const tables = all.tables.filter(({ schemaName }) =>
    used.has(childFields[schemaName as keyof typeof childFields]),
  );
  const unused = all.tables.filter((table) => !tables.includes(table));
  const left = new Set([
    ...unused.map(({ schemaName }) => schemaName.toLowerCase()),
    ...(used.has("contacts") ? [] : ["contact", "connection"]),
    ...(fields.some((field) => field.startsWith("account.")) ? [] : ["account"]),
  ]);
  return {
    ...all,
    key,
    columns: all.columns.filter(({ schemaName }) => used.has(schemaName.toLowerCase())),
    tables,
    tracked: all.tracked.filter((table) => !left.has(table)),
  };
}

/** Columns of the deal that the mapping names, that nobody creates, and that aren't there. */
function unknownColumns(
  wanted: WantedCustomisation,
  found: Definition,
  fields: readonly string[],
): readonly string[] {
  const known = new Set([
    ...found.Attributes.map(({ LogicalName }) => LogicalName),
    ...wanted.columns.map(({ schemaName }) => schemaName.toLowerCase()),
  ]);
  return fields
    .filter((field) => !field.includes(".") && !virtualFields.has(field) && !known.has(field))
    .map(
      (field) =>
        `the mapping names ${wanted.table}.${field}, which isn't there: correct the mapping ` +
        "file, or create the column",
    );
}

async function readDefinition(send: Transport, table: string): Promise<Definition | undefined> {
  const expand =
    "Attributes($select=LogicalName,AttributeType)," +
    "Keys($select=LogicalName,KeyAttributes,EntityKeyIndexStatus)";
  const target =
    `EntityDefinitions(LogicalName='${table}')?$select=LogicalName,ChangeTrackingEnabled` +
    `&$expand=${expand}`;
  // Definitions are cached for up to half a minute; after a change only a strong read tells the
  // truth.
  const headers = { consistency: "Strong" };
  const response = await send({ method: "GET", target, headers, accept: [404] }, {});
  return response.status === 404 ? undefined : (JSON.parse(response.body) as Definition);
}

/** The choices of a column: of the status reason, or of a picklist. */
export async function readOptions(
  send: Transport,
  table: string,
  column: string,
  type: "Status" | "Picklist",
): Promise<readonly OptionDefinition[]> {
  const target =
    `EntityDefinitions(LogicalName='${table}')/Attributes(LogicalName='${column}')` +
    `/Microsoft.Dynamics.CRM.${type}AttributeMetadata?$select=LogicalName&$expand=OptionSet`;
  const headers = { consistency: "Strong" };
  const response = await send({ method: "GET", target, headers }, {});
  const { OptionSet } = JSON.parse(response.body) as {
    OptionSet: { Options: readonly OptionDefinition[] };
  };
  return OptionSet.Options;
}

const attributesOf = (table: string): string =>
  `EntityDefinitions(LogicalName='${table}')/Attributes`;

function missingColumns(wanted: WantedCustomisation, found: Definition): readonly MissingPart[] {
  const present = new Set(found.Attributes.map(({ LogicalName }) => LogicalName));
  return wanted.columns
    .filter(({ schemaName }) => !present.has(schemaName.toLowerCase()))
    .map((column) => ({
      name: `column ${wanted.table}.${column.schemaName.toLowerCase()}`,
      label: column.label,
      requests: [{ method: "POST", target: attributesOf(wanted.table), body: columnBody(column) }],
    }));
}

function missingKey(wanted: WantedCustomisation, found: Definition): readonly MissingPart[] {
  const isThere = found.Keys.some(
    ({ KeyAttributes }) => KeyAttributes.length === 1 && KeyAttributes[0] === wanted.key.column,
  );
  if (isThere) return [];
  const target = `EntityDefinitions(LogicalName='${wanted.table}')/Keys`;
  return [
    {
      name: `alternate key ${wanted.table}(${wanted.key.column})`,
      label: "One deal per referral",
      requests: [{ method: "POST", target, body: keyBody(wanted.key) }],
    },
  ];
}

function missingReason(
  wanted: WantedCustomisation,
  options: readonly OptionDefinition[],
): readonly MissingPart[] {
  const { statusReason, table } = wanted;
  if (options.some(({ Value }) => Value === statusReason.value)) return [];
  return [
    {
      name: `status reason ${table}.statuscode ${statusReason.value}`,
      label: statusReason.label,
      requests: [
        {
          method: "POST",
          target: "InsertStatusValue",
          body: statusReasonBody(table, statusReason),
        },
      ],
    },
  ];
}

async function missingTables(
  send: Transport,
  wanted: WantedCustomisation,
): Promise<readonly MissingPart[]> {
  const missing: MissingPart[] = [];
  for (const table of wanted.tables) {
    const name = table.schemaName.toLowerCase();
    const found = await readDefinition(send, name);
    const relationship = {
      method: "POST" as const,
      target: "RelationshipDefinitions",
      body: relationshipBody(table, wanted.table),
    };
    if (!found) {
      const create = {
        method: "POST" as const,
        target: "EntityDefinitions",
        body: tableBody(table),
      };
      const requests = [create, relationship];
      missing.push({ name: `table ${name}`, label: table.pluralLabel, requests });
      continue;
    }
    const present = new Set(found.Attributes.map(({ LogicalName }) => LogicalName));
    const lookup = table.relationship.lookup.toLowerCase();
    if (!present.has(lookup)) {
      missing.push({
        name: `lookup ${name}.${lookup}`,
        label: "Opportunity",
        requests: [relationship],
      });
    }
    for (const column of table.columns) {
      const columnName = column.schemaName.toLowerCase();
      if (present.has(columnName)) continue;
      const request = {
        method: "POST" as const,
        target: attributesOf(name),
        body: columnBody(column),
      };
      missing.push({
        name: `column ${name}.${columnName}`,
        label: column.label,
        requests: [request],
      });
    }
  }
  return missing;
}

async function missingTracking(
  send: Transport,
  wanted: WantedCustomisation,
): Promise<readonly MissingPart[]> {
  const missing: MissingPart[] = [];
  for (const table of wanted.tracked) {
    const target = `EntityDefinitions(LogicalName='${table}')`;
    const headers = { consistency: "Strong" };
    const response = await send({ method: "GET", target, headers, accept: [404] }, {});
    if (response.status === 404) continue;
    // A PUT replaces the whole definition, so all of it is sent back.
    const { "@odata.context": _context, ...found } = JSON.parse(response.body) as Definition &
      Readonly<Record<string, unknown>>;
    if (found.ChangeTrackingEnabled) continue;
    missing.push({
      name: `change tracking of ${table}`,
      label: "Changes are found without reading everything",
      requests: [{ method: "PUT", target, body: { ...found, ChangeTrackingEnabled: true } }],
    });
  }
  return missing;
}

function wrongTypes(wanted: WantedCustomisation, found: Definition): readonly string[] {
  const types = new Map(
    found.Attributes.map(({ LogicalName, AttributeType }) => [LogicalName, AttributeType]),
  );
  return wanted.columns.flatMap(({ schemaName, type }) => {
    const present = types.get(schemaName.toLowerCase());
    return present === undefined || present === type
      ? []
      : [
          `${wanted.table}.${schemaName.toLowerCase()} is of type ${present}, not ${type}: map ` +
            "another column in the mapping file, or remove this one",
        ];
  });
}

/**
 * Looks at an environment, changes nothing, and tells what the connector lacks there. Errors:
 * CrmError.
 */
export async function inspectDynamics(options: DynamicsSetupOptions): Promise<DynamicsInspection> {
  const send = createTransport(options);
  const wanted = wantedFor(options);
  const found = await readDefinition(send, wanted.table);
  if (!found) {
    throw new CrmError(
      "invalid",
      `the environment has no table "${wanted.table}": is Dynamics 365 Sales installed in it?`,
    );
  }
  return {
    missing: [
      ...missingColumns(wanted, found),
      ...missingKey(wanted, found),
      ...missingReason(wanted, await readOptions(send, wanted.table, "statuscode", "Status")),
      ...(await missingTables(send, wanted)),
      ...(await missingTracking(send, wanted)),
    ],
    problems: [
      ...wrongTypes(wanted, found),
      ...unknownColumns(wanted, found, options.fields ?? []),
    ],
    pendingKeys: found.Keys.filter(
      ({ EntityKeyIndexStatus }) => EntityKeyIndexStatus !== "Active",
    ).map(({ LogicalName }) => LogicalName),
  };
}

const keyPollMs = 2000;
const keyWaitMs = 10 * 60_000;

/**
 * Creates what the inspection found missing, publishes it, and waits until the alternate key can
 * be used. What is there already is left alone, so it can be repeated after a failure. Errors:
 * CrmError.
 */
export async function prepareDynamics(
  options: DynamicsSetupOptions,
  tell: (done: string) => void = () => {},
): Promise<void> {
  const send = createTransport(options);
  const { missing } = await inspectDynamics(options);
  for (const { name, requests } of missing) {
    for (const { method, target, body } of requests) {
      const headers: Readonly<Record<string, string>> =
        method === "PUT" ? { "mscrm.mergelabels": "true" } : {};
      await send({ method, target, headers, body: JSON.stringify(body) }, {});
    }
    tell(name);
  }
  if (missing.length > 0) {
    await send({ method: "POST", target: "PublishAllXml", body: "{}" }, {});
  }
  const giveUpAt = options.clock.now() + keyWaitMs;
  for (;;) {
    const { pendingKeys } = await inspectDynamics(options);
    if (pendingKeys.length === 0) return;
    if (options.clock.now() >= giveUpAt) {
      throw new CrmError(
        "unavailable",
        `Dataverse is still building the index of ${pendingKeys.join(", ")}; run the setup again`,
      );
    }
    await options.clock.sleep(keyPollMs);
  }
}
