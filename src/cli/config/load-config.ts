import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { parseTypedYaml, type ValueFault } from "../../runtime/index.ts";
import { vendorOf } from "../crm/registry.ts";
import { CliFailure } from "../failure.ts";
import { variablePattern } from "./config-file.ts";
import { type Config, configSchema } from "./config-schema.ts";

/** Beside the configuration, readable by its owner alone: the secrets that `init` was given. */
export const secretsFileName = "referrals.env";

type Variables = Readonly<Record<string, string | undefined>>;

/** The environment, and what the secrets file adds to it. */
function variablesFor(path: string, environment: Variables): Variables {
  const secrets = join(dirname(resolve(path)), secretsFileName);
  return existsSync(secrets)
    ? { ...parseEnv(readFileSync(secrets, "utf8")), ...environment }
    : environment;
}

/** Any line that isn't a comment as a whole. */
const lineWithValue = /^(?!\s*#).*$/gm;
/** Ports, periods and switches stay what they are; anything else from outside is text. */
const isPlain = /^(?:true|false|\d{1,5}(?:\.\d+)?)$/;

/**
 * A secret stands in the file as `${NAME}`; its value comes from the environment. Where it is the
 * whole value it needs no quotes, whatever signs it has.
 */
function withVariables(text: string, environment: Variables, path: string): string {
  const valueFor = (_whole: string, onLine?: string, inBraces?: string, inText = ""): string => {
    const alone = onLine ?? inBraces;
    const name = alone ?? inText;
    const value = environment[name];
    if (value !== undefined && value !== "") {
      const quoted = JSON.stringify(value);
      if (alone === undefined) return quoted.slice(1, -1);
      return isPlain.test(value) ? value : quoted;
    }
    throw new CliFailure(`The environment has no ${name}, which the configuration names.`, {
      place: path,
      remedy: `Set it (export ${name}=…), or write it into ${secretsFileName} beside the file.`,
    });
  };
  return text.replace(lineWithValue, (line) => line.replace(variablePattern, valueFor));
}

function crmFaults({ crm }: Config): readonly ValueFault[] {
  const faults = vendorOf(crm.kind).faults?.(crm) ?? [];
  return faults.map((fault) => ({ ...fault, path: ["crm", ...fault.path] }));
}

type PartnerCenter = Config["partnerCenter"];

function withRootsIn(folder: string, { webhook, ...others }: PartnerCenter): PartnerCenter {
  if (webhook?.rootCertificates === undefined) return { ...others, webhook };
  const rootCertificates = resolve(folder, webhook.rootCertificates);
  return { ...others, webhook: { ...webhook, rootCertificates } };
}

/** Reads and checks a configuration file. Paths in it are relative to it. */
export function loadConfig(path: string, environment: Variables): Config {
  if (!existsSync(path)) {
    throw new CliFailure("There is no such configuration file.", {
      place: resolve(path),
      remedy: "Write one with `referrals init`, or correct --config.",
    });
  }
  const text = withVariables(readFileSync(path, "utf8"), variablesFor(path, environment), path);
  const config = parseTypedYaml(configSchema, text, path, crmFaults);
  const folder = dirname(resolve(path));
  return {
    ...config,
    partnerCenter: withRootsIn(folder, config.partnerCenter),
    data: resolve(folder, config.data),
    ...(config.mapping ? { mapping: resolve(folder, config.mapping) } : {}),
  };
}
