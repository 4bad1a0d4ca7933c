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

describe.skipIf(ESPOCRM_URL === "")("a real EspoCRM", () => {
  beforeAll(() => prepareEspo(reach));

  test("has everything once the setup has run, and says so again", async () => {
    const { missing, problems } = await inspectEspo(reach);
    expect({ missing, problems }).toEqual({ missing: [], problems: [] });
  });

  describeCrmAdapter("EspoCRM", async () =>
    openEspoWorld({ url: ESPOCRM_URL, apiKey: ESPOCRM_API_KEY, keySeed, close }),
  );

  describeReadyMapping("EspoCRM", {
    mapping,
    key: `${keySeed}-ready`,
    open: async () => ({ adapter: createEspoAdapter(reach), close }),
  });
});
