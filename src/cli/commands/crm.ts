import type { Command } from "commander";
import { answer, examples } from "../answer.ts";
import type { CrmInspection } from "../crm/vendor.ts";
import { exitCodes } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import {
  addLedgerOptions,
  type LedgerOptions,
  requireConfig,
} from "../ledger-access/open-operations.ts";
import { marks, paint, remedyLine } from "../terminal/paint.ts";
import { table, wrapped } from "../terminal/table.ts";
import { systemTerminal } from "../terminal/terminal.ts";

interface SetupOptions extends LedgerOptions {
  readonly apply?: true;
}

const isReady = ({ missing, problems, pending }: CrmInspection): boolean =>
  missing.length + problems.length + pending.length === 0;

function inspectionText(found: CrmInspection, canPrepare: boolean, width: number): string {
  const { advice = [], missing, pending, problems, stages } = found;
  const rows = stages.map(({ value, label }) => [value, label]);
  const columns = [{ title: "" }, { title: "", canShrink: true }];
  return [
    ...(rows.length > 0
      ? ["Stages, as a mapping names them:", table(columns, rows, width, "  "), ""]
      : []),
    ...missing.flatMap(({ name, label }) => [
      `${marks.bad} missing: ${name}`,
      `  ${paint.faint(`for: ${label}`)}`,
    ]),
    ...problems.flatMap(({ sentence, remedy }) => [
      `${marks.bad} ${wrapped(sentence, width, "  ")}`,
      `  ${remedyLine(wrapped(remedy, width, "    "))}`,
    ]),
    ...pending.map((sentence) => `${marks.warn} ${sentence}`),
    ...(isReady(found) ? [`${marks.good} The CRM has everything that the mapping uses.`] : []),
    ...advice.flatMap(({ sentence, remedy }) => [
      `${marks.warn} ${wrapped(sentence, width, "  ")}`,
      `  ${remedyLine(wrapped(remedy, width, "    "))}`,
    ]),
    ...(missing.length > 0 && canPrepare
      ? [`Create what is missing: ${remedyLine("referrals crm setup --apply")}`]
      : []),
  ].join("\n");
}

/** Connects to the configured CRM for one piece of work. */
async function withCrm<T>(
  options: LedgerOptions,
  work: (
    crm: Awaited<ReturnType<typeof import("../start/connections.ts").connectCrm>>,
    title: string,
    kind: string,
  ) => Promise<T>,
): Promise<T> {
  const config = await requireConfig(options);
  const { connectCrm, readMapping } = await import("../start/connections.ts");
  const { vendorOf } = await import("../crm/registry.ts");
  const { kind, title } = vendorOf(config.crm.kind);
  const crm = await connectCrm(config, await readMapping(config));
  try {
    return await work(crm, title, kind);
  } finally {
    await crm.close?.();
  }
}

async function setup(options: SetupOptions): Promise<void> {
  await withCrm(options, async (crm, title, kind) => {
    const created: string[] = [];
    if (options.apply && !crm.prepare) {
      throw new CliFailure(`${title} lets nothing be created from outside.`, {
        remedy: "See what is missing with `referrals crm setup`, and create it there.",
      });
    }
    if (options.apply) {
      await crm.prepare?.((done) => {
        created.push(done);
        if (!options.json) systemTerminal().print(`${marks.good} created ${done}`);
      });
    }
    const found = await crm.inspect();
    answer(options, { kind, created, ...found }, (width) =>
      inspectionText(found, crm.prepare !== undefined, width),
    );
    process.exitCode = isReady(found) ? exitCodes.done : exitCodes.attention;
  });
}

async function fields(options: LedgerOptions): Promise<void> {
  await withCrm(options, async (crm, title) => {
    if (!crm.fields) {
      throw new CliFailure(`${title} doesn't list its fields here.`, {
        remedy: "Look them up in the CRM itself; the mapping guide shows how they are written.",
      });
    }
    const found = await crm.fields();
    answer(options, { fields: found }, (width) =>
      table(
        [{ title: "field" }, { title: "type" }, { title: "label", canShrink: true }],
        found.map(({ name, type, label }) => [name, type, label]),
        width,
      ),
    );
  });
}

async function suggest(options: LedgerOptions): Promise<void> {
  const { suggestMappingText } = await import("../../crm/index.ts");
  const { readMapping } = await import("../start/connections.ts");
  const mapping = await readMapping(await requireConfig(options));
  const status = mapping.fields.find(({ referralPath }) => referralPath === "/status")?.crmField;
  await withCrm(options, async (crm, title) => {
    if (!crm.fields) {
      throw new CliFailure(`${title} doesn't list its fields here.`, {
        remedy: "Begin with the ready mapping; the mapping guide shows how it is changed.",
      });
    }
    const { stages } = await crm.inspect();
    const text = suggestMappingText(await crm.fields(), stages, status ?? "status");
    answer(options, { mapping: text }, () => text.trimEnd());
  });
}

/** `referrals crm`: what the CRM has and lacks. */
export function registerCrm(program: Command): void {
  const crm = program
    .command("crm")
    .description("Look at the CRM: what it lacks for the mapping, and its fields");
  examples(crm, [
    ["crm setup", "what is missing, what doesn't fit, and the stages to map"],
    ["crm setup --apply", "create what is missing"],
    ["crm fields", "the fields of a deal, as a mapping names them"],
    ["crm suggest", "a first mapping from the CRM's own fields and stages"],
  ]);
  addLedgerOptions(crm.command("setup"))
    .description("list what the CRM lacks; create it on request")
    .option("--apply", "create what is missing and publish it")
    .action((_options: unknown, command: Command) => setup(command.optsWithGlobals()));
  addLedgerOptions(crm.command("fields"))
    .description("list the fields of the CRM's deals")
    .action((_options: unknown, command: Command) => fields(command.optsWithGlobals()));
  addLedgerOptions(crm.command("suggest"))
    .description("print a first mapping from the CRM's own fields and stages")
    .action((_options: unknown, command: Command) => suggest(command.optsWithGlobals()));
}
