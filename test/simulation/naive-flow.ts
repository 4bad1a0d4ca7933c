import type { ReferralsPort } from "../../src/client/port.ts";
import type { PatchOperation, Referral } from "../../src/contract/index.ts";
import type { MappedField } from "../../src/crm/mapping-port.ts";
import type { CrmFields, CrmRecord, CrmValue } from "../../src/crm/port.ts";
import type { Process, Subject, SubjectFactory, Surroundings } from "./subject.ts";
import { mappingOf } from "./world/mapping.ts";
import { valueAt, withValue } from "./world/referral-document.ts";
import type { World } from "./world/world.ts";

const pollMs = 60_000;

/** A referral's value as the mapping's lenses take it. */
function referralValue(referral: Referral, field: MappedField): CrmValue {
  if (field.referralPath === "/status") return `${referral.status}/${referral.substatus}`;
  return (valueAt(referral as Record<string, unknown>, field.referralPath) ?? null) as CrmValue;
}

const noContext = { referral: {}, crm: {} };

/**
 * What the published co-sell flows do: on a webhook read the referral and write all of it to the
 * CRM; on a change in the CRM
 * write all of it to the referral, without a condition. The only guard against loops: changes made
 * by the flow's own user
 * are skipped. It has no memory but the links on the records.
 */
export const naiveFlow: SubjectFactory = (world: World): Subject => {
  const mapping = mappingOf(world.schedule.settings);
  const watermarks = new Map<string, string>();

  const toDeal = (referral: Referral): CrmFields => {
    const fields: Record<string, CrmValue> = { pr_referralid: referral.id ?? "", share: true };
    for (const field of mapping.fields) {
      const result = field.lens.toCrm(referralValue(referral, field), null, noContext);
      if (result.ok) fields[field.crmField] = result.value;
    }
    return fields;
  };
  const toReferral = (deal: CrmFields): ReadonlyMap<string, CrmValue> => {
    const values = new Map<string, CrmValue>();
    for (const field of mapping.fields) {
      const value = deal[field.crmField] ?? null;
      if (value === null) continue;
      const result = field.lens.toReferral(value, null, noContext);
      if (result.ok) values.set(field.referralPath, result.value);
    }
    return values;
  };

  const inbound = async (life: Surroundings, referralId: string): Promise<void> => {
    const { referral } = await life.referrals.get(referralId);
    const fields = toDeal(referral);
    const recordId = referral.externalReferenceId;
    await life.crm.upsert(
      {
        key: referralId,
        ...(typeof recordId === "string" && recordId !== "" ? { recordId } : {}),
        steps: [{ part: "deal", key: `${referralId}-${life.random.uuid()}`, fields }],
      },
      {},
    );
  };
  const outbound = async (life: Surroundings, record: CrmRecord): Promise<void> => {
    if (record.modifiedBy === "engine" || record.fields.share !== true) return;
    const values = toReferral(record.fields);
    const referralId = record.fields.pr_referralid;
    if (typeof referralId !== "string" || referralId === "") {
      const created = await create(
        life.referrals,
        record,
        values,
        mapping.newReferral(record.fields),
      );
      const step = {
        part: "deal",
        key: `link-${record.id}`,
        fields: { pr_referralid: created.referral.id ?? "" },
      };
      await life.crm.upsert(
        { key: created.referral.id ?? "", recordId: record.id, steps: [step] },
        {},
      );
      return;
    }
    await life.referrals.patch(referralId, patchOf(values), { ifMatch: "*" });
  };
  const loop = async (life: Surroundings): Promise<void> => {
    for (;;) {
      await life.clock.sleep(pollMs);
      const start = watermarks.get(life.organisation) ?? "";
      try {
        for await (const change of life.crm.changesSince(start, {})) {
          if (change.kind === "watermark") watermarks.set(life.organisation, change.watermark);
          if (change.kind === "changed") await outbound(life, change.record).catch(() => {});
        }
      } catch {
        // The next round starts from the last watermark.
      }
    }
  };

  return {
    start(life): Process {
      void loop(life);
      return {
        notice: ({ referralId }) => inbound(life, referralId),
        audit: async () => {},
        operate: async () => {},
      };
    },
    backUp: async () => {},
    restore: async () => {},
    isAtRest: (since) => world.sinceStart() > since + 5 * pollMs,
    statesOf: () => ["flow"],
    questionsAbout: () => [],
    excuseFor: () => undefined,
    givenUp: () => undefined,
    finalChecks: async () => {},
  };
};

function patchOf(values: ReadonlyMap<string, CrmValue>): PatchOperation[] {
  const operations: PatchOperation[] = [];
  for (const [path, value] of values) {
    if (path === "/name" || path.startsWith("/customerProfile")) continue;
    if (path === "/status") {
      const [status = "", substatus = ""] = String(value).split("/");
      operations.push({ op: "replace", path: "/status", value: status });
      operations.push({ op: "replace", path: "/substatus", value: substatus });
    } else {
      operations.push({ op: "replace", path, value } as PatchOperation);
    }
  }
  return operations;
}

function create(
  referrals: ReferralsPort,
  record: CrmRecord,
  values: ReadonlyMap<string, CrmValue>,
  constants: Readonly<Record<string, CrmValue>>,
) {
  let document: Record<string, unknown> = { externalReferenceId: record.id };
  for (const [path, value] of [...Object.entries(constants), ...values]) {
    if (path === "/status") {
      const [status, substatus] = String(value).split("/");
      document = { ...document, status, substatus };
    } else {
      document = withValue(document, path, value);
    }
  }
  return referrals.create(document as Referral);
}
