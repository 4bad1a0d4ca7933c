import type { Command } from "commander";
import type { ProblemGroup } from "../../contract/index.ts";
import { systemClock } from "../../runtime/index.ts";
import { answer, examples } from "../answer.ts";
import { exitCodes } from "../exit-codes.ts";
import { UsageFailure } from "../failure.ts";
import { findDeal } from "../ledger-access/deal-search.ts";
import {
  addLedgerOptions,
  type LedgerOptions,
  withOperations,
} from "../ledger-access/open-operations.ts";
import type { Operations } from "../ledger-access/operations.ts";
import { marks, paint, remedyLine } from "../terminal/paint.ts";
import { table, wrapped } from "../terminal/table.ts";
import { counted, relative, shown } from "../terminal/words.ts";

interface ReplayOptions extends LedgerOptions {
  readonly all?: true;
  readonly code?: string;
}

const kinds: Readonly<Record<ProblemGroup["kind"], string>> = {
  stopped: "stopped",
  retrying: "tried again by itself",
  refused: "a value isn't carried over",
};
const listedDeals = 5;

async function problemGroups(operations: Operations): Promise<readonly ProblemGroup[]> {
  const { groups } = await operations.get<{ groups: readonly ProblemGroup[] }>("/api/problems");
  return groups;
}

function groupText(group: ProblemGroup, width: number, now: number): string {
  const { sentence, remedy, deals, kind, nextCall } = group;
  const mark = kind === "retrying" ? marks.warn : marks.bad;
  const rows = deals.slice(0, listedDeals).map((deal) => {
    const { id, title, label = "", since, tries, retryAt } = deal;
    const tried = tries === undefined ? "" : `${counted(tries, "try", "tries")}`;
    const when = since === undefined ? "" : `since ${relative(since, now)}`;
    const next = retryAt === undefined ? "" : `next ${relative(retryAt, now)}`;
    return [id.slice(0, 8), title, label, [tried, when, next].filter(Boolean).join(", ")];
  });
  const columns = [{ title: "" }, { title: "", canShrink: true }, { title: "" }, { title: "" }];
  const more = deals.length - rows.length;
  const call = nextCall ? [`next call ${nextCall}`] : [];
  const what = [counted(deals.length, "deal"), kinds[kind], ...call].join(" · ");
  return [
    `${mark} ${wrapped(sentence, width, "  ")}`,
    `  ${paint.faint(what)}`,
    table(columns, rows, width, "    "),
    ...(more > 0 ? [`    … and ${more} more`] : []),
    `  ${remedyLine(wrapped(remedy, width, "    "))}`,
  ].join("\n");
}

/** The problems, those of one cause together. */
export function problemsText(groups: readonly ProblemGroup[], width: number, now: number): string {
  if (groups.length === 0)
    return "No dead letters. A deal that can't go on by itself appears here.";
  const texts = groups.map((group) => groupText(group, width, now));
  const again = groups.some(({ kind }) => kind !== "refused");
  return [
    texts.join("\n\n"),
    ...(again ? ["", `Mended? ${remedyLine("referrals dead-letters replay --all")}`] : []),
  ].join("\n");
}

async function list(options: LedgerOptions): Promise<void> {
  await withOperations(options, async (operations) => {
    const groups = await problemGroups(operations);
    answer(options, { groups }, (width) => problemsText(groups, width, systemClock.now()));
    process.exitCode = groups.length > 0 ? exitCodes.attention : exitCodes.done;
  });
}

