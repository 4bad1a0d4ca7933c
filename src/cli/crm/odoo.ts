import { z } from "zod";
import { crmFieldsOf } from "../../crm/index.ts";
import { crmWebhookPath } from "../../operations/index.ts";
import type { CrmVendor } from "./vendor.ts";

const schema = z.strictObject({
  kind: z.literal("odoo"),
  /** The server: `https://odoo.example`. */
  url: z.url({ protocol: /^https?$/ }),
  database: z.string().min(1),
  user: z.string().min(1),
  /** An API key of the user. */
  apiKey: z.string().min(1),
  /** The longest that a transaction of the server lasts, in seconds. */
  overlapSeconds: z.number().min(0).max(86_400).default(60),
  ambiguousAccount: z.enum(["refuse", "oldest"]).default("refuse"),
  /** True: a company that is there may be changed. */
  updateAccounts: z.boolean().default(false),
  /** For an automation rule of Odoo's that calls when a deal was saved. */
  webhook: z
    .strictObject({
      /** Where Odoo reaches this process. */
      publicUrl: z.url({ protocol: /^https?$/ }),
      /** The secret that ends the address, as Odoo signs nothing. */
      token: z.string().regex(/^[\w-]{32,200}$/, "must be 32 or more letters, digits, - and _"),
    })
    .optional(),
});

type OdooConfig = z.output<typeof schema>;

const second = 1000;

/** The address that the automation rule calls. */
function addressOf({ publicUrl, token }: NonNullable<OdooConfig["webhook"]>): string {
  return new URL(`${crmWebhookPath}/${token}`, publicUrl).href;
}

/** Odoo: opportunities over JSON-RPC. */
export const odoo: CrmVendor<OdooConfig> = {
  kind: "odoo",
  title: "Odoo",
  schema,
  questions: [
    { name: "url", ask: "Address of the server", example: "https://odoo.example" },
    { name: "database", ask: "Name of its database" },
    { name: "user", ask: "Login of the sync's user" },
    { name: "apiKey", ask: "API key of that user", secretVariable: "ODOO_API_KEY" },
  ],
  mappingText: async () => (await import("../../crm/odoo/index.ts")).readyOdooMappingText(),
  connect: async (config, { http, mapping }) => {
    const vendor = await import("../../crm/odoo/index.ts");
    const { ambiguousAccount, apiKey: key, database, overlapSeconds, url, user } = config;
    const { stateFields } = mapping;
    const keyField = stateFields?.referralId;
    const fields = crmFieldsOf(mapping);
    const shared = { http, url, database, user, key, fields, ...(keyField ? { keyField } : {}) };
    const { webhook } = config;
    const setup = { ...shared, ...(webhook ? { webhookUrl: addressOf(webhook) } : {}) };
    return {
      adapter: vendor.createOdooAdapter({
        ...shared,
        ...{ ambiguousAccount, overlapMs: overlapSeconds * second },
        updateAccounts: config.updateAccounts,
        ...(stateFields ? { stateFields } : {}),
      }),
      inspect: () => vendor.inspectOdoo(setup),
      prepare: (tell) => vendor.prepareOdoo(setup, tell),
      fields: () => vendor.readOdooFields(shared),
      ...(webhook ? { webhook: vendor.odooWebhook(webhook) } : {}),
    };
  },
};
