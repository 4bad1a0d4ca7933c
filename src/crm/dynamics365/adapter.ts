import type { Ambiguity } from "../adapting/party-rules.ts";
import type { CrmAdapter, CrmCapabilities } from "../port.ts";
import { CrmError, type OperationOptions } from "../port.ts";
import { type DealTable, leadTable, opportunityTable } from "./deal-table.ts";
import { quoted } from "./find-account.ts";
import { currencyField, type FieldLayout, hasLinkedParts, layoutOf } from "./mapping.ts";
import { readDeal } from "./read-deals.ts";
import { createTransport, type Transport, type TransportOptions } from "./transport.ts";
import { type WalkContext, walkChanges } from "./walk-changes.ts";
import { type WriteContext, writeDeal } from "./write-deal.ts";

/** How the adapter reaches its environment and what it may do there. */
export interface DynamicsAdapterOptions extends TransportOptions {
  /** The CRM fields that the mapping names: `crmFieldsOf(mapping)`. */
  readonly fields: readonly string[];
  /** Fields in which the seller sees how the deal stands: `mapping.stateFields`. */
  readonly stateFields?: NonNullable<CrmCapabilities["stateFields"]>;
  /** Which rows are the deals; opportunities unless told. */
  readonly deals?: DealTable["logicalName"];
  /**
   * The column with the alternate key that holds the referral's id; `stateFields.referralId` unless
   * told.
   */
  readonly keyColumn?: string;
  /** Rows on a page of changes. */
  readonly pageSize?: number;
  /** What to do where several accounts have the customer's name, postal code and country. */
  readonly ambiguousAccount?: Ambiguity;
  /** What to do where several contacts have the same e-mail address. */
  readonly ambiguousContact?: Ambiguity;
  /** True where an existing account may be changed. */
  readonly updateAccounts?: boolean;
  /** False where a contact that is on the deal already must not be changed. */
  readonly updateContacts?: boolean;
  /**
   * False: a change of an account, contact, solution or team member shows only when the deal
   * itself changes.
   */
  readonly followChildren?: boolean;
}

const defaultPageSize = 500;
const defaultKeyColumn = "pr_referralid";

function capabilitiesOf(layout: FieldLayout, options: DynamicsAdapterOptions): CrmCapabilities {
  const { account, children, hasContacts } = layout;
  const followsChildren = options.followChildren ?? true;
  return {
    kind: "dynamics365",
    versions: "etag",
    stampResolutionMs: 1000,
    visibilityDelayMs: 0,
    deleteSignal: "tombstone",
    webhooks: "none",
    batchSize: 1,
    parts: [
      ...(account.length > 0 ? [{ name: "account", prefix: "account." }] : []),
      { name: "record", prefix: "" },
      ...(hasContacts ? [{ name: "contacts", prefix: "contacts" }] : []),
      ...children.map(({ field }) => ({ name: field, prefix: field })),
      { name: "close", prefix: "status" },
    ],
    reportsChildChanges: followsChildren || !hasLinkedParts(layout),
    ...(options.stateFields === undefined ? {} : { stateFields: options.stateFields }),
  };
}

/**
 * Looks up currencies by their codes; an environment's currencies hardly ever change, so each is
 * asked for once.
 */
function currencyLookup(send: Transport): WriteContext["currencyId"] {
  const known = new Map<string, string>();
  return async (code: string, options: OperationOptions) => {
    const present = known.get(code);
    if (present !== undefined) return present;
    const filter = `isocurrencycode%20eq%20${quoted(code)}%20and%20statecode%20eq%200`;
    const target = `transactioncurrencies?$select=transactioncurrencyid&$filter=${filter}`;
    const response = await send({ method: "GET", target }, options);
    const { value } = JSON.parse(response.body) as {
      value: readonly { readonly transactioncurrencyid: string }[];
    };
    const id = value[0]?.transactioncurrencyid;
    if (id === undefined) {
      throw new CrmError(
        "invalid",
        `the currency ${code} isn't active in Dynamics 365; an administrator can add it`,
        { field: currencyField },
      );
    }
    known.set(code, id);
    return id;
  };
}

const guidPattern = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Reads and writes the deals of a Dynamics 365 Sales environment through the Dataverse Web API. */
export function createDynamicsAdapter(options: DynamicsAdapterOptions): CrmAdapter {
  const send = createTransport(options);
  const keyColumn = options.keyColumn ?? options.stateFields?.referralId ?? defaultKeyColumn;
  const table = options.deals === "lead" ? leadTable : opportunityTable;
  const layout = layoutOf(table, options.fields, keyColumn);
  const rootUrl = options.rootUrl.replace(/\/+$/, "");
  const context: WriteContext & WalkContext = {
    send,
    rootUrl,
    environmentUrl: new URL(rootUrl).origin,
    layout,
    keyColumn,
    pageSize: options.pageSize ?? defaultPageSize,
    followsChildren: options.followChildren ?? true,
    currencyId: currencyLookup(send),
    accounts: {
      ambiguity: options.ambiguousAccount ?? "refuse",
      updates: options.updateAccounts ?? false,
    },
    contacts: {
      ambiguity: options.ambiguousContact ?? "refuse",
      updates: options.updateContacts ?? true,
    },
  };
  return {
    capabilities: capabilitiesOf(layout, options),
    read: async (recordId, operation) => {
      if (!guidPattern.test(recordId)) return undefined;
      return (await readDeal(context, recordId, operation))?.record;
    },
    upsert: async (write, operation) => {
      if (write.steps.length === 0) throw new CrmError("invalid", "a write needs a step");
      const record = await writeDeal(context, write, operation);
      return { id: record.id, version: record.version, record };
    },
    changesSince: (watermark, operation) => walkChanges(context, watermark, operation),
  };
}
