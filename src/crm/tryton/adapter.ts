import {
  customerRules,
  once,
  type SteppedAdapterOptions,
  walkPages,
} from "../adapting/stepped-adapter.ts";
import { dealIsGone, writeInSteps } from "../adapting/write-in-steps.ts";
import type { CrmAdapter, CrmCapabilities, CrmRecordVersion, OperationOptions } from "../port.ts";
import {
  accountPrefix,
  layoutOf,
  stateField,
  type TrytonField,
  type TrytonLayout,
} from "./mapping.ts";
import {
  type DealContext,
  namesNoField,
  readChanged,
  readNewest,
  readRow,
  recordOf,
  withField,
} from "./read-deals.ts";
import { createTrytonRpc, type TrytonRpc, type TrytonTransportOptions } from "./transport.ts";
import type { Wire } from "./wire-values.ts";
import { DealWriting } from "./write-deal.ts";

/** How the adapter reaches its server and what it may do there. */
export type TrytonAdapterOptions = TrytonTransportOptions & SteppedAdapterOptions;

const defaultKeyField = "partner_referral";

function capabilitiesOf(layout: TrytonLayout, options: TrytonAdapterOptions): CrmCapabilities {
  return {
    kind: "tryton",
    versions: "etag",
    stampResolutionMs: 1,
    visibilityDelayMs: 0,
    deleteSignal: "not-found",
    webhooks: "none",
    batchSize: 1,
    parts: [
      ...(layout.account.length > 0 ? [{ name: "account", prefix: accountPrefix }] : []),
      { name: "record", prefix: "" },
      { name: "close", prefix: stateField },
    ],
    reportsChildChanges: true,
    ...(options.stateFields === undefined ? {} : { stateFields: options.stateFields }),
  };
}

/** What Tryton says of the fields of its opportunities. Errors: CrmError. */
export async function describeDeals(
  call: TrytonRpc["call"],
  options: OperationOptions,
): Promise<Readonly<Record<string, TrytonField>>> {
  const found = await call("sale.opportunity.fields_get", [null], options);
  const fields = found as Readonly<Record<string, Readonly<Record<string, Wire>>>>;
  return Object.fromEntries(
    Object.entries(fields).map(([name, { selection, string, type }]) => [
      name,
      {
        type: String(type),
        label: String(string),
        ...(Array.isArray(selection)
          ? { selection: selection as unknown as NonNullable<TrytonField["selection"]> }
          : {}),
      },
    ]),
  );
}

/** Reads and writes the opportunities of a Tryton server through JSON-RPC. */
export function createTrytonAdapter(options: TrytonAdapterOptions): CrmAdapter {
  const rpc = createTrytonRpc(options);
  const { call } = rpc;
  const keyField = options.keyField ?? defaultKeyField;
  const layout = layoutOf(options.fields, keyField);
  const context: DealContext = {
    call,
    url: options.url,
    layout,
    keyField,
    types: once((operation) => describeDeals(call, operation)),
    currency: once(async (operation) => {
      const { company } = await rpc.context(operation);
      const ids = [company ?? null];
      const rows = await call("company.company.read", [ids, ["currency.code"]], operation);
      const [row] = rows as readonly { readonly "currency.": { readonly code: string } }[];
      return row?.["currency."].code ?? "";
    }),
  };
  const rules = customerRules(options);
  return {
    capabilities: capabilitiesOf(layout, options),
    read: async (recordId, operation) => {
      operation.signal?.throwIfAborted();
      if (!/^[1-9]\d{0,9}$/.test(recordId)) return undefined;
      const row = await readRow(context, ["id", "=", Number(recordId)], operation);
      return row && recordOf(context, row);
    },
    upsert: async (write, operation): Promise<CrmRecordVersion> => {
      const writing = new DealWriting(context, rules, write, operation);
      return writeInSteps(writing, write, operation).catch(async (error: unknown) => {
        if (!namesNoField(error)) throw error;
        const { recordId } = write;
        // Of a deal that is gone Tryton says that it may not be written to.
        const condition = ["id", "=", Number(recordId)];
        if (recordId && !(await readRow(context, condition, operation))) throw dealIsGone();
        throw withField(error, await context.types(operation));
      });
    },
    changesSince: walkPages(options, {
      newest: (operation) => readNewest(context, operation),
      page: (range, operation) => readChanged(context, range, operation),
    }),
  };
}
