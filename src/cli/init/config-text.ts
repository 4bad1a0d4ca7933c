import { stringify } from "yaml";
import { vendorOf } from "../crm/registry.ts";
import type { InitAnswers } from "./answers.ts";

/** The file's text, and the secrets that it names. */
export interface ConfigText {
  readonly text: string;
  readonly secrets: Readonly<Record<string, string>>;
}

/** A value as YAML writes it on one line. */
const scalar = (value: string): string => stringify(value, { lineWidth: 0 }).trim();

const partnerCenterSecret = "PARTNER_CENTER_SECRET";

function partnerCenterLines(answers: InitAnswers): readonly string[] {
  const { authority, clientId, clientSecret, referralsUrl, webhookUrl } = answers;
  return [
    "# Microsoft Partner Center. A person signs in once by device code: referrals sign-in",
    "partnerCenter:",
    `  authority: ${scalar(authority)}`,
    `  clientId: ${scalar(clientId)}`,
    ...(clientSecret === ""
      ? []
      : [`  clientSecret: \${${partnerCenterSecret}}   # only a sandbox takes one`]),
    ...(referralsUrl === ""
      ? ["  # referralsUrl: https://api.partner.microsoft.com/v1.0/engagements/referrals"]
      : [`  referralsUrl: ${scalar(referralsUrl)}`]),
    "  # What the tenant allows in any minute; the sync uses 95 % of it.",
    "  callsPerMinute: 100",
    "  # Without webhooks changes are found by polling, every 30 seconds unless told otherwise.",
    ...(webhookUrl === ""
      ? ["  # webhook:", "  #   publicUrl: https://sync.example.com"]
      : ["  webhook:", `    publicUrl: ${scalar(webhookUrl)}`]),
    "  #   takeOver: true   silences whoever has the events now: see `referrals webhooks`",
  ];
}

function crmLines({ crm, crmAnswers }: InitAnswers, secrets: Record<string, string>) {
  const { questions, title } = vendorOf(crm);
  const known = new Map(questions.map((question) => [question.name, question]));
  const lines = Object.entries(crmAnswers).map(([name, value]) => {
    const variable =
      known.get(name)?.secretVariable ?? (name === "token" ? "CRM_TOKEN" : undefined);
    if (variable === undefined) return `  ${name}: ${scalar(value)}`;
    secrets[variable] = value;
    return `  ${name}: \${${variable}}`;
  });
  return [`# ${title}`, "crm:", `  kind: ${crm}`, ...lines];
}

/** A commented configuration. Secrets stand in it by name; their values are for another file. */
export function configText(answers: InitAnswers): ConfigText {
  const secrets: Record<string, string> = {};
  if (answers.clientSecret !== "") secrets[partnerCenterSecret] = answers.clientSecret;
  const lines = [
    "# Written by `referrals init`. Every key is explained in docs/guides/go-live.md;",
    "# `referrals doctor` checks the file. Secrets stand in it by name only; their values come",
    "# from the environment, or from referrals.env beside it.",
    "",
    "# sandbox, staging or production: shown on every page, and in every alert",
    `environment: ${answers.environment}`,
    "",
    ...partnerCenterLines(answers),
    "",
    ...crmLines(answers, secrets),
    "",
    "# Which field is which, in what direction, and who wins: edit it, then try it on a real",
    "# record: referrals test-mapping <id>",
    "mapping: mapping.yaml",
    "",
    "# The ledger and the encrypted sign-in. Back it up: referrals backup <file>",
    `data: ${scalar(answers.data)}`,
    "",
    "server:",
    "  host: 127.0.0.1",
    `  port: ${answers.port}`,
    "",
    "sync:",
    "  # by-hand: the first run writes nothing before you have approved its plan",
    "  approval: by-hand",
    "  pollReferralsSeconds: 30",
    "  pollCrmSeconds: 10",
    "  # A shared deal also invites Microsoft to its engagement.",
    "  inviteMicrosoft: false",
    "  # What a deal that is deleted in the CRM means for its referral: ignore, close or unlink",
    "  deletedDeals: ignore",
    "  # Fields by which a first match finds a deal for a referral, such as [customerName, name]",
    "  matchFields: []",
    "",
    "# Who is told when something needs a person; try it: referrals alerts test",
    "alerts:",
    "  to: []",
    "  #  - kind: teams",
    "  #    url: the address of a workflow that waits for a webhook request",
    "  #  - kind: email",
    "  #    smtp: smtps://user:password@mail.example.com",
    "  #    from: sync@example.com",
    "  #    to: [sales-operations@example.com]",
    "",
  ];
  return { text: lines.join("\n"), secrets };
}

/** The secrets as referrals.env holds them. */
export function secretsText(secrets: Readonly<Record<string, string>>): string {
  const lines = Object.entries(secrets).map(([name, value]) => {
    // The file's reader knows no escapes: the quote is one that the value doesn't hold.
    const quote = ["'", '"', "`"].find((sign) => !value.includes(sign)) ?? "";
    return `${name}=${quote}${value}${quote}`;
  });
  return `# Secrets of referrals.config.yaml. Don't commit this file.\n${lines.join("\n")}\n`;
}
