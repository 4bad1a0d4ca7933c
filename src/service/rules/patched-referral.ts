import jsonPatch from "fast-json-patch";
import { type PatchOperation, type Referral, ReferralsError } from "../../contract/index.ts";
import { type Registration, receivedRegistration } from "./registrations.ts";

const { applyPatch, deepClone } = jsonPatch;
const registrationsPath = "/registrations";
const appendRegistration = `${registrationsPath}/-`;

/** True where every operation concerns deal registrations. */
export const isRegistrationPatch = (operations: readonly PatchOperation[]): boolean =>
  operations.every(({ path }) => path.startsWith(`${registrationsPath}/`));

const isIndex = (step: string): boolean => step === "-" || /^\d+$/.test(step);

function noSuchElement(path: string, place: number): ReferralsError {
  const message = `There is nothing at ${path} to change.`;
  return new ReferralsError("invalidRequest", { message, target: `/${place}/path` });
}

/**
 * Makes the objects and lists that lie on the way to a path and are absent; a list's element must
 * be there.
 */
function makeWay(document: Record<string, unknown>, path: string, place: number): void {
  const steps = path.slice(1).split("/");
  let holder: unknown = document;
  steps.forEach((step, depth) => {
    const isLast = depth === steps.length - 1;
    if (Array.isArray(holder)) {
      if (step !== "-" && Number(step) >= holder.length) throw noSuchElement(path, place);
      holder = isLast ? undefined : holder[Number(step)];
      return;
    }
    const parent = holder as Record<string, unknown>;
    if (isLast) return;
    if (parent[step] == null) parent[step] = isIndex(steps[depth + 1] ?? "") ? [] : {};
    holder = parent[step];
  });
}

/**
 * The document after the operations, which must have passed the allow-list; the given one stays as
 * it is. `replace` of a value that is absent sets it: the connector's default operation is replace,
 * and absent and null mean the same here.
 * Errors: invalidRequest where a list has no such element.
 */
export function patchedReferral(
  before: Referral,
  operations: readonly PatchOperation[],
  facts: { readonly moment: string; readonly newId: () => string },
): Referral {
  const document = deepClone(before) as Record<string, unknown>;
  operations.forEach((operation, place) => {
    makeWay(document, operation.path, place);
    const inList = isIndex(operation.path.split("/").at(-1) ?? "");
    const value =
      operation.path === appendRegistration
        ? receivedRegistration(operation.value as Registration, facts.newId(), facts.moment)
        : operation.value;
    const op = inList ? operation.op : "add";
    applyPatch(document, [{ op, path: operation.path, value }], true, true);
  });
  return document;
}
