import { walkById } from "../adapting/walk-by-id.ts";
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
import { type CustomerRules, DealWriting } from "./write-deal.ts";

/** How the adapter reaches its server and what it may do there. */
export interface TrytonAdapterOptions extends TrytonTransportOptions {
  /** The fields that the mapping names: `crmFieldsOf(mapping)`. */
  readonly fields: readonly string[];
  readonly stateFields?: NonNullable<CrmCapabilities["stateFields"]>;
  /** The field that holds the referral's id; the companion module's unless told. */
  readonly keyField?: string;
  readonly pageSize?: number;
  /** The longest that a transaction of the server lasts, in milliseconds; a minute unless told. */
  readonly overlapMs?: number;
  /** What to do where several parties have the customer's name, postal code and country. */
  readonly ambiguousAccount?: CustomerRules["ambiguity"];
  /** True where a party that is there may be changed. */
  readonly updateAccounts?: boolean;
}

const defaultPageSize = 200;
const defaultOverlapMs = 60_000;
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

/** A value that is asked for once, and again where asking failed. */
function once<T>(ask: (options: OperationOptions) => Promise<T>) {
  let known: Promise<T> | undefined;
  return (options: OperationOptions): Promise<T> => {
    known ??= ask(options).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
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
  const rules: CustomerRules = {
    ambiguity: options.ambiguousAccount ?? "refuse",
    updates: options.updateAccounts ?? false,
  };
  const pageSize = options.pageSize ?? defaultPageSize;
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
    changesSince: (watermark, operation) =>
      walkById(
        {
          overlap: options.overlapMs ?? defaultOverlapMs,
          newest: (each) => readNewest(context, each),
          page: (from, afterId, each) =>
            readChanged(
              context,
              {
                ...(from === undefined ? {} : { from }),
                ...(afterId === undefined ? {} : { afterId }),
                pageSize,
              },
              each,
            ),
        },
        watermark,
        operation,
      ),
  };
}
