import { z } from "zod";
import { crmFieldsOf } from "../../crm/index.ts";
import type { CrmVendor } from "./vendor.ts";

const schema = z.strictObject({
  kind: z.literal("espocrm"),
  /** The instance: `https://crm.example`. */
  url: z.url({ protocol: /^https?$/ }),
  /** The key of an API user. */
  apiKey: z.string().min(1),
  /** For the setup alone: only an administrator can create fields. */
  administrator: z
    .strictObject({ user: z.string().min(1), password: z.string().min(1) })
    .optional(),
  /** False where opportunities have no optimistic concurrency control. */
  isVersioned: z.boolean().default(true),
  /** Secret keys by the ids of the webhooks that call `/webhooks/crm` of this process. */
  webhookSecrets: z.record(z.string().min(1), z.string().min(1)).optional(),
  /** The longest that a request of the instance lasts, in seconds. */
  overlapSeconds: z.number().min(0).max(86_400).default(60),
  ambiguousAccount: z.enum(["refuse", "oldest"]).default("refuse"),
  /** True: an account that is there may be changed. */
  updateAccounts: z.boolean().default(false),
});

type EspoConfig = z.output<typeof schema>;

const second = 1000;

/** EspoCRM: opportunities over its REST API. */
export const espocrm: CrmVendor<EspoConfig> = {
  kind: "espocrm",
  title: "EspoCRM",
  schema,
  questions: [
    { name: "url", ask: "Address of the instance", example: "https://crm.example" },
    { name: "apiKey", ask: "API key of the sync's user", secretVariable: "ESPOCRM_API_KEY" },
  ],
  mappingText: async () => (await import("../../crm/espocrm/index.ts")).readyEspoMappingText(),
  connect: async (config, { http, mapping }) => {
    const vendor = await import("../../crm/espocrm/index.ts");
    const { administrator, ambiguousAccount, apiKey, isVersioned, url, webhookSecrets } = config;
    const { stateFields } = mapping;
    const keyField = stateFields?.referralId;
    const fields = crmFieldsOf(mapping);
    const shared = { http, url, apiKey, fields, ...(keyField ? { keyField } : {}) };
    const setup = { ...shared, isVersioned, ...(administrator ? { administrator } : {}) };
    return {
      adapter: vendor.createEspoAdapter({
        ...shared,
        ...{ ambiguousAccount, isVersioned, overlapMs: config.overlapSeconds * second },
        updateAccounts: config.updateAccounts,
        ...(stateFields ? { stateFields } : {}),
      }),
      inspect: () => vendor.inspectEspo(setup),
      prepare: (tell) => vendor.prepareEspo(setup, tell),
      fields: () => vendor.readEspoFields(setup),
      ...(webhookSecrets ? { webhook: vendor.espoWebhook({ secrets: webhookSecrets }) } : {}),
    };
  },
};
