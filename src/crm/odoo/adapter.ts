import {
  customerRules,
  once,
  type SteppedAdapterOptions,
  walkPages,
} from "../adapting/stepped-adapter.ts";
import { writeInSteps } from "../adapting/write-in-steps.ts";
import { type CrmAdapter, type CrmCapabilities, CrmError, type OperationOptions } from "../port.ts";
import { ourModule } from "./create-once.ts";
import {
  accountPrefix,
  contactsField,
  layoutOf,
  type OdooFacts,
  type OdooLayout,
  type Stage,
  statusField,
} from "./mapping.ts";
import { type DealContext, readChanged, readNewest, readRows, recordOf } from "./read-deals.ts";
import {
  createOdooCall,
  type OdooCall,
  type OdooRow,
  type OdooTransportOptions,
} from "./transport.ts";
import { DealWriting } from "./write-deal.ts";

/** How the adapter reaches its server and what it may do there. */
export type OdooAdapterOptions = OdooTransportOptions & SteppedAdapterOptions;

const defaultKeyField = "x_partner_referral";
/** The external id of the stage that the setup makes. */
export const waitingStage = { module: ourModule, name: "stage_waiting" } as const;

function capabilitiesOf(layout: OdooLayout, options: OdooAdapterOptions): CrmCapabilities {
  return {
    kind: "odoo",
    versions: "none",
    stampResolutionMs: 1000,
    visibilityDelayMs: 0,
    deleteSignal: "not-found",
    webhooks: "unsigned",
    batchSize: 1,
    parts: [
      ...(layout.account.length > 0 ? [{ name: "account", prefix: accountPrefix }] : []),
      { name: "record", prefix: "" },
      ...(layout.hasContacts ? [{ name: "contacts", prefix: contactsField }] : []),
      { name: "close", prefix: statusField },
    ],
    reportsChildChanges: true,
    ...(options.stateFields === undefined ? {} : { stateFields: options.stateFields }),
  };
}

/** The stages of the pipeline, in their order; the one that waits is known by its external id. */
export async function readStages(
  call: OdooCall,
  options: OperationOptions,
): Promise<readonly Stage[]> {
  const named = { order: "sequence asc, id asc" };
  const rows = await call("crm.stage", "search_read", [[], ["name", "is_won"]], options, named);
  const domain = [
    ["module", "=", waitingStage.module],
    ["name", "=", waitingStage.name],
  ];
  const marks = await call("ir.model.data", "search_read", [domain, ["res_id"]], options).catch(
    (error: unknown) => {
      // Who may not read external ids has no stage that waits.
      if (error instanceof CrmError && error.code === "unauthorized") return [];
      throw error;
    },
  );
  const waiting = (marks as readonly OdooRow[])[0]?.res_id;
  return (rows as readonly OdooRow[]).map(({ id, is_won, name }) => ({
    id: Number(id),
    name: String(name),
    isWon: is_won === true,
    isWaiting: id === waiting,
  }));
}

/** What Odoo says of the deals' fields. */
export async function describeDeals(
  call: OdooCall,
  options: OperationOptions,
): Promise<Readonly<Record<string, Readonly<Record<string, unknown>>>>> {
  const named = { attributes: ["type", "string", "selection", "readonly"] };
  const found = await call("crm.lead", "fields_get", [], options, named);
  return found as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

async function readFacts(call: OdooCall, options: OperationOptions): Promise<OdooFacts> {
  const fields = await describeDeals(call, options);
  const countries = await call("res.country", "search_read", [[], ["code"]], options);
  const types = Object.entries(fields).map(([name, { string, type }]) => [
    name,
    { type: String(type), label: String(string) },
  ]);
  return {
    stages: await readStages(call, options),
    types: Object.fromEntries(types),
    countries: new Map(
      (countries as readonly OdooRow[]).map(({ code, id }) => [Number(id), String(code)]),
    ),
  };
}

/** The field that a refusal names: Odoo quotes a field's name or label, or says `model.field`. */
function withField(error: CrmError, { types }: OdooFacts): CrmError {
  const words = [...error.message.matchAll(/["'«“]([^"'»”]+)["'»”]|crm\.lead\.(\w+)/g)];
  const names = words.flatMap(([, quoted, field]) => [quoted, field]);
  const field = Object.entries(types).find(
    ([name, { label }]) => names.includes(name) || names.includes(label),
  )?.[0];
  return field === undefined
    ? error
    : new CrmError("invalid", error.message, { field, cause: error });
}

/** Reads and writes the opportunities of an Odoo server through JSON-RPC. */
export function createOdooAdapter(options: OdooAdapterOptions): CrmAdapter {
  const call = createOdooCall(options);
  const keyField = options.keyField ?? defaultKeyField;
  const layout = layoutOf(options.fields, keyField);
  const context: DealContext = {
    call,
    url: options.url,
    layout,
    keyField,
    facts: once((operation) => readFacts(call, operation)),
  };
  const rules = customerRules(options);
  return {
    capabilities: capabilitiesOf(layout, options),
    read: async (recordId, operation) => {
      operation.signal?.throwIfAborted();
      if (!/^[1-9]\d{0,9}$/.test(recordId)) return undefined;
      const rows = await readRows(context, ["id", "=", Number(recordId)], operation);
      return rows && recordOf(context, rows, operation);
    },
    upsert: async (write, operation) => {
      const writing = new DealWriting(context, rules, write, operation);
      try {
        return await writeInSteps(writing, write, operation);
      } catch (error) {
        const names = error instanceof CrmError && error.code === "invalid" && !error.field;
        throw names ? withField(error, await context.facts(operation)) : error;
      }
    },
    changesSince: walkPages(options, {
      newest: (operation) => readNewest(context, operation),
      page: (range, operation) => readChanged(context, range, operation),
    }),
  };
}
