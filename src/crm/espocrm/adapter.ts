import {
  customerRules,
  once,
  type SteppedAdapterOptions,
  walkPages,
} from "../adapting/stepped-adapter.ts";
import { writeInSteps } from "../adapting/write-in-steps.ts";
import {
  type CrmAdapter,
  type CrmCapabilities,
  CrmError,
  type CrmWrite,
  type OperationOptions,
} from "../port.ts";
import { accountPrefix, contactsField, type EspoLayout, layoutOf } from "./mapping.ts";
import { type DealContext, readChanged, readNewest, readRows, recordOf } from "./read-deals.ts";
import { createEspoSend, type EspoSend, type EspoTransportOptions } from "./transport.ts";
import { type AccountRules, DealWriting } from "./write-deal.ts";

/** How the adapter reaches its instance and what it may do there. */
export interface EspoAdapterOptions extends EspoTransportOptions, SteppedAdapterOptions {
  /** False where opportunities have no optimistic concurrency control. */
  readonly isVersioned?: boolean;
}

const defaultKeyField = "cPartnerReferral";

function capabilitiesOf(layout: EspoLayout, options: EspoAdapterOptions): CrmCapabilities {
  return {
    kind: "espocrm",
    versions: (options.isVersioned ?? true) ? "etag" : "none",
    stampResolutionMs: 1000,
    visibilityDelayMs: 0,
    deleteSignal: "not-found",
    webhooks: "signed",
    batchSize: 1,
    parts: [
      ...(layout.account.length > 0 ? [{ name: "account", prefix: accountPrefix }] : []),
      { name: "record", prefix: "" },
      ...(layout.hasContacts ? [{ name: "contacts", prefix: contactsField }] : []),
    ],
    reportsChildChanges: layout.account.length === 0 && !layout.hasContacts,
    ...(options.stateFields === undefined ? {} : { stateFields: options.stateFields }),
  };
}

/** What an instance says of the fields of its opportunities. */
export interface EspoField {
  readonly type: string;
  readonly maxLength?: number;
  readonly options?: readonly string[];
}

/** Fields of opportunities by their names, and the currencies that the instance knows. */
export interface EspoFacts {
  readonly fields: Readonly<Record<string, EspoField>>;
  readonly currencies: readonly string[];
  /** True where opportunities have optimistic concurrency control. */
  readonly isVersioned: boolean;
  /** True where phone numbers are taken with their country code alone. */
  readonly wantsCountryCode: boolean;
}

interface EspoSettings {
  readonly currencyList?: readonly string[];
  readonly phoneNumberInternational?: boolean;
}

interface EspoDefinition {
  readonly fields: EspoFacts["fields"];
  readonly optimisticConcurrencyControl?: boolean;
}

/** Asks an instance for its metadata and settings. Errors: CrmError. */
export async function readFacts(send: EspoSend, options: OperationOptions): Promise<EspoFacts> {
  const target = "Metadata?key=entityDefs.Opportunity";
  const definition = (await send({ method: "GET", target }, options)) as EspoDefinition | null;
  if (definition === null) {
    // Espo keeps the entities out of the metadata that a user may not see at all.
    throw new CrmError(
      "unauthorized",
      "EspoCRM shows this API user no opportunities; check the rights of its role",
    );
  }
  const settings = (await send({ method: "GET", target: "Settings" }, options)) as EspoSettings;
  return {
    fields: definition.fields,
    currencies: settings.currencyList ?? [],
    wantsCountryCode: settings.phoneNumberInternational === true,
    isVersioned: definition.optimisticConcurrencyControl === true,
  };
}

/** Refuses by the field's name what the instance would refuse, or keep without a word. */
function assertFits(write: CrmWrite, { currencies, fields }: EspoFacts): void {
  for (const [name, value] of write.steps.flatMap((step) => Object.entries(step.fields))) {
    if (value === null) continue;
    const { maxLength, options } = fields[name] ?? {};
    const isCurrency = name === "amountCurrency";
    const offered = isCurrency ? currencies : options;
    if (offered && typeof value === "string" && !offered.includes(value)) {
      const few = offered.slice(0, 12).join(", ");
      const place = isCurrency ? "; EspoCRM's administration has a page Currency to add to" : "";
      throw new CrmError("invalid", `${name} takes only: ${few}${place}`, { field: name });
    }
    if (maxLength !== undefined && typeof value === "string" && value.length > maxLength) {
      throw new CrmError("invalid", `${name} holds ${maxLength} characters at most`, {
        field: name,
      });
    }
  }
}

/** Reads and writes the opportunities of an EspoCRM through its REST API. */
export function createEspoAdapter(options: EspoAdapterOptions): CrmAdapter {
  const send = createEspoSend(options);
  const keyField = options.keyField ?? defaultKeyField;
  const layout = layoutOf(options.fields, keyField);
  const context: DealContext = { send, url: options.url, layout, keyField };
  const facts = once((operation) => readFacts(send, operation));
  const rules: AccountRules = {
    ...customerRules(options),
    isVersioned: options.isVersioned ?? true,
  };
  return {
    capabilities: capabilitiesOf(layout, options),
    read: async (recordId, operation) => {
      operation.signal?.throwIfAborted();
      if (!/^[\w-]{1,36}$/.test(recordId)) return undefined;
      const rows = await readRows(context, recordId, operation);
      return rows && recordOf(context, rows);
    },
    upsert: async (write, operation) => {
      assertFits(write, await facts(operation));
      return writeInSteps(new DealWriting(context, rules, write, operation), write, operation);
    },
    changesSince: walkPages(options, {
      newest: (operation) => readNewest(context, operation),
      page: (range, operation) => readChanged(context, range, operation),
    }),
  };
}