async function explain(named: string, options: LedgerOptions): Promise<void> {
  await withOperations(options, async (operations) => {
    const { id, title } = await findDeal(operations, named);
    const groups = (await problemGroups(operations))
      .map((group) => ({ ...group, deals: group.deals.filter((deal) => deal.id === id) }))
      .filter(({ deals }) => deals.length > 0);
    answer(options, { id, title, groups }, (width) => {
      if (groups.length === 0) return `Nothing is wrong with ${title}.`;
      const values = groups.flatMap(({ deals }) =>
        deals
          .filter(({ label }) => label !== undefined)
          .map(({ label = "", crm, referral }) => [label, shown(crm), shown(referral)]),
      );
      const columns = [{ title: "" }, { title: "CRM" }, { title: "Partner Center" }];
      const sides = values.length === 0 ? [] : ["", table(columns, values, width, "  ")];
      return [
        paint.strong(title),
        ...groups.map((group) => groupText(group, width, systemClock.now())),
        ...sides,
        "",
        `Mended? ${remedyLine(`referrals dead-letters replay ${id.slice(0, 8)}`)}`,
      ].join("\n");
    });
    process.exitCode = groups.length > 0 ? exitCodes.attention : exitCodes.done;
  });
}

interface Replayed {
  readonly replayed: number;
  readonly refused: readonly { readonly id: string; readonly message: string }[];
}

async function idsToReplay(
  operations: Operations,
  named: string | undefined,
  { all, code }: ReplayOptions,
): Promise<readonly string[]> {
  if (named !== undefined) return [(await findDeal(operations, named)).id];
  if (!all && code === undefined) {
    throw new UsageFailure("Which deal is meant isn't said.", {
      remedy: "Name it, or give --all, or --code for all of one cause.",
    });
  }
  const groups = (await problemGroups(operations)).filter(
    (group) => group.kind !== "refused" && (code === undefined || group.code === code),
  );
  return [...new Set(groups.flatMap(({ deals }) => deals.map(({ id }) => id)))];
}

async function replay(named: string | undefined, options: ReplayOptions): Promise<void> {
  await withOperations(options, async (operations) => {
    const ids = await idsToReplay(operations, named, options);
    const outcome: Replayed =
      ids.length === 0
        ? { replayed: 0, refused: [] }
        : await operations.post("/api/problems/replay", { ids });
    const { replayed, refused } = outcome;
    const later = operations.url ? "" : " They are tried when the sync runs next.";
    answer(options, outcome, () =>
      [
        replayed === 0 && refused.length === 0
          ? "There was nothing to replay."
          : `${marks.good} ${counted(replayed, "deal")} will be tried again.${later}`,
        ...refused.map(({ id, message }) => `${marks.bad} ${id.slice(0, 8)}: ${message}`),
      ].join("\n"),
    );
    if (refused.length > 0) process.exitCode = exitCodes.attention;
  });
}

/** `referrals dead-letters`: deals that stand still, why, and another try. */
export function registerDeadLetters(program: Command): void {
  const letters = program
    .command("dead-letters")
    .description("List the deals that can't go on by themselves; explain one; try again");
  examples(letters, [
    ["dead-letters", "by cause, each with its remedy"],
    ["dead-letters explain contoso", "why this one stands still"],
    ["dead-letters replay contoso", "try this one again"],
    ["dead-letters replay --code invalid", "try those of one cause again, as --json names it"],
    ["dead-letters replay --all", "try all of them again"],
  ]);
  addLedgerOptions(letters).action(list);
  addLedgerOptions(letters.command("list"))
    .description("list them (the same as without a verb)")
    .action((_options: LedgerOptions, command: Command) => list(command.optsWithGlobals()));
  addLedgerOptions(letters.command("explain"))
    .argument("<deal>", "id or words of its name")
    .description("tell why a deal stands still, and what to do")
    .action((named: string, _options: unknown, command: Command) =>
      explain(named, command.optsWithGlobals()),
    );
  addLedgerOptions(letters.command("replay"))
    .argument("[deal]", "id or words of its name")
    .description("clear what stopped a deal, read both sides and try again")
    .option("--all", "every deal that stands still or waits for another try")
    .option("--code <code>", "those of one cause")
    .action((named: string | undefined, _options: unknown, command: Command) =>
      replay(named, command.optsWithGlobals()),
    );
}
