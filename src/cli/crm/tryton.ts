import { z } from "zod";
import { crmFieldsOf } from "../../crm/index.ts";
import type { CrmVendor } from "./vendor.ts";

const schema = z.strictObject({
  kind: z.literal("tryton"),
  /** The server with the database: `https://tryton.example/sales`. */
  url: z.url({ protocol: /^https?$/ }),
  user: z.string().min(1),
  password: z.string().min(1),
  /** The longest that a transaction of the server lasts, in seconds. */
  overlapSeconds: z.number().min(0).max(86_400).default(60),
  ambiguousAccount: z.enum(["refuse", "oldest"]).default("refuse"),
  /** True: a party that is there may be changed. */
  updateAccounts: z.boolean().default(false),
});

type TrytonConfig = z.output<typeof schema>;

const second = 1000;

/** Tryton: opportunities over JSON-RPC. */
export const tryton: CrmVendor<TrytonConfig> = {
  kind: "tryton",
  title: "Tryton",
  schema,
  questions: [
    {
      name: "url",
      ask: "Address of the server with the database",
      example: "https://tryton.example/sales",
    },
    { name: "user", ask: "User of the sync" },
    { name: "password", ask: "Its password", secretVariable: "TRYTON_PASSWORD" },
  ],
  mappingText: async () => (await import("../../crm/tryton/index.ts")).readyTrytonMappingText(),
  connect: async (config, { http, mapping }) => {
    const vendor = await import("../../crm/tryton/index.ts");
    const { ambiguousAccount, overlapSeconds, password, updateAccounts, url, user } = config;
    const { stateFields } = mapping;
    const keyField = stateFields?.referralId;
    const fields = crmFieldsOf(mapping);
    const shared = { http, url, user, password, fields, ...(keyField ? { keyField } : {}) };
    return {
      adapter: vendor.createTrytonAdapter({
        ...shared,
        ...{ ambiguousAccount, updateAccounts, overlapMs: overlapSeconds * second },
        ...(stateFields ? { stateFields } : {}),
      }),
      inspect: () => vendor.inspectTryton(shared),
      fields: () => vendor.readTrytonFields(shared),
    };
  },
};
