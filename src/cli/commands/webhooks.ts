import type { Command } from "commander";
import type { WebhookRegistrationClient } from "../../client/index.ts";
import type { WebhookRegistration } from "../../contract/index.ts";
import { answer, confirmed, examples } from "../answer.ts";
import { CliFailure } from "../failure.ts";
import {
  addLedgerOptions,
  type LedgerOptions,
  requireConfig,
} from "../ledger-access/open-operations.ts";
import { runningAddress } from "../start/data-folder.ts";
import { marks, remedyLine } from "../terminal/paint.ts";
import { table } from "../terminal/table.ts";

interface TakeOverOptions extends LedgerOptions {
  readonly event?: readonly string[];
  readonly yes?: true;
}

interface Webhooks {
  readonly client: WebhookRegistrationClient;
  /** Where this sync wants its webhooks; undefined where the configuration names no address. */
  readonly ownUrl: string | undefined;
}

async function openWebhooks(options: LedgerOptions): Promise<Webhooks> {
  const config = await requireConfig(options);
  const { WebhookRegistrationClient } = await import("../../client/index.ts");
  const { partnerCenterCredential } = await import("../start/connections.ts");
  const { webhookPath } = await import("../../operations/index.ts");
  const { ownWebhookUrl } = await import("../doctor/check-partner-center.ts");
  const { webhook, referralsUrl } = config.partnerCenter;
  // The registrations of a sandbox are on the sandbox.
  const { hostname, origin } = new URL(referralsUrl);
  const isReal = hostname === "api.partner.microsoft.com";
  const endpoint = webhook?.registrationUrl ?? (isReal ? undefined : origin);
  const client = new WebhookRegistrationClient({
    credential: await partnerCenterCredential(config),
    ...(endpoint === undefined ? {} : { endpoint }),
  });
  // The demonstration registers the address of its own process.
  const running = runningAddress(config.data);
  const runningUrl = running === undefined ? undefined : new URL(webhookPath, running).href;
  return { client, ownUrl: ownWebhookUrl(config) ?? runningUrl };
}

/** An address as it may be shown: the query of a flow's address is a secret. */
const withoutQuery = (address: string): string => address.split("?")[0] ?? "";

function listText(
  events: readonly string[],
  registration: WebhookRegistration | undefined,
  ownUrl: string | undefined,
  width: number,
): string {
  const holder = registration?.WebhookUrl;
  const rows = events.map((event) => {
    if (!holder || !registration.WebhookEvents.includes(event as never)) {
      return [marks.none, event, "nobody"];
    }
    const isOurs = holder === ownUrl;
    const address = withoutQuery(holder);
    return [isOurs ? marks.good : marks.warn, event, `${address}${isOurs ? " (this sync)" : ""}`];
  });
  const isForeign = holder !== undefined && holder !== ownUrl && rows.length > 0;
  return [
    table([{ title: "" }, { title: "" }, { title: "", canShrink: true }], rows, width),
    ...(isForeign && ownUrl !== undefined
      ? ["", `Taking over silences that tool: ${remedyLine("referrals webhooks take-over")}`]
      : []),
    ...(ownUrl === undefined
      ? ["", "This sync polls: the configuration has no partnerCenter.webhook.publicUrl."]
      : []),
  ].join("\n");
}

async function list(options: LedgerOptions): Promise<void> {
  const { client, ownUrl } = await openWebhooks(options);
  const registration = await client.getRegistration();
  const events = (await client.listEvents()).filter((event) => event !== "test-created");
  const shown = registration && {
    ...registration,
    WebhookUrl: withoutQuery(registration.WebhookUrl),
  };
  answer(options, { registration: shown, ownUrl, events }, (width) =>
    listText(events, registration, ownUrl, width),
  );
}

async function takeOver(options: TakeOverOptions): Promise<void> {
  const { client, ownUrl } = await openWebhooks(options);
  if (ownUrl === undefined) {
    throw new CliFailure("Where webhooks should go isn't configured.", {
      remedy: "Set partnerCenter.webhook.publicUrl to an address that Partner Center reaches.",
    });
  }
  const known = (await client.listEvents()).filter((event) => event !== "test-created");
  const wanted = options.event ?? known;
  const unknown = wanted.filter((event) => !known.includes(event));
  if (unknown.length > 0) {
    throw new CliFailure(`No event is called ${unknown.join(", ")}.`, {
      remedy: `Use one of ${known.join(", ")}.`,
    });
  }
  const before = await client.getRegistration();
  if (before && before.WebhookUrl !== ownUrl) {
    const lost = before.WebhookEvents.join(", ");
    const question =
      `${withoutQuery(before.WebhookUrl)} receives ${lost} now. A tenant has one address: ` +
      "it will hear nothing more. Take over?";
    if (!(await confirmed(question, options.yes))) return;
  }
  const wish = { webhookUrl: ownUrl, webhookEvents: wanted, takeOver: true };
  const { outcome, silenced, registration } = await client.register(wish);
  answer(options, { outcome, silenced, events: registration.WebhookEvents }, () =>
    [
      `${marks.good} ${registration.WebhookEvents.join(", ")} come to ${withoutQuery(ownUrl)}.`,
      ...(silenced
        ? [`${marks.warn} ${silenced.address} hears nothing more (${silenced.events.join(", ")}).`]
        : []),
    ].join("\n"),
  );
}

/** `referrals webhooks`: who has Partner Center's events, and taking them over. */
export function registerWebhooks(program: Command): void {
  const webhooks = program
    .command("webhooks")
    .description("Tell who receives Partner Center's events; take them over");
  examples(webhooks, [
    ["webhooks", "who has which event now; nothing is changed"],
    ["webhooks take-over", "let all events come to this sync, after a question"],
    ["webhooks take-over --event referral-updated --yes", "this one, unasked"],
  ]);
  addLedgerOptions(webhooks).action(list);
  addLedgerOptions(webhooks.command("list"))
    .description("tell who receives which event (the same as without a verb)")
    .action((_options: unknown, command: Command) => list(command.optsWithGlobals()));
  addLedgerOptions(webhooks.command("take-over"))
    .description("register this sync's address, and silence whoever had the events")
    .option("--event <name...>", "these events; all unless told")
    .option("--yes", "don't ask again")
    .action((_options: unknown, command: Command) => takeOver(command.optsWithGlobals()));
}
