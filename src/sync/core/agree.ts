import type { CrmValue } from "../../crm/port.ts";
import type { EngineContext, NewHistory } from "../engine-context.ts";
import type { FieldValues, Pair, SeenChange, SideState } from "../pair/pair.ts";
import type { Agreement } from "./plan.ts";

/**
 * Makes values the shadows of both sides and writes them into history.
 *
 * Invariant: this is the only place where a shadow changes, so that history replays to the shadows.
 */
export function agree(
  context: EngineContext,
  pair: Pair,
  agreements: readonly Agreement[],
): { readonly pair: Pair; readonly history: readonly NewHistory[] } {
  const { referral, crm } = pair;
  if (agreements.length === 0 || !referral || !crm) return { pair, history: [] };
  const own = agreements.map((agreement) => inOwnForms(context, agreement));
  const entry: NewHistory = {
    pairId: pair.id,
    at: context.clock.now(),
    kind: "agreed",
    fields: own,
  };
  const { projection } = context;
  const ofCrm: Record<string, CrmValue> = {};
  const ofReferral: Record<string, CrmValue> = {};
  for (const agreed of own) {
    if (agreed.referral !== undefined) ofReferral[agreed.field] = agreed.referral;
    if (agreed.crm !== undefined) ofCrm[agreed.field] = agreed.crm;
  }
  const agreed: Pair = {
    ...pair,
    referral: withShadow(
      referral,
      ofReferral,
      referral.document ? projection.referralValues(referral.document) : {},
      (name, left, right) => projection.byName.get(name)?.lens.sameInReferral(left, right) ?? false,
    ),
    crm: withShadow(
      crm,
      ofCrm,
      crm.document ? projection.crmValues(crm.document) : {},
      (name, left, right) => projection.byName.get(name)?.lens.sameInCrm(left, right) ?? false,
    ),
  };
  return { pair: agreed, history: [entry] };
}

function inOwnForms({ rules, projection }: EngineContext, agreement: Agreement): Agreement {
  const { field, referral, crm } = agreement;
  if (referral === undefined || crm === undefined) return agreement;
  const lens = projection.byName.get(field)?.lens;
  const nothing = { referral: {}, crm: {} };
  return {
    field,
    referral: rules.ownShadow(referral, () => {
      const translated = lens?.toReferral(crm, null, nothing);
      return translated?.ok ? translated.value : referral;
    }),
    crm: rules.ownShadow(crm, () => {
      const translated = lens?.toCrm(referral, null, nothing);
      return translated?.ok ? translated.value : crm;
    }),
  };
}

type Same = (name: string, left: FieldValues[string], right: FieldValues[string]) => boolean;

/** Sets shadows and forgets the changes that they explain. */
function withShadow<Document>(
  side: SideState<Document>,
  agreed: FieldValues,
  seen: FieldValues,
  same: Same,
): SideState<Document> {
  const changes: Record<string, SeenChange> = { ...side.changes };
  for (const [name, value] of Object.entries(agreed)) {
    if (same(name, seen[name] ?? null, value)) delete changes[name];
  }
  return { ...side, shadow: { ...side.shadow, ...agreed }, changes };
}
