import type { PlainValue, ProblemGroup } from "../../contract/index.ts";
import type { Pair } from "../../sync/index.ts";
import { dealSummary } from "../deals/deal-view.ts";
import type { Office } from "../office.ts";

const mostPairs = 1_000;

interface Found {
  readonly key: string;
  readonly group: Omit<ProblemGroup, "deals">;
  readonly deal: ProblemGroup["deals"][number];
}

function valuesOf({ projection }: Office, pair: Pair, field: string | undefined) {
  if (field === undefined || !projection.byName.has(field)) return {};
  const { crm, referral } = pair;
  const values: { crm?: PlainValue; referral?: PlainValue } = {};
  if (crm?.document) values.crm = projection.crmValues(crm.document)[field] ?? null;
  if (referral?.document) {
    values.referral = projection.referralValues(referral.document)[field] ?? null;
  }
  return values;
}

function dealOf(office: Office, pair: Pair, name: string | undefined): Found["deal"] {
  const { projection } = office;
  const mapped = projection.fields.find(
    (one) => one.name === name || one.crmField === name || one.referralPath === name,
  );
  const { crm, referral } = pair;
  return {
    id: pair.id,
    title: dealSummary(pair, projection).title,
    ...(mapped ? { field: mapped.name, label: mapped.label } : {}),
    ...valuesOf(office, pair, mapped?.name),
    ...(crm?.url ? { crmUrl: crm.url } : {}),
    ...(referral?.url ? { referralUrl: referral.url } : {}),
  };
}

function problemsOf(office: Office, pair: Pair): readonly Found[] {
  const { problem } = pair;
  const whole: Found[] = [];
  if (problem) {
    const { code, sentence, remedy, side, nextCall, field, since, tries, retryAt } = problem;
    const kind = retryAt === undefined ? "stopped" : "retrying";
    const deal = { ...dealOf(office, pair, field), since, tries };
    whole.push({
      key: `${kind} ${code} ${side} ${sentence}`,
      group: { code, sentence, remedy, side, nextCall, kind },
      deal: retryAt === undefined ? deal : { ...deal, retryAt },
    });
  }
  const refused = pair.refusals.map(({ field, side, reason, remedy }): Found => {
    const sentence = `${reason.charAt(0).toUpperCase()}${reason.slice(1)}`;
    return {
      key: `refused ${field} ${side} ${remedy}`,
      group: { code: `refused.${field}`, sentence, remedy, side, kind: "refused" },
      deal: dealOf(office, pair, field),
    };
  });
  return [...whole, ...refused];
}

const rank = { stopped: 0, refused: 1, retrying: 2 } as const;

/** Everything that stands still, grouped by its cause: what waits for a person comes first. */
export async function readProblems(office: Office): Promise<readonly ProblemGroup[]> {
  const pairs = await office.ledger.pairs({
    states: ["dead", "refusing", "retrying", "asking"],
    limit: mostPairs,
  });
  const groups = new Map<string, { group: Found["group"]; deals: Found["deal"][] }>();
  for (const { key, group, deal } of pairs.flatMap((pair) => problemsOf(office, pair))) {
    const known = groups.get(key);
    if (known) known.deals.push(deal);
    else groups.set(key, { group, deals: [deal] });
  }
  return [...groups.values()]
    .map(({ group, deals }) => ({ ...group, deals }))
    .sort(
      (left, right) => rank[left.kind] - rank[right.kind] || right.deals.length - left.deals.length,
    );
}
