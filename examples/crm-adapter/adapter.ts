// An adapter for a CRM with a small REST API: the example of docs/guides/crm-adapter.md.
import { digest } from "../../src/crm/adapting/digest.ts";
import { sendOnce } from "../../src/crm/adapting/refusal.ts";
import { walkById } from "../../src/crm/adapting/walk-by-id.ts";
import { writeInSteps } from "../../src/crm/adapting/write-in-steps.ts";
import {
  type CrmAdapter,
  CrmError,
  type CrmFields,
  type CrmRecord,
  type OperationOptions,
} from "../../src/crm/index.ts";
import type { Http } from "../../src/runtime/index.ts";

export interface TinyCrmOptions {
  readonly http: Http;
  readonly url: string;
  readonly pageSize?: number;
}

interface Deal {
  readonly id: string;
  readonly changedAt: number;
  readonly version: number;
  readonly [field: string]: string | number | null;
}

const fields = ["title", "amount", "notes", "stage", "referralId"];

function toRecord(deal: Deal): CrmRecord {
  const shown = Object.fromEntries(fields.map((name) => [name, deal[name] ?? null]));
  return {
    id: deal.id,
    version: `${deal.version}+${digest(JSON.stringify(shown))}`,
    modifiedAt: new Date(deal.changedAt).toISOString(),
    fields: shown,
  };
}

/** One call: what goes wrong becomes an error of the port's closed set. */
async function call(
  { http, url }: TinyCrmOptions,
  method: "GET" | "POST" | "PATCH",
  path: string,
  { signal }: OperationOptions,
  body?: CrmFields,
  ifMatch?: string,
): Promise<unknown> {
  signal?.throwIfAborted();
  const isWrite = method !== "GET";
  const response = await sendOnce(
    http,
    {
      method,
      url: url + path,
      headers: {
        "content-type": "application/json",
        ...(ifMatch ? { "if-match": ifMatch } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    },
    { crm: "Tiny CRM", isWrite },
  );
  const { status } = response;
  if (status < 300) return JSON.parse(response.body);
  if (status === 404) throw new CrmError("not-found", "the deal isn't there");
  if (status === 412) throw new CrmError("conflict", "the deal changed meanwhile");
  if (status === 401) throw new CrmError("unauthorized", "the CRM refuses the key");
  if (status === 429) {
    const retryAfterMs = Number(response.headers["retry-after"]) * 1000;
    throw new CrmError("throttled", "the CRM asks to wait", { retryAfterMs });
  }
  if (status >= 500) {
    throw new CrmError("unavailable", `the CRM answered ${status}`, { outcomeUnknown: isWrite });
  }
  const { field } = JSON.parse(response.body) as { field: string };
  throw new CrmError("invalid", `the CRM refuses ${field}`, { field });
}

export function createTinyCrmAdapter(crm: TinyCrmOptions): CrmAdapter {
  const { pageSize = 100 } = crm;
  const find = async (query: string, options: OperationOptions): Promise<readonly Deal[]> =>
    (await call(crm, "GET", `/deals?${query}`, options)) as readonly Deal[];

  async function read(id: string, options: OperationOptions): Promise<CrmRecord | undefined> {
    const [deal] = await find(`id=${encodeURIComponent(id)}`, options);
    return deal && toRecord(deal);
  }

  return {
    // What the CRM can and can't do, as data: see src/crm/port.ts.
    capabilities: {
      kind: "tiny",
      versions: "etag",
      stampResolutionMs: 1,
      visibilityDelayMs: 0,
      deleteSignal: "not-found",
      webhooks: "none",
      batchSize: 1,
      parts: [{ name: "record", prefix: "" }],
      reportsChildChanges: true,
    },
    read,
    upsert: (write, options) =>
      writeInSteps(
        {
          read: (id) => read(id, options),
          isCheckedByCrm: () => true,
          perform: async (step, { dealId, version }) => {
            if (dealId !== undefined) {
              const ifMatch = version?.split("+")[0];
              const changed = await call(
                crm,
                "PATCH",
                `/deals/${dealId}`,
                options,
                step.fields,
                ifMatch,
              );
              const record = toRecord(changed as Deal);
              return { dealId, version: record.version, record };
            }
            // The key makes a repeated create harmless; nobody's edit is overwritten unseen.
            const [found] = await find(`referralId=${encodeURIComponent(write.key)}`, options);
            const wanted = { ...step.fields, referralId: write.key };
            const deal = found ?? ((await call(crm, "POST", "/deals", options, wanted)) as Deal);
            const record = toRecord(deal);
            if (Object.entries(wanted).some(([name, value]) => record.fields[name] !== value)) {
              const { id } = record;
              throw new CrmError("conflict", "a deal with other values is there", { recordId: id });
            }
            return { dealId: deal.id, version: record.version, record };
          },
        },
        write,
        options,
      ),
    changesSince: (watermark, options) =>
      walkById(
        {
          overlap: 1000,
          newest: async (each) => (await find("newest=true", each))[0]?.changedAt,
          page: async (from, afterId, each) => {
            const since = from === undefined ? "" : `&since=${from}`;
            const after = afterId === undefined ? "" : `&after=${encodeURIComponent(afterId)}`;
            const deals = await find(`limit=${pageSize}${since}${after}`, each);
            const last = deals.at(-1);
            return {
              rows: deals.map((deal) => ({ record: toRecord(deal), stamp: deal.changedAt })),
              ...(last && deals.length === pageSize ? { next: last.id } : {}),
            };
          },
        },
        watermark,
        options,
      ),
  };
}
