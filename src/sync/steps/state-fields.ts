import type { CrmFields, CrmValue } from "../../crm/port.ts";
import type { EngineContext } from "../engine-context.ts";
import type { Pair, PairProblem } from "../pair/pair.ts";

/** A seller's field holds one line. */
const mostCharacters = 250;

/**
 * What the CRM's state fields should say and don't: the referral's id and link, the state of the
 * sync, the last error, the id in Microsoft's CRM. Empty at rest.
 *
 * Compared with what we last wrote, never with what the CRM shows: a CRM that normalises the text
 * would else be written for ever. Passing states (sending, retrying) aren't told, so that an edit
 * costs the CRM no second write; what waits for a person is, also where there is no referral yet.
 * Pure.
 */
export function stateFieldsToWrite(
  context: EngineContext,
  pair: Pair,
  microsoftMsxId: string | undefined,
): CrmFields {
  const names = context.crm.capabilities.stateFields;
  if (!names || !pair.crm) return {};
  const mapped = new Set(context.projection.fields.map((field) => field.crmField));
  const wanted: Record<string, CrmValue> = {};
  const tell = (name: string | undefined, value: CrmValue): void => {
    if (name !== undefined && !mapped.has(name)) wanted[name] = value;
  };
  const referralId = pair.referral?.id;
  if (referralId !== undefined) {
    tell(names.referralId, referralId);
    tell(names.referralLink, context.settings.referralLink.replace("{id}", referralId));
  }
  tell(names.syncState, stateInWords(context, pair));
  tell(names.lastError, errorInWords(context, pair, pair.shown?.[names.lastError ?? ""]));
  if (microsoftMsxId !== undefined) tell(names.microsoftCrmId, microsoftMsxId);
  return newsIn(wanted, pair.shown ?? {});
}

function newsIn(wanted: CrmFields, shown: CrmFields): CrmFields {
  const news: Record<string, CrmValue> = {};
  for (const [name, value] of Object.entries(wanted)) {
    // A CRM field that nobody has filled says "no error" already.
    if (shown[name] !== value && !(shown[name] === undefined && value === null)) news[name] = value;
  }
  return news;
}

/** A problem that no further try will remedy. */
const standing = ({ problem }: Pair): PairProblem | undefined =>
  problem?.retryAt === undefined ? problem : undefined;

function stateInWords(context: EngineContext, pair: Pair): string {
  if (standing(pair)) return "Stopped: see the last error";
  if (!pair.referral) return "Not shared yet";
  if (pair.isHeld) return "Waiting in the holding stage";
  const asked = Object.entries(pair.parked).filter(
    ([, { reason }]) => reason === "conflict" || reason === "breaker",
  );
  if (asked.length === 0) return pair.refusals.length > 0 ? "Not everything is in step" : "In step";
  return `To be decided: ${asked.map(([field]) => labelOf(context, field)).join(", ")}`;
}

/** One at a time: what was told stays as long as it holds, so that others cost no write. */
function errorInWords(
  context: EngineContext,
  pair: Pair,
  told: CrmValue | undefined,
): string | null {
  const problem = standing(pair);
  if (problem) return inOneLine(`${problem.sentence}: ${problem.remedy}`);
  const errors = pair.refusals.map(({ field, reason, remedy }) =>
    inOneLine(`${labelOf(context, field)}: ${reason}. ${remedy}`),
  );
  return errors.find((error) => error === told) ?? errors[0] ?? null;
}

const inOneLine = (text: string): string =>
  text.length > mostCharacters ? `${text.slice(0, mostCharacters - 1)}…` : text;

function labelOf(context: EngineContext, field: string): string {
  return context.projection.byName.get(field)?.label ?? field;
}
