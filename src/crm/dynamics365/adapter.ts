import type {
  CrmAdapter,
  CrmCapabilities,
  CrmChange,
  CrmRecord,
  CrmWrite,
  OperationOptions,
} from "../port.ts";
import { CrmError } from "../port.ts";
import {
  columnsOf,
  type DataverseRow,
  fieldsToOpportunity,
  opportunityToRecord,
} from "./mapping.ts";
import { createTransport, readErrorBody, type TransportOptions } from "./transport.ts";

/** How the adapter reaches its environment and which fields it carries. */
export interface DynamicsAdapterOptions extends TransportOptions {
  /** The CRM fields that the mapping names. */
  readonly fields: readonly string[];
  /** The column with the alternate key that holds the referral's id. */
  readonly keyColumn?: string;
  readonly pageSize?: number;
}

const defaultPageSize = 500;
const defaultKeyColumn = "pr_referralid";
const expiredTokenCode = "0x80044352";

const capabilities: CrmCapabilities = {
  kind: "dynamics365",
  versions: "etag",
  stampResolutionMs: 1000,
  visibilityDelayMs: 0,
  deleteSignal: "tombstone",
  webhooks: "none",
  batchSize: 1,
  parts: [{ name: "record", prefix: "" }],
  reportsChildChanges: false,
  stateFields: { referralId: defaultKeyColumn },
};

interface ChangesPage {
  readonly value: readonly DataverseRow[];
  readonly "@odata.nextLink"?: string;
  readonly "@odata.deltaLink"?: string;
}

/** Reads and writes the opportunities of a Dynamics 365 Sales environment. */
export function createDynamicsAdapter(options: DynamicsAdapterOptions): CrmAdapter {
  const send = createTransport(options);
  const keyColumn = options.keyColumn ?? defaultKeyColumn;
  const environmentUrl = new URL(options.rootUrl).origin;
  const select = columnsOf([...options.fields, keyColumn]).join(",");
  const toRecord = (row: DataverseRow): CrmRecord =>
    opportunityToRecord(row, [...options.fields, keyColumn], environmentUrl);

  async function read(
    recordId: string,
    operation: OperationOptions,
  ): Promise<CrmRecord | undefined> {
    const target = `opportunities(${encodeURIComponent(recordId)})?$select=${select}`;
    const response = await send({ method: "GET", target, accept: [404] }, operation);
    if (response.status === 404) return undefined;
    return toRecord(JSON.parse(response.body) as DataverseRow);
  }

  async function upsert(write: CrmWrite, operation: OperationOptions) {
    let record: CrmRecord | undefined;
    let recordId = write.recordId;
    for (const step of write.steps) {
      const key = encodeURIComponent(`'${write.key.replaceAll("'", "''")}'`);
      const address = recordId ?? `${keyColumn}=${key}`;
      const ifMatch = step.expectedVersion ?? (recordId === undefined ? undefined : "*");
      const response = await send(
        {
          method: "PATCH",
          target: `opportunities(${address})?$select=${select}`,
          headers: {
            prefer: "return=representation",
            ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
          },
          body: JSON.stringify(fieldsToOpportunity(step.fields)),
        },
        operation,
      );
      record = toRecord(JSON.parse(response.body) as DataverseRow);
      recordId = record.id;
      await operation.memo?.finish(step.key, record.id);
    }
    if (!record) throw new CrmError("invalid", "a write needs at least one step");
    return { id: record.id, version: record.version, record };
  }

  async function* changesSince(
    watermark: string,
    operation: OperationOptions,
  ): AsyncIterable<CrmChange> {
    const pageSize = options.pageSize ?? defaultPageSize;
    const first = `opportunities?$select=${select}`;
    let next: string | undefined = watermark || first;
    while (next !== undefined) {
      const response = await send(
        {
          method: "GET",
          target: next,
          headers: { prefer: `odata.track-changes,odata.maxpagesize=${pageSize}` },
          accept: [400, 410],
        },
        operation,
      );
      if (response.status >= 400) {
        const { code, message } = readErrorBody(response.body);
        if (code !== expiredTokenCode && response.status !== 410) {
          throw new CrmError("invalid", `Dataverse refused the changes (${code}): ${message}`);
        }
        next = first;
        continue;
      }
      const page = JSON.parse(response.body) as ChangesPage;
      for (const row of page.value) {
        if (String(row["@odata.context"] ?? "").endsWith("/$deletedEntity")) {
          yield { kind: "deleted", recordId: String(row.id) };
        } else {
          yield { kind: "changed", record: toRecord(row) };
        }
      }
      const delta = page["@odata.deltaLink"];
      if (delta !== undefined) yield { kind: "watermark", watermark: delta };
      next = page["@odata.nextLink"];
    }
  }

  return { capabilities, read, upsert, changesSince };
}
