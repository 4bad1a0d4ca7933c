import { z } from "zod";

const url = z.url({ protocol: /^https?$/ });
const seconds = z.number().positive().max(86_400);

const partnerCenter = z.strictObject({
  referralsUrl: url.default("https://api.partner.microsoft.com/v1.0/engagements/referrals"),
  /** `https://login.microsoftonline.com/<tenant>`, or a sandbox's address. */
  authority: url,
  clientId: z.string().min(1),
  /** Only a sandbox takes it; Partner Center wants a person's sign-in by device code. */
  clientSecret: z.string().min(1).optional(),
  scope: z.string().min(1).default("https://api.partner.microsoft.com/.default"),
  callsPerMinute: z.number().int().min(1).max(100_000).default(100),
  webhook: z
    .strictObject({
      /** Where Partner Center reaches this process. */
      publicUrl: url,
      registrationUrl: url.default(
        "https://api.partnercenter.microsoft.com/webhooks/v1/registration",
      ),
      /** True: take the events over from whoever has them now. */
      takeOver: z.boolean().default(false),
      /** Who signs, and from where its certificates come. */
      organization: z.string().default("Microsoft Corporation"),
      certificateHosts: z.array(z.string()).default(["3psostorageacct.blob.core.windows.net"]),
    })
    .optional(),
});

const dynamics = z.strictObject({
  kind: z.literal("dynamics365"),
  /** The Web API's root: `https://contoso.crm.dynamics.com/api/data/v9.2`. */
  url,
  /** An app's sign-in; or `token` for a sandbox. */
  authority: url.optional(),
  clientId: z.string().min(1).optional(),
  clientSecret: z.string().min(1).optional(),
  token: z.string().min(1).optional(),
  /** Which rows are the deals. */
  deals: z.enum(["opportunity", "lead"]).default("opportunity"),
  /** What to do where several accounts have the customer's name, postal code and country. */
  ambiguousAccount: z.enum(["refuse", "oldest"]).default("refuse"),
  /** What to do where several contacts have the same e-mail address. */
  ambiguousContact: z.enum(["refuse", "oldest"]).default("refuse"),
  /** True: an account that is there may be changed. */
  updateAccounts: z.boolean().default(false),
  /** False: a contact that is on a deal already is left alone. */
  updateContacts: z.boolean().default(true),
  /** False: changes of accounts, contacts and child rows alone aren't followed. */
  followChildren: z.boolean().default(true),
});

const sync = z.strictObject({
  /** `by-hand`: the first run's plan waits for `referrals approve`. */
  approval: z.enum(["by-hand", "automatic"]).default("by-hand"),
  pollReferralsSeconds: seconds.default(30),
  pollCrmSeconds: seconds.default(10),
  auditHours: z.number().positive().max(720).default(24),
  inviteMicrosoft: z.boolean().default(false),
  deletedDeals: z.enum(["ignore", "close", "unlink"]).default("ignore"),
  matchFields: z.array(z.string()).default([]),
});

const server = z.strictObject({
  host: z.string().default("127.0.0.1"),
  port: z.number().int().min(0).max(65_535).default(4400),
  /** Names under which the page is asked for, beside loopback. */
  hostNames: z.array(z.string()).default([]),
});

/** The shape of referrals.config.yaml. */
export const configSchema = z.strictObject({
  environment: z.enum(["sandbox", "staging", "production"]).default("production"),
  partnerCenter,
  crm: dynamics,
  /** A mapping file beside this one; without it the ready mapping of the CRM is used. */
  mapping: z.string().min(1).optional(),
  /** Folder of the database and the encrypted sign-in. */
  data: z.string().min(1).default("./data"),
  server: server.default(() => server.parse({})),
  sync: sync.default(() => sync.parse({})),
});

/** A checked configuration with every default filled in. */
export type Config = z.output<typeof configSchema>;
