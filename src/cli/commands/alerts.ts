import type { Command } from "commander";
import { type Alert, type AlertMessage, composeMessage } from "../../operations/index.ts";
import { silentLog, systemClock } from "../../runtime/index.ts";
import { openAlerter } from "../alerts/open-alerter.ts";
import { receiversOf } from "../alerts/senders.ts";
import { answer, examples } from "../answer.ts";
import { exitCodes } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import {
  addLedgerOptions,
  type LedgerOptions,
  requireConfig,
  withOperations,
} from "../ledger-access/open-operations.ts";
import { marks, paint, remedyLine } from "../terminal/paint.ts";
import { wrapped } from "../terminal/table.ts";

interface TestOptions extends LedgerOptions {
  readonly to?: string;
}

const sample: Alert = {
  kind: "conflict",
  key: "a sample",
  title: "Contoso – a sample",
  sentence: "This is a test by `referrals alerts test`. Nothing is wrong.",
  path: "/conflicts",
};

function sampleMessage(environment: string, pageUrl: string): AlertMessage {
  const message = composeMessage([sample], { environment, pageUrl });
  return { ...message, subject: "Test: alerts from partner-referrals arrive" };
}

async function list(options: LedgerOptions): Promise<void> {
  const config = await requireConfig(options);
  await withOperations(options, async (operations) => {
    const alerter = openAlerter({
      config: config.alerts,
      client: operations,
      data: operations.data,
      environment: config.environment,
      pageUrl: operations.url ?? "http://127.0.0.1",
      log: silentLog,
    });
    const isRunning = operations.url !== undefined;
    const found = await alerter.find();
    // Where no process runs, that is why changes aren't carried over, whatever the systems do.
    const alerts = isRunning ? found : found.filter(({ kind }) => kind !== "stale");
    const receivers = receiversOf(config.alerts.to, systemClock).map(({ name }) => name);
    answer(options, { alerts, receivers }, (width) =>
      [
        ...alerts.flatMap(({ title, sentence, remedy }) => [
          `${marks.warn} ${paint.strong(title)}`,
          `  ${wrapped(`${sentence}${remedy ? ` ${remedy}` : ""}`, width, "  ")}`,
        ]),
        ...(alerts.length === 0 ? ["Nothing needs anybody now."] : []),
        ...(isRunning ? [] : [`${marks.warn} It isn't running. ${remedyLine("referrals start")}`]),
        "",
        receivers.length === 0
          ? `Nobody is told. ${remedyLine("add a receiver under alerts.to in the configuration")}`
          : `Told: ${receivers.join(", ")}. ${remedyLine("referrals alerts test")}`,
      ].join("\n"),
    );
    process.exitCode = alerts.length > 0 ? exitCodes.attention : exitCodes.done;
  });
}

async function test(options: TestOptions): Promise<void> {
  const { alerts, environment, server } = await requireConfig(options);
  const all = receiversOf(alerts.to, systemClock);
  const meant = all.filter(({ name }) => options.to === undefined || name === options.to);
  if (meant.length === 0) {
    const names = all.map(({ name }) => name).join(", ");
    throw new CliFailure(
      all.length === 0 ? "Nobody is told of anything." : `No receiver is called "${options.to}".`,
      { remedy: all.length === 0 ? "Add one under alerts.to." : `Use one of ${names}.` },
    );
  }
  const pageUrl = alerts.pageUrl ?? `http://${server.host}:${server.port}`;
  const outcomes: { name: string; isDelivered: boolean; reason?: string }[] = [];
  for (const { name, send } of meant) {
    try {
      await send(sampleMessage(environment, pageUrl));
      outcomes.push({ name, isDelivered: true });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      outcomes.push({ name, isDelivered: false, reason });
    }
  }
  answer(options, { outcomes }, () =>
    outcomes
      .map(({ name, isDelivered, reason }) =>
        isDelivered
          ? `${marks.good} ${name}: delivered`
          : `${marks.bad} ${name}: ${reason}\n  ${remedyLine("check its address and secret")}`,
      )
      .join("\n"),
  );
  if (outcomes.some(({ isDelivered }) => !isDelivered)) process.exitCode = exitCodes.failed;
}

/** `referrals alerts`: what people are told of, and whether it arrives. */
export function registerAlerts(program: Command): void {
  const alerts = program
    .command("alerts")
    .description("Tell what people would be alerted of now; send a test to every receiver");
  examples(alerts, [
    ["alerts", "what stands now, and who is told"],
    ["alerts test", "a test message to every receiver"],
    ["alerts test --to teams", "to one of them"],
  ]);
  addLedgerOptions(alerts).action(list);
  addLedgerOptions(alerts.command("test"))
    .description("send a test message to every receiver of the configuration")
    .option("--to <name>", "to this one only")
    .action((_options: unknown, command: Command) => test(command.optsWithGlobals()));
}
