import type { Ambiguity } from "../adapting/party-rules.ts";
import type { CrmAdapter, CrmCapabilities } from "../port.ts";
import { CrmError } from "../port.ts";
import { accountPrefix, hasLinkedParts, layoutOf } from "./mapping.ts";
import { readDeal, SettledVersions } from "./read-deals.ts";
import { StageBook } from "./stages.ts";
import { createTransport, type TransportOptions } from "./transport.ts";
import { type WalkContext, walkChanges } from "./walk-changes.ts";
import { type WriteContext, writeDeal } from "./write-deal.ts";

/** How the adapter reaches its organisation and what it may do there. */
export interface SalesforceAdapterOptions extends TransportOptions {
  /** The CRM fields that the mapping names: `crmFieldsOf(mapping)`. */
  readonly fields: readonly string[];
  /** Fields in which the seller sees how the deal stands: `mapping.stateFields`. */
  readonly stateFields?: NonNullable<CrmCapabilities["stateFields"]>;
  /** The unique external id field for the referral's id; `stateFields.referralId` unless told. */
  readonly keyField?: string;
  /** The currency of an organisation that has only one. */
  readonly soleCurrency?: string;
  /**
   * Days until a new deal closes whose referral names no day, since Salesforce wants one; 90 unless
   * told, 0 to refuse such a deal.
   */
  readonly closeDays?: number;
  /** Deals on a page of changes. */
  readonly pageSize?: number;
  /** What to do where several accounts have the customer's name, postal code and country. */
  readonly ambiguousAccount?: Ambiguity;
  /** What to do where several contacts have the same e-mail address. */
  readonly ambiguousContact?: Ambiguity;
  /** True where an existing account may be changed. */
  readonly updateAccounts?: boolean;
  /** False where a contact that is on the deal already must not be changed. */
  readonly updateContacts?: boolean;
  /** False: a change of an account, contact or row shows only when the deal itself changes. */
  readonly followChildren?: boolean;
}

const defaultPageSize = 200;
const defaultCloseDays = 90;
const defaultKeyField = "PR_ReferralId__c";

/** Reads and writes the opportunities of a Salesforce organisation through its REST API. */
export function createSalesforceAdapter(options: SalesforceAdapterOptions): CrmAdapter {
  const send = createTransport(options);
  const keyField = options.keyField ?? options.stateFields?.referralId ?? defaultKeyField;
  const layout = layoutOf(options.fields, keyField, options.soleCurrency);
  const followsChildren = options.followChildren ?? true;
  const context: WriteContext & WalkContext = {
    send,
    layout,
    keyField,
    settled: new SettledVersions(),
    stages: new StageBook(send),
    pageSize: options.pageSize ?? defaultPageSize,
    followsChildren,
    closeDays: options.closeDays ?? defaultCloseDays,
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
    capabilities: {
      kind: "salesforce",
      versions: "stamp",
      stampResolutionMs: 1000,
      visibilityDelayMs: 10_000,
      deleteSignal: "tombstone",
      webhooks: "none",
      batchSize: 1,
      parts: [
        ...(layout.account.length > 0 ? [{ name: "account", prefix: accountPrefix }] : []),
        { name: "record", prefix: "" },
        ...(layout.hasContacts ? [{ name: "contacts", prefix: "contacts" }] : []),
        ...layout.children.map(({ field }) => ({ name: field, prefix: field })),
      ],
      reportsChildChanges: followsChildren || !hasLinkedParts(layout),
      ...(options.stateFields === undefined ? {} : { stateFields: options.stateFields }),
    },
    read: async (recordId, operation) => (await readDeal(context, recordId, operation))?.record,
    upsert: async (write, operation) => {
      if (write.steps.length === 0) throw new CrmError("invalid", "a write needs a step");
      const record = await writeDeal(context, write, operation);
      return { id: record.id, version: record.version, record };
    },
    changesSince: (watermark, operation) => walkChanges(context, watermark, operation),
  };
}
