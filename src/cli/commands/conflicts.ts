import type { Command } from "commander";
import type { Question, QuestionAnswer } from "../../contract/index.ts";
import { systemClock } from "../../runtime/index.ts";
import { answer, confirmed, examples } from "../answer.ts";
import { exitCodes } from "../exit-codes.ts";
import { UsageFailure } from "../failure.ts";
import { findQuestion, shortId } from "../ledger-access/deal-search.ts";
import {
  addLedgerOptions,
  type LedgerOptions,
  withOperations,
} from "../ledger-access/open-operations.ts";
import type { Operations } from "../ledger-access/operations.ts";
import { paint, remedyLine } from "../terminal/paint.ts";
import { wrapped } from "../terminal/table.ts";
import { counted, relative, shown } from "../terminal/words.ts";

interface ResolveOptions extends LedgerOptions {
  readonly crm?: true;
  readonly referral?: true;
  readonly value?: string;
  readonly link?: string;
  readonly create?: true;
  readonly close?: true;
  readonly dismiss?: true;
  readonly always?: true;
  readonly all?: true;
  readonly yes?: true;
}

/** How a kind of question is answered at the terminal. */
const choices: Readonly<Record<Question["kind"], string>> = {
  conflict: "--crm, --referral or --value V",
  breaker: "--crm, --referral or --value V",
  match: "--link <record id>, --create or --dismiss",
  double: "--close or --dismiss",
  stale: "--crm or --referral",
  brake: "",
  approval: "",
};

async function openQuestions(operations: Operations): Promise<readonly Question[]> {
  const { items } = await operations.get<{ items: readonly Question[] }>("/api/inbox");
  return items;
}

/** An id without a name tells a person nothing. */
const isName = (by: string | undefined): by is string =>
  by !== undefined && !/^[0-9a-f]{8}-[0-9a-f]{4}-/i.test(by);

function sideLines(question: Question, width: number, now: number): readonly string[] {
  const { crm, referral, agreedReferral, agreedCrm, deal } = question;
  const when = (at: number | undefined): string[] => (at === undefined ? [] : [relative(at, now)]);
  const by = isName(deal?.crmBy) ? [deal.crmBy] : [];
  const rows = [
    ["CRM now", crm, [...by, ...when(deal?.crmAt)].join(", ")],
    ["last agreed", agreedReferral ?? agreedCrm, ""],
    ["Partner Center now", referral, when(deal?.referralAt).join(", ")],
  ] as const;
  const indent = " ".repeat(sideWidth + 4);
  return rows.map(([name, value, who]) => {
    const text = wrapped(shown(value), width, indent);
    return `    ${name.padEnd(sideWidth)}${text}${who === "" ? "" : paint.faint(`  ${who}`)}`;
  });
}

const sideWidth = 20;

/** The values that two sides disagree on are the question; others ask in words alone. */
const hasSides = ({ kind }: Question): boolean => kind === "conflict" || kind === "breaker";

function questionText(question: Question, width: number, now: number): string {
  const { deal, sentence, openedAt, kind, candidates = [], proposal } = question;
  const title = deal ? `${deal.title}${deal.label ? ` · ${deal.label}` : ""}` : question.kind;
  const how = choices[kind];
  const remedy =
    how === ""
      ? "referrals plan, then referrals approve"
      : `referrals conflicts resolve ${shortId(question)} ${how}`;
  return [
    `${paint.strong(title)}  ${paint.faint(relative(openedAt, now))}`,
    `  ${wrapped(sentence, width, "  ")}`,
    ...(hasSides(question) ? sideLines(question, width, now) : []),
    ...(candidates.length > 0 ? [`    could be: ${candidates.join(", ")}`] : []),
    ...(proposal ? [`    ${wrapped(proposal, width, "    ")}`] : []),
    `  ${remedyLine(remedy)}`,
  ].join("\n");
}

/** Every open question, or that there is none. */
export function questionsText(questions: readonly Question[], width: number, now: number): string {
  if (questions.length === 0) return "No conflicts. Whatever waits for a decision appears here.";
  return questions.map((question) => questionText(question, width, now)).join("\n\n");
}

/** A value as typed: JSON where it is JSON, else text. */
function typedValue(text: string): never | (QuestionAnswer & { choose: "value" }) {
  try {
    return { choose: "value", value: JSON.parse(text) };
  } catch {
    return { choose: "value", value: text };
  }
}

