import { readFileSync } from "node:fs";
import type { Mapping } from "../../crm/index.ts";
import { loadMapping } from "../../crm/index.ts";
import { YamlFileError } from "../../runtime/index.ts";
import type { Config } from "../config/config-schema.ts";
import { vendorOf } from "../crm/registry.ts";
import { counted } from "../terminal/words.ts";
import { type Finding, findingsOf, sentenceOf } from "./finding.ts";

const { good, warn, bad } = findingsOf("Mapping");

/** The line in which a field is mapped, for a person with an editor. */
function lineOf(text: string, name: string): number {
  const quoted = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = new RegExp(`\\bname:\\s*["']?${quoted}\\b`);
  return text.split("\n").findIndex((line) => pattern.test(line)) + 1;
}

/** Without these no referral can be created. */
const wantedPaths: Readonly<Record<string, string>> = {
  "/customerProfile/address/country": "customer's country",
  "/details/currency": "currency",
};

/** What is allowed and yet may surprise. */
function warnings(mapping: Mapping, text: string): readonly Finding[] {
  const at = (name: string): string => {
    const line = lineOf(text, name);
    return line > 0 ? ` (line ${line})` : "";
  };
  const never = mapping.fields.filter(
    ({ direction, referralWrite }) => direction === "both" && referralWrite === "never",
  );
  const paths = new Set(mapping.fields.map(({ referralPath }) => referralPath));
  const wanted = Object.entries(wantedPaths).filter(([path]) => !paths.has(path));
  return [
    ...never.map(({ name, label }) =>
      warn(
        `${label}${at(name)} goes both ways, but Partner Center never takes a change of it`,
        "say `direction: to-crm` in the mapping",
      ),
    ),
    ...wanted.map(([path, name]) =>
      warn(
        `nothing is mapped to the ${name}: Partner Center refuses a new referral without it`,
        `map a field to ${path}, or only take referrals in`,
      ),
    ),
    ...(mapping.stateFields?.referralId === undefined
      ? [
          warn(
            "the CRM keeps no referral id (state.referralId)",
            "name a column for it, or a first match goes by names alone",
          ),
        ]
      : []),
  ];
}

/** The mapping file, its faults with their lines, and what may surprise in it. */
export async function checkMapping(
  config: Config,
): Promise<{ readonly findings: readonly Finding[]; readonly mapping?: Mapping }> {
  const { crm } = config;
  const path = config.mapping ?? `the ready ${crm.kind} mapping`;
  try {
    const text =
      config.mapping === undefined
        ? await vendorOf(crm.kind).mappingText(crm)
        : readFileSync(config.mapping, "utf8");
    const mapping = loadMapping(text, path);
    const both = mapping.fields.filter(({ direction }) => direction === "both").length;
    const fields = `${counted(mapping.fields.length, "field")}, ${both} both ways`;
    const findings = [good(`${fields} · ${path}`), ...warnings(mapping, text)];
    return { findings, mapping };
  } catch (error) {
    if (!(error instanceof YamlFileError)) {
      return { findings: [bad(sentenceOf(error), "check `mapping` in the configuration")] };
    }
    const findings = error.problems.map(({ line, column, path: where, reason, remedy }) =>
      bad(`${path}:${line}:${column} ${where ? `${where}: ` : ""}${reason}`, remedy),
    );
    return { findings };
  }
}
