import type { Ambiguity } from "../adapting/party-rules.ts";
import type { CrmAdapter, CrmCapabilities } from "../port.ts";
import { DictionaryBook } from "./definitions.ts";
import { CompanySearch } from "./find-companies.ts";
import { companyPrefix, layoutOf } from "./mapping.ts";
import { RecentSnapshots, readDeal } from "./read-deals.ts";
import { createTransport, type TransportOptions } from "./transport.ts";
import { RecentRecords, searchLagMs, type WalkContext, walkChanges } from "./walk-changes.ts";
import { type WriteContext, writeDeal } from "./write-deal.ts";

/** How the adapter reaches its account and what it may do there. */
export interface HubSpotAdapterOptions extends TransportOptions {
  /** The CRM fields that the mapping names: `crmFieldsOf(mapping)`. */
  readonly fields: readonly string[];
  /** Properties in which the seller sees how the deal stands: `mapping.stateFields`. */
  readonly stateFields?: NonNullable<CrmCapabilities["stateFields"]>;
  /**
   * The property with unique values for the referral's id; `stateFields.referralId` unless told.
   */
  readonly keyProperty?: string;
  /** The pipeline in which new deals begin; `default` unless told. */
  readonly pipelineId?: string;
  /** Deals on a page of changes, 200 at most; 100 unless told. */
  readonly pageSize?: number;
  /** What to do where several companies have the customer's name, postal code and country. */
  readonly ambiguousAccount?: Ambiguity;
  /** True where an existing company may be changed. */
  readonly updateAccounts?: boolean;
  /** False where a contact that is on the deal already must not be changed. */
  readonly updateContacts?: boolean;
}

const defaultPageSize = 100;
const defaultKeyProperty = "pr_referral_id";

/** Reads and writes the deals of a HubSpot account through its CRM API. */
export function createHubSpotAdapter(options: HubSpotAdapterOptions): CrmAdapter {
  const send = createTransport(options);
  const keyProperty = options.keyProperty ?? options.stateFields?.referralId ?? defaultKeyProperty;
  const layout = layoutOf(options.fields, keyProperty);
  const context: WriteContext & WalkContext = {
    send,
    layout,
    keyProperty,
    search: new CompanySearch(send),
    book: new DictionaryBook(send, options.pipelineId ?? "default"),
    recent: new RecentRecords(),
    snapshots: new RecentSnapshots(),
    pageSize: options.pageSize ?? defaultPageSize,
    companies: {
      ambiguity: options.ambiguousAccount ?? "refuse",
      updates: options.updateAccounts ?? false,
    },
    contacts: { updates: options.updateContacts ?? true },
  };
  const hasLinked = layout.company.length > 0 || layout.hasContacts;
  return {
    capabilities: {
      kind: "hubspot",
      versions: "none",
      stampResolutionMs: 1,
      visibilityDelayMs: searchLagMs,
      deleteSignal: "not-found",
      webhooks: "signed",
      batchSize: 1,
      parts: [
        ...(layout.company.length > 0 ? [{ name: "account", prefix: companyPrefix }] : []),
        { name: "record", prefix: "" },
        ...(layout.hasContacts ? [{ name: "contacts", prefix: "contacts" }] : []),
      ],
      reportsChildChanges: !hasLinked,
      ...(options.stateFields === undefined ? {} : { stateFields: options.stateFields }),
    },
    read: async (recordId, operation) => {
      const found = await readDeal(context, recordId, operation);
      if (found) context.recent.note(found.record);
      return found?.record;
    },
    upsert: async (write, operation) => {
      const written = await writeDeal(context, write, operation);
      if (written.record) context.recent.note(written.record);
      return written;
    },
    changesSince: (watermark, operation) => walkChanges(context, watermark, operation),
  };
}