/** The answer that the options give. Errors: UsageFailure unless they give exactly one. */
export function answerOf(options: ResolveOptions): QuestionAnswer {
  const always = options.always ? { always: true } : {};
  const given: QuestionAnswer[] = [
    ...(options.crm ? [{ choose: "crm" as const, ...always }] : []),
    ...(options.referral ? [{ choose: "referral" as const, ...always }] : []),
    ...(options.value === undefined ? [] : [typedValue(options.value)]),
    ...(options.link === undefined ? [] : [{ choose: "link" as const, recordId: options.link }]),
    ...(["create", "close", "dismiss"] as const).flatMap((choose) =>
      options[choose] ? [{ choose }] : [],
    ),
  ];
  const [only] = given;
  if (only && given.length === 1) return only;
  throw new UsageFailure(
    given.length === 0 ? "Which side is right isn't said." : "More than one answer is given.",
    {
      remedy: "Give one of --crm, --referral, --value V, --link ID, --create, --close, --dismiss.",
    },
  );
}

async function list(options: LedgerOptions): Promise<void> {
  await withOperations(options, async (operations) => {
    const questions = await openQuestions(operations);
    answer(options, { questions }, (width) => questionsText(questions, width, systemClock.now()));
    process.exitCode = questions.length > 0 ? exitCodes.attention : exitCodes.done;
  });
}

async function resolve(named: string | undefined, options: ResolveOptions): Promise<void> {
  const chosen = answerOf(options);
  await withOperations(options, async (operations) => {
    const open = await openQuestions(operations);
    if (named === undefined && !options.all) {
      throw new UsageFailure("Which question is meant isn't said.", {
        remedy: "Give its id (see `referrals conflicts`), or --all for every conflict.",
      });
    }
    const meant = named === undefined ? open.filter(hasSides) : [findQuestion(open, named)];
    if (named === undefined && meant.length > 1) {
      const question = `Answer ${counted(meant.length, "question")} alike?`;
      if (!(await confirmed(question, options.yes))) return;
    }
    for (const { id } of meant) {
      await operations.post(`/api/inbox/${encodeURIComponent(id)}/answer`, chosen);
    }
    const ids = meant.map(({ id }) => id);
    const later = operations.url ? "" : " It is carried out when the sync runs next.";
    answer(options, { resolved: ids, answer: chosen }, () =>
      meant.length === 0
        ? "There was nothing to answer."
        : `${paint.good("✓")} ${counted(meant.length, "question")} answered.${later}`,
    );
  });
}

/** `referrals conflicts`: what waits for a person's decision, and the decision. */
export function registerConflicts(program: Command): void {
  const conflicts = program
    .command("conflicts")
    .description("List what waits for your decision, and decide it");
  examples(conflicts, [
    ["conflicts", "both values of each, and what was last agreed"],
    ["conflicts resolve 3f2a91c0:dealValue --crm", "the CRM is right"],
    ["conflicts resolve 3f2a91c0:dealValue --value 55000", "neither is"],
    ["conflicts resolve 3f2a91c0:dealValue --crm --always", "and so for this field from now on"],
    ["conflicts resolve --all --referral --yes", "Partner Center is right everywhere"],
  ]);
  addLedgerOptions(conflicts).action(list);
  addLedgerOptions(conflicts.command("list"))
    .description("list them (the same as without a verb)")
    .action((_options: LedgerOptions, command: Command) => list(command.optsWithGlobals()));
  addLedgerOptions(conflicts.command("resolve"))
    .argument("[question]", "its id, or the beginning of it")
    .description("decide one, or all conflicts alike")
    .option("--crm", "take the CRM's value")
    .option("--referral", "take Partner Center's value")
    .option("--value <value>", "take another value, in the referral's form")
    .option("--always", "and prefer this side for this field from now on")
    .option("--link <record>", "link the referral with this CRM record")
    .option("--create", "none of the candidates: create a new deal")
    .option("--close", "close the referral that is one too many")
    .option("--dismiss", "leave it as it is")
    .option("--all", "every conflict between two values")
    .option("--yes", "don't ask again")
    .action((named: string | undefined, _options: unknown, command: Command) =>
      resolve(named, command.optsWithGlobals()),
    );
}
