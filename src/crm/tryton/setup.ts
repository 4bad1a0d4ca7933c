import type { FieldInfo, Inspection, StageChoice } from "../adapting/inspection.ts";
import type { CrmError } from "../port.ts";
import { describeDeals } from "./adapter.ts";
import { accountFields, accountPrefix, currencyField, lists, type TrytonField } from "./mapping.ts";
import { createTrytonRpc, type TrytonTransportOptions } from "./transport.ts";
import type { Wire } from "./wire-values.ts";

/** How a server is looked at. */
export interface TrytonSetupOptions extends TrytonTransportOptions {
  /** The fields that the mapping names: only what they need is asked for. */
  readonly fields: readonly string[];
  readonly keyField?: string;
}

type Problem = Inspection["problems"][number];

const wantedRights = {
  "sale.opportunity": ["read", "write", "create"],
  "party.party": ["read", "create"],
  "party.address": ["read", "create"],
  "country.country": ["read"],
} as const;

async function missingRights(call: ReturnType<typeof createTrytonRpc>["call"]) {
  const models = Object.keys(wantedRights);
  const given = (await call("ir.model.access.get_access", [models], {})) as Readonly<
    Record<string, Readonly<Record<string, Wire>>>
  >;
  return Object.entries(wantedRights).flatMap(([model, rights]) =>
    rights
      .filter((right) => !given[model]?.[right])
      .map((right): Problem => {
        const remedy =
          "add the user to the groups Sales, Sale Opportunity and Party Administration";
        return { sentence: `the user may not ${right} ${model}`, remedy };
      }),
  );
}

const module = "install the module partner_referrals on the server and activate it";

function missingFields(
  { fields, keyField = "partner_referral" }: TrytonSetupOptions,
  known: Readonly<Record<string, TrytonField>>,
): Pick<Inspection, "missing" | "problems"> {
  const named = [...fields, keyField].filter((name) => !(name in known) && name !== currencyField);
  const own = [...new Set(named)].filter((name) => !name.startsWith(accountPrefix));
  const unknown = named.filter(
    (name) =>
      name.startsWith(accountPrefix) && !(name.slice(accountPrefix.length) in accountFields),
  );
  const ofModule = own.filter((name) => name.startsWith("partner_") || name in lists);
  const others = [...own.filter((name) => !ofModule.includes(name)), ...unknown];
  return {
    missing: ofModule.map((name) => ({ name: `field sale.opportunity.${name}`, label: module })),
    problems: others.map((name) => ({
      sentence: `the mapping names ${name}, which isn't there`,
      remedy: "correct the mapping file, or add the field by a module",
    })),
  };
}

const stagesOf = (known: Readonly<Record<string, TrytonField>>): readonly StageChoice[] =>
  (known.state?.selection ?? []).map(([value, label]) => ({ value: String(value), label }));

/**
 * Looks at a server, changes nothing, and tells what the connector lacks there. Fields can't be
 * made over the wire: the companion module brings them. Errors: CrmError.
 */
export async function inspectTryton(options: TrytonSetupOptions): Promise<Inspection> {
  const rpc = createTrytonRpc(options);
  const { company, employee } = await rpc.context({});
  const known = await describeDeals(rpc.call, {}).catch((error: CrmError) => {
    if (error.code === "invalid" || error.code === "unauthorized") return undefined;
    throw error;
  });
  if (!known) {
    const remedy = "activate the module sale_opportunity, and give the user its groups";
    const sentence = "the database has no opportunities that the user may see";
    return {
      user: options.user,
      missing: [],
      problems: [{ sentence, remedy }],
      pending: [],
      stages: [],
    };
  }
  const { missing, problems } = missingFields(options, known);
  const ofUser: Problem[] = [];
  if (typeof company !== "number") {
    ofUser.push({ sentence: "the user works in no company", remedy: "give the user a company" });
  }
  if (typeof employee !== "number") {
    const remedy = "give the user an employee";
    ofUser.push({ sentence: "the user is no employee, whom an opportunity needs", remedy });
  }
  const countries = await rpc.call("country.country.search_count", [[]], {});
  if (countries === 0) {
    const remedy = "run trytond_import_countries";
    ofUser.push({ sentence: "the database has no countries", remedy });
  }
  return {
    user: options.user,
    missing,
    problems: [...problems, ...ofUser, ...(await missingRights(rpc.call))],
    pending: [],
    stages: stagesOf(known),
  };
}

/**
 * The fields of the opportunities and of their customers, as a mapping names them. Errors:
 * CrmError.
 */
export async function readTrytonFields(options: TrytonSetupOptions): Promise<readonly FieldInfo[]> {
  const known = await describeDeals(createTrytonRpc(options).call, {});
  const own = Object.entries(known).map(([name, { label, selection, type }]) => ({
    name,
    label,
    type,
    ...(selection
      ? { choices: selection.map(([value, words]) => ({ value: String(value), label: words })) }
      : {}),
  }));
  const customer = Object.keys(accountFields).map((name) => ({
    name: accountPrefix + name,
    label: `Party: ${name.replaceAll("_", " ")}`,
    type: "char",
  }));
  return [...own, ...customer, { name: currencyField, label: "Currency", type: "char" }];
}
