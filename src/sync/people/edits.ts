import type { MappedField } from "../../crm/mapping-port.ts";
import { type EngineContext, updatePair } from "../engine-context.ts";
import { EngineRefusal } from "../engine-port.ts";
import type { InboxItem } from "../ledger/ledger-port.ts";
import type { Decision, FieldValues, Pair, Park } from "../pair/pair.ts";
import { stateOfReferral, stateOfText, statusPath } from "../pair/projection.ts";
import { inboxId } from "./inbox-items.ts";

/**
 * Carries a person's own values to both sides, as an answer to a question would: through plan, memo
 * and settlement, over the values that are seen now. Values are in the referral's form.
 */
export async function editPair(
  context: EngineContext,
  pairId: string,
  values: FieldValues,
  by: string | undefined,
): Promise<void> {
  const pair = await context.ledger.pair(pairId);
  if (!pair) {
    throw new EngineRefusal(`There is no pair ${pairId}.`, "List the deals to find its id.");
  }
  refuseEdit(context, pair, values);
  const open = await context.ledger.inbox({ pairId, isOpen: true, limit: mostQuestions });
  const at = context.clock.now();
  await updatePair(context, pairId, (current) => {
    const decisions: Record<string, Decision> = { ...current.decisions };
    const parked: Record<string, Park> = { ...current.parked };
    const fields = Object.entries(values).map(([name, value]) => {
      const over = seenValues(context, current, name);
      decisions[name] = { take: "value", value, over };
      delete parked[name];
      return { field: name, from: over.referral, to: value };
    });
    return {
      pair: { ...current, decisions, parked, due: { at, priority: "interactive" } },
      history: [{ pairId, at, kind: "edited", fields, ...(by ? { by } : {}) }],
      inbox: answered(open, pairId, values, at, by),
    };
  });
}

const mostQuestions = 100;

function seenValues({ projection }: EngineContext, { referral, crm }: Pair, name: string) {
  return {
    referral: referral?.document
      ? (projection.referralValues(referral.document)[name] ?? null)
      : null,
    crm: crm?.document ? (projection.crmValues(crm.document)[name] ?? null) : null,
  };
}

/** An edit of a field answers what was asked about it. */
function answered(
  open: readonly InboxItem[],
  pairId: string,
  values: FieldValues,
  at: number,
  by: string | undefined,
): readonly InboxItem[] {
  const ids = Object.keys(values).flatMap((name) => [
    inboxId("conflict", pairId, name),
    inboxId("breaker", pairId, name),
  ]);
  return open
    .filter(({ id }) => ids.includes(id))
    .map((item) => ({
      ...item,
      resolvedAt: at,
      resolution: "edited",
      ...(by ? { resolvedBy: by } : {}),
    }));
}

function refuseEdit(context: EngineContext, pair: Pair, values: FieldValues): void {
  const { projection, rules } = context;
  const referral = pair.referral?.document;
  const crm = pair.crm?.document;
  if (!referral || !crm || pair.crm?.presence !== "present" || pair.ended) {
    throw new EngineRefusal(
      "Only a deal that is on both sides can be edited here.",
      "Edit it in the system where it is.",
    );
  }
  const state = stateOfReferral(referral);
  for (const [name, value] of Object.entries(values)) {
    const field = projection.byName.get(name);
    if (!field || !isEditable(field)) {
      throw new EngineRefusal(
        `${field?.label ?? name} can't be edited here.`,
        "Edit it in the system that it comes from.",
      );
    }
    const to = field.referralPath === statusPath ? stateOfText(value) : state;
    const verdict = rules.mayMove(state, to);
    if (!verdict.ok) throw new EngineRefusal(verdict.sentence, "Choose one of the allowed moves.");
    const old = projection.crmValues(crm)[name] ?? null;
    const there = field.lens.toCrm(value, old, projection.context(referral, crm));
    if (!there.ok) throw new EngineRefusal(`${field.label}: ${there.reason}.`, there.remedy);
  }
}

/** True where a person may give a value that both sides take. */
export function isEditable(
  field: Pick<MappedField, "compute" | "direction" | "referralWrite" | "referralPath">,
): boolean {
  const isTaken = field.referralWrite === "patch" || field.referralWrite === "put";
  const isShareConsent = field.referralPath.startsWith("/consent/");
  return field.compute === undefined && field.direction === "both" && isTaken && !isShareConsent;
}
