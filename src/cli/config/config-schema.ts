import { z } from "zod";
import { isPasswordHash } from "../../operations/index.ts";
import { crmSection } from "../crm/registry.ts";
import { alertSection } from "./alert-schema.ts";
import { defaultData } from "./config-file.ts";

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
      /**
       * A PEM file of the roots that its certificates must lead to: a sandbox's own. This
       * platform's roots unless told.
       */
      rootCertificates: z.string().min(1).optional(),
    })
    .optional(),
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

const user = z.strictObject({
  name: z.string().min(1).max(200),
  role: z.enum(["viewer", "operator"]).default("viewer"),
  /** As `referrals password` prints it. */
  passwordHash: z.string().refine(isPasswordHash, "must be what `referrals password` prints"),
});

const openId = z.strictObject({
  /** `https://login.microsoftonline.com/<tenant>/v2.0` */
  issuer: url,
  clientId: z.string().min(1),
  clientSecret: z.string().min(1).optional(),
  /** What the button says. */
  label: z.string().min(1).default("OpenID Connect"),
  /** Addresses of those who may decide; `*` for everybody whom the provider lets in. */
  operators: z.array(z.string()).default([]),
  viewers: z.array(z.string()).default([]),
  /** Where browsers reach this process. */
  publicUrl: url,
  /** True for an issuer on this machine without TLS. */
  allowsHttp: z.boolean().default(false),
});

const server = z.strictObject({
  host: z.string().default("127.0.0.1"),
  port: z.number().int().min(0).max(65_535).default(4400),
  /** Names under which the page is asked for, beside loopback. */
  hostNames: z.array(z.string()).default([]),
  /** Who signs in by password; without anybody, and without openId, this machine alone may ask. */
  users: z.array(user).max(1_000).default([]),
  /** Sign-in at an OpenID Connect provider, such as Microsoft Entra. */
  openId: openId.optional(),
});

/** The shape of referrals.config.yaml. */
export const configSchema = z.strictObject({
  environment: z.enum(["sandbox", "staging", "production"]).default("production"),
  partnerCenter,
  /** Whose shape depends on `kind`: see src/cli/crm. */
  crm: crmSection,
  /** A mapping file beside this one; without it the ready mapping of the CRM is used. */
  mapping: z.string().min(1).optional(),
  /** Folder of the database and the encrypted sign-in. */
  data: z.string().min(1).default(defaultData),
  /** Who is told when something needs a person. */
  alerts: alertSection.default(() => alertSection.parse({})),
  server: server.default(() => server.parse({})),
  sync: sync.default(() => sync.parse({})),
});

/** A checked configuration with every default filled in. */
export type Config = z.output<typeof configSchema>;
