import type { Referral } from "../../src/contract/index.ts";
import { readyDynamicsMapping } from "../../src/crm/dynamics365/index.ts";
import type { CrmValue } from "../../src/crm/port.ts";
import { type PlanInput, planFields } from "../../src/sync/core/plan.ts";
import { createProjection, engineRules } from "../../src/sync/index.ts";
import { median } from "../statistics.ts";
import { type Figure, figure } from "./report.ts";
import { sampleReferral } from "./sample-referral.ts";

const rounds = 9;
const roundMs = 400;
const variants = 200;

interface Variant {
  readonly name: string;
  /** Of a hundred plans, so many are of this kind. */
  readonly weight: number;
  readonly referral: Readonly<Record<string, CrmValue>>;
  readonly crm: Readonly<Record<string, CrmValue>>;
}

/**
 * What plans are made for: mostly an edit of one side, or nothing because our own write came back.
 */
const kinds: readonly Variant[] = [
  { name: "nothing changed", weight: 40, referral: {}, crm: {} },
  { name: "the CRM changed", weight: 25, referral: {}, crm: { dealValue: 1234.5, notes: "new" } },
  { name: "the referral changed", weight: 25, referral: { dealValue: 77.25 }, crm: {} },
  { name: "both to the same", weight: 5, referral: { dealValue: 5 }, crm: { dealValue: 5 } },
  { name: "both, apart", weight: 5, referral: { notes: "theirs" }, crm: { notes: "ours" } },
];

function inputOf(kind: Variant, index: number): PlanInput {
  const mapping = readyMapping;
  const projection = createProjection(mapping);
  const document: Referral = sampleReferral(index);
  const noContext = projection.context(document, {});
  const referral = projection.referralValues(document);
  const crm: Record<string, CrmValue> = {};
  for (const field of mapping.fields) {
    const there = field.lens.toCrm(referral[field.name] ?? null, null, noContext);
    crm[field.name] = there.ok ? there.value : null;
  }
  const record = Object.fromEntries(
    mapping.fields.map(({ name, crmField }) => [crmField, crm[name] ?? null]),
  );
  const changedBy = (values: Variant["crm"]) =>
    Object.fromEntries(Object.keys(values).map((name) => [name, { after: index, by: index + 1 }]));
  return {
    fields: mapping.fields,
    referral: {
      seen: { ...referral, ...kind.referral },
      shadow: referral,
      changes: changedBy(kind.referral),
    },
    crm: { seen: { ...crm, ...kind.crm }, shadow: crm, changes: changedBy(kind.crm) },
    state: { status: "Active", substatus: "Accepted" },
    context: projection.context(document, record),
    parked: {},
    decisions: {},
    policies: {},
    mayShareContacts: () => true,
    isHeld: false,
    hasLeftHolding: false,
    distrustsShadows: false,
    newestSkewMs: 5_000,
    rules: engineRules,
  };
}

const readyMapping = readyDynamicsMapping();

function inputs(): readonly PlanInput[] {
  return Array.from({ length: variants }, (_, index) => {
    let place = (index * 37) % 100;
    for (const kind of kinds) {
      if (place < kind.weight) return inputOf(kind, index);
      place -= kind.weight;
    }
    throw new Error("the weights don't add up to a hundred");
  });
}

/** Plans a second, of deals with the ready mapping for Dynamics 365. */
export async function measurePlanner(): Promise<readonly Figure[]> {
  const all = inputs();
  let actions = 0;
  const round = (): number => {
    const started = process.cpuUsage();
    const startedAt = performance.now();
    let plans = 0;
    while (performance.now() - startedAt < roundMs) {
      for (const input of all) {
        const { toCrm, toReferral, agreements, conflicts } = planFields(input);
        actions += toCrm.length + toReferral.length + agreements.length + conflicts.length;
      }
      plans += all.length;
    }
    const { user, system } = process.cpuUsage(started);
    byClock.push(plans / ((performance.now() - startedAt) / 1000));
    return plans / ((user + system) / 1_000_000);
  };
  const byClock: number[] = [];
  round();
  byClock.length = 0;
  const byCpu = Array.from({ length: rounds }, round);
  const doubt = actions > 0 ? "" : "no plan did anything";
  const note = `${readyMapping.fields.length} fields; median of ${rounds} rounds; ${doubt}`;
  return [
    figure("plans a second of processor time", median(byCpu), "plans/s", {
      target: { atLeast: 50_000 },
      note,
    }),
    figure("plans a second by the clock, beside whatever else runs", median(byClock), "plans/s"),
  ];
}
