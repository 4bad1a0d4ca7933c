// The kit against a running EspoCRM 8 whose data may be thrown away: docs/guides/real-crm-tests.md.
import { beforeAll, describe, expect, test, vi } from "vitest";
import { describeCrmAdapter } from "../../src/crm/conformance/crm-adapter-suite.ts";
import { describeReadyMapping } from "../../src/crm/conformance/ready-mapping-suite.ts";
import { openEspoWorld } from "../../src/crm/espocrm/conformance-world-suite.ts";
import {
  createEspoAdapter,
  inspectEspo,
  prepareEspo,
  readyEspoMapping,
} from "../../src/crm/espocrm/index.ts";
import { createEspoSend } from "../../src/crm/espocrm/transport.ts";
import { crmFieldsOf } from "../../src/crm/index.ts";
import { fetchHttp } from "../../src/runtime/index.ts";

// Each call is one to a real server, and the kit makes thousands.
vi.setConfig({ testTimeout: 180_000 });

const { ESPOCRM_API_KEY = "", ESPOCRM_URL = "" } = process.env;
const { ESPOCRM_ADMIN = "admin", ESPOCRM_ADMIN_PASSWORD = "" } = process.env;
const mapping = readyEspoMapping();
const reach = {
  http: fetchHttp,
  url: ESPOCRM_URL,
  apiKey: ESPOCRM_API_KEY,
  fields: crmFieldsOf(mapping),
  administrator: { user: ESPOCRM_ADMIN, password: ESPOCRM_ADMIN_PASSWORD },
};
const keySeed = Date.now().toString(16).slice(-8);
const close = async (): Promise<void> => {};

type Row = Readonly<Record<string, unknown>>;

/** One call as the administrator. */
async function administer(method: "GET" | "PUT", target: string, body?: Row): Promise<Row> {
  const authorization = `Basic ${btoa(`${ESPOCRM_ADMIN}:${ESPOCRM_ADMIN_PASSWORD}`)}`;
  const response = await fetch(`${ESPOCRM_URL}/api/v1/${target}`, {
    method,
    headers: { authorization, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${target}: ${response.status}`);
  return (await response.json()) as Row;
}

/** The kit writes amounts in two currencies. */
async function addCurrencies(): Promise<void> {
  const { currencyList } = await administer("GET", "Settings");
  const wanted = [...new Set([...(currencyList as readonly string[]), "EUR", "GBP"])];
  await administer("PUT", "Settings", { currencyList: wanted });
}

/** Espo has no switch for one record: the API user sees its own deals alone, and owns none. */
async function setHidden(_id: string, isHidden: boolean): Promise<void> {
  const send = createEspoSend(reach);
  const { user } = (await send({ method: "GET", target: "App/user" }, {})) as { user: Row };
  const { rolesIds } = await administer("GET", `User/${String(user.id)}`);
  for (const id of rolesIds as readonly string[]) {
    const { data } = (await administer("GET", `Role/${id}`)) as { data: Record<string, Row> };
    const rights = { ...data.Opportunity, read: isHidden ? "own" : "all" };
    await administer("PUT", `Role/${id}`, { data: { ...data, Opportunity: rights } });
  }
}

describe.skipIf(ESPOCRM_URL === "")("a real EspoCRM", () => {
  beforeAll(async () => {
    await addCurrencies();
    await prepareEspo(reach);
  });

  test("has everything once the setup has run, and says so again", async () => {
    const { missing, problems } = await inspectEspo(reach);
    expect({ missing, problems }).toEqual({ missing: [], problems: [] });
  });

  describeCrmAdapter("EspoCRM", async () =>
    openEspoWorld({ url: ESPOCRM_URL, apiKey: ESPOCRM_API_KEY, keySeed, setHidden, close }),
  );

  describeReadyMapping("EspoCRM", {
    mapping,
    key: `${keySeed}-ready`,
    open: async () => ({ adapter: createEspoAdapter(reach), close }),
  });
});
