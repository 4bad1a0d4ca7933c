import type { Command } from "commander";
import type { DealSummary } from "../../contract/index.ts";
import { answer, examples } from "../answer.ts";
import { CliFailure, UsageFailure } from "../failure.ts";
import { findDeal } from "../ledger-access/deal-search.ts";
import {
  addLedgerOptions,
  type LedgerOptions,
  withOperations,
} from "../ledger-access/open-operations.ts";
import type { Operations } from "../ledger-access/operations.ts";
import { marks, remedyLine } from "../terminal/paint.ts";

interface PauseOptions extends LedgerOptions {
  readonly field?: string;
  readonly all?: true;
}

type Action = "pause" | "resume";

const done: Readonly<Record<Action, string>> = { pause: "Paused", resume: "Resumed" };

function requireScope(named: string | undefined, { all, field }: PauseOptions): void {
  if ((named === undefined) !== (all === true)) {
    throw new UsageFailure(
      all ? "A deal and --all exclude each other." : "What is meant isn't said.",
      {
        remedy: "Name a deal (with --field for one field of it), or give --all.",
      },
    );
  }
  if (all && field !== undefined) {
    throw new UsageFailure("--field belongs to a deal.", {
      remedy: "Name the deal. To stop a field in every deal, make it one-way in the mapping.",
    });
  }
}

/** Where no process runs, nothing is written by itself. */
const whenWritten = ({ url }: Operations): string =>
  url === undefined ? "when the sync runs next" : "now";

async function act(action: Action, named: string | undefined, options: PauseOptions) {
  requireScope(named, options);
  await withOperations(options, async (operations) => {
    if (named === undefined) {
      await operations.post(`/api/${action}`);
      answer(options, { [`${action}d`]: "all" }, () =>
        action === "pause"
          ? `${marks.good} Paused. Both sides are still watched; nothing is written.\n` +
            `  ${remedyLine("referrals resume --all")}`
          : `${marks.good} Resumed. What waited is written ${whenWritten(operations)}.`,
      );
      return;
    }
    const deal = await findDeal(operations, named);
    const field = knownField(deal.fields, options.field);
    const scope = field === undefined ? {} : { field: field.name };
    const path = `/api/deals/${encodeURIComponent(deal.id)}/${action}`;
    const after = await operations.post<DealSummary>(path, scope);
    const what = field === undefined ? deal.title : `${field.label} of ${deal.title}`;
    answer(options, after, () => `${marks.good} ${done[action]}: ${what}.`);
  });
}

interface NamedField {
  readonly name: string;
  readonly label: string;
}

/** A field by its name or label. Errors: CliFailure with the fields that there are. */
function knownField(
  fields: readonly NamedField[],
  named: string | undefined,
): NamedField | undefined {
  if (named === undefined) return undefined;
  const wanted = named.toLowerCase();
  const found = fields.find(
    ({ name, label }) => name.toLowerCase() === wanted || label.toLowerCase() === wanted,
  );
  if (found) return found;
  throw new CliFailure(`No mapped field is called "${named}".`, {
    remedy: `Use one of ${fields.map(({ name }) => name).join(", ")}.`,
  });
}

function register(program: Command, action: Action, description: string): Command {
  const command = program
    .command(action)
    .argument("[deal]", "id of the deal, its referral or CRM record, or words of its name")
    .description(description)
    .option("--field <name>", "only this field of the deal")
    .option("--all", "the whole sync");
  command.action((named: string | undefined, options: PauseOptions) => act(action, named, options));
  return addLedgerOptions(command);
}

/** `referrals pause`: stops writing a deal, a field of it, or everything. */
export function registerPause(program: Command): void {
  const text = "Stop writing a deal, one field of it, or everything; watching goes on";
  examples(register(program, "pause", text), [
    ["pause contoso", "this deal is left alone on both sides"],
    ["pause contoso --field dealValue", "only its value"],
    ["pause --all", "nothing is written at all"],
  ]);
}

/** `referrals resume`: lets writes go on. */
export function registerResume(program: Command): void {
  const text = "Let a deal, a field or everything be written again";
  examples(register(program, "resume", text), [
    ["resume contoso", "this deal flows again"],
    ["resume contoso --field dealValue", "the field that was paused, or undone"],
    ["resume --all", "everything"],
  ]);
}
