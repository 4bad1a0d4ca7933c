import { z } from "zod";
import type { AlertKind } from "../../operations/index.ts";

const url = z.url({ protocol: /^https?$/ });

/** Written out here, so that reading a configuration doesn't load the operator's API. */
const alertKinds = [
  "expiring",
  "conflict",
  "refused",
  "dead-letter",
  "sign-in",
  "stale",
] as const satisfies readonly AlertKind[];

const receiverBase = {
  /** What it is called in the log; the kind unless told. Two of one kind need names. */
  name: z.string().min(1).optional(),
  /** Kinds that it hears of; all unless told. */
  about: z.array(z.enum(alertKinds)).min(1).optional(),
};

const receiver = z.discriminatedUnion("kind", [
  /** A Teams workflow "When a Teams webhook request is received". */
  z.strictObject({ kind: z.literal("teams"), url, ...receiverBase }),
  /** A Slack incoming webhook. */
  z.strictObject({ kind: z.literal("slack"), url, ...receiverBase }),
  z.strictObject({
    kind: z.literal("email"),
    /** `smtps://user:password@host:465`, or `smtp://…:587` with STARTTLS. */
    smtp: z.url({ protocol: /^smtps?$/ }),
    from: z.string().min(3),
    to: z.array(z.string().min(3)).min(1),
    /** False: mail may go unencrypted to a server that offers no STARTTLS. */
    requireTls: z.boolean().default(true),
    ...receiverBase,
  }),
  z.strictObject({
    kind: z.literal("webhook"),
    url,
    /** Signs the body: header x-referrals-signature. */
    secret: z.string().min(8).optional(),
    ...receiverBase,
  }),
]);

const positive = z.number().positive();

/** The `alerts` section: who is told of what, and how often. Defaults: defaultAlertSettings. */
export const alertSection = z.strictObject({
  to: z.array(receiver).max(20).default([]),
  /** Where people reach the dashboard, for links; the process's own address unless told. */
  pageUrl: url.optional(),
  expiringDays: positive.max(14).optional(),
  signInDays: positive.max(90).optional(),
  staleMinutes: positive.max(10_080).optional(),
  groupSeconds: z.number().min(0).max(3_600).optional(),
  perHour: z.number().int().min(1).max(60).optional(),
  remindHours: positive.max(720).optional(),
});

/** A checked section. */
export type AlertConfig = z.output<typeof alertSection>;

/** One receiver of it. */
export type ReceiverConfig = AlertConfig["to"][number];
