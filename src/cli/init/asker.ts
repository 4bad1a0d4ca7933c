import { CliFailure } from "../failure.ts";

/** One question of the wizard. */
export interface Question {
  readonly message: string;
  /** The flag that answers it without asking: `--client-id`. */
  readonly flag: string;
  /** What was given by that flag. */
  readonly given?: string | undefined;
  readonly initial?: string | undefined;
  readonly isOptional?: boolean | undefined;
  /** Why an answer isn't acceptable. */
  readonly check?: (answer: string) => string | undefined;
}

/** Asks a person, or takes what the flags say. */
export interface Asker {
  text(question: Question): Promise<string>;
  secret(question: Question): Promise<string>;
  choose(
    question: Question,
    choices: readonly { readonly value: string; readonly name: string }[],
  ): Promise<string>;
  confirm(message: string, initial: boolean): Promise<boolean>;
  /** To call when all was asked. Errors: CliFailure with every question that was left open. */
  settle(): void;
  /** False where nobody can be asked. */
  readonly isInteractive: boolean;
}

function checked({ given, flag, check }: Question): string | undefined {
  if (given === undefined) return undefined;
  const complaint = check?.(given);
  if (complaint === undefined) return given;
  throw new CliFailure(`${flag} doesn't fit: ${complaint}`, { remedy: `Correct ${flag}.` });
}

/** Takes flags and defaults; what neither answers stays empty until `settle` names it. */
export function unattendedAsker(): Asker {
  const open: Question[] = [];
  const take = async (question: Question): Promise<string> => {
    const answer = checked(question) ?? question.initial;
    if (answer !== undefined) return answer;
    if (!question.isOptional) open.push(question);
    return "";
  };
  return {
    text: take,
    secret: take,
    choose: async (question, choices) => {
      const answer = await take({ ...question, initial: question.initial ?? choices[0]?.value });
      if (choices.some(({ value }) => value === answer)) return answer;
      const values = choices.map(({ value }) => value).join(", ");
      throw new CliFailure(`${question.flag} can't be "${answer}".`, {
        remedy: `Use one of ${values}.`,
      });
    },
    confirm: async (_message, initial) => initial,
    settle: () => {
      if (open.length === 0) return;
      const questions = open.map(({ message }) => `${message}?`).join(" ");
      throw new CliFailure(`Nobody can be asked: ${questions}`, {
        remedy:
          `Answer with ${open.map(({ flag }) => flag).join(", ")}, ` +
          "or run it in a terminal without --yes.",
      });
    },
    isInteractive: false,
  };
}

/** Asks at the terminal whatever the flags leave open. */
export async function interactiveAsker(): Promise<Asker> {
  const prompts = await import("@inquirer/prompts");
  const validate =
    ({ check, isOptional }: Question) =>
    (answer: string): string | true => {
      if (answer.trim() === "") return isOptional ? true : "It is needed.";
      return check?.(answer.trim()) ?? true;
    };
  return {
    text: async (question) => {
      const known = checked(question);
      if (known !== undefined) return known;
      const { message, initial } = question;
      const shown = initial === undefined ? {} : { default: initial };
      return (await prompts.input({ message, ...shown, validate: validate(question) })).trim();
    },
    secret: async (question) =>
      checked(question) ??
      prompts.password({ message: question.message, mask: "*", validate: validate(question) }),
    choose: async (question, choices) => {
      const known = checked(question);
      if (known !== undefined) return unattendedAsker().choose(question, choices);
      return prompts.select({ message: question.message, choices: [...choices] });
    },
    confirm: (message, initial) => prompts.confirm({ message, default: initial }),
    settle: () => {},
    isInteractive: true,
  };
}
