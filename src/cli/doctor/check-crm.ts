import { CrmError, type Mapping } from "../../crm/index.ts";
import { fetchHttp } from "../../runtime/index.ts";
import type { Config } from "../config/config-schema.ts";
import { vendorOf } from "../crm/registry.ts";
import type { ConnectedCrm, CrmInspection } from "../crm/vendor.ts";
import { connectCrm } from "../start/connections.ts";
import { checkSkew } from "./clock-skew.ts";
import { type Finding, findingsOf, sentenceOf } from "./finding.ts";

const remedies: Readonly<Record<CrmError["code"], string>> = {
  unauthorized: "check the app's id and secret, and that it is a user of the CRM with a role",
  unavailable: "check the address under crm, and the network",
  throttled: "wait a few minutes and run the doctor again",
  "not-found": "check the address under crm",
  invalid: "check the configuration and the mapping",
  conflict: "run the doctor again",
};

function inspectionFindings(
  area: string,
  found: CrmInspection,
  canPrepare: boolean,
): readonly Finding[] {
  const { good, warn, bad } = findingsOf(area);
  const { advice = [], user, missing, problems, pending } = found;
  const create = canPrepare ? "referrals crm setup --apply" : "create it in the CRM";
  return [
    good(user === undefined ? "signed in" : `signed in as ${user}`),
    ...missing.map(({ name, label }) => bad(`missing: ${name}`, create, `For: ${label}`)),
    ...problems.map(({ sentence, remedy }) => bad(sentence, remedy)),
    ...pending.map((sentence) => warn(sentence, "wait, and run the doctor again")),
    ...(missing.length + problems.length + pending.length === 0
      ? [good("everything that the mapping uses is there")]
      : []),
    ...advice.map(({ sentence, remedy }) => warn(sentence, remedy)),
  ];
}

/** Reads one deal, so that a missing right shows itself here and not in the first walk. */
async function readFinding(area: string, { adapter }: ConnectedCrm): Promise<Finding> {
  const { good, warn } = findingsOf(area);
  for await (const change of adapter.changesSince("", {})) {
    if (change.kind === "changed") return good("deals can be read");
  }
  return warn("no deal can be seen", "give the user the right to read all deals, or add one");
}

/** Sign-in, rights, custom fields and clock of the CRM. */
export async function checkCrm(config: Config, mapping: Mapping): Promise<readonly Finding[]> {
  const area = vendorOf(config.crm.kind).title;
  const { bad } = findingsOf(area);
  const url: unknown = Reflect.get(config.crm, "url");
  const skew = typeof url === "string" ? await checkSkew(area, url, fetchHttp) : [];
  const crm = await connectCrm(config, mapping);
  try {
    const findings = inspectionFindings(area, await crm.inspect(), crm.prepare !== undefined);
    const isComplete = findings.every(({ verdict }) => verdict !== "bad");
    return [...findings, ...(isComplete ? [await readFinding(area, crm)] : []), ...skew];
  } catch (error) {
    const remedy = error instanceof CrmError ? remedies[error.code] : remedies.unavailable;
    return [bad(sentenceOf(error), remedy), ...skew];
  } finally {
    await crm.close?.();
  }
}
