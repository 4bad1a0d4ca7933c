import { crmVendors, vendorOf } from "../crm/registry.ts";
import type { CrmVendor, VendorQuestion } from "../crm/vendor.ts";
import type { Asker } from "./asker.ts";

/** What the wizard was told, by flags or answers. */
export interface InitFlags {
  readonly environment?: string;
  readonly authority?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly referralsUrl?: string;
  readonly webhookUrl?: string;
  readonly crm?: string;
  readonly data?: string;
  readonly port?: string;
  /** Answers to a vendor's own questions, by the question's name. */
  readonly crmAnswers: Readonly<Record<string, string>>;
}

/** Everything that a configuration is written from. */
export interface InitAnswers {
  readonly environment: string;
  readonly authority: string;
  readonly clientId: string;
  /** Only for a sandbox. */
  readonly clientSecret: string;
  readonly referralsUrl: string;
  readonly webhookUrl: string;
  readonly crm: string;
  readonly crmAnswers: Readonly<Record<string, string>>;
  readonly data: string;
  readonly port: string;
}

const isUrl = (text: string): string | undefined =>
  /^https?:\/\/\S+$/.test(text) && URL.canParse(text)
    ? undefined
    : "it must be an address that begins with https://";

/** `clientId` as the flag `--crm-client-id`. */
export function crmFlag(name: string): string {
  return `--crm-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The name under which commander keeps that flag. */
export function crmOption(name: string): string {
  return `crm${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
}

/** Never asked: a sandbox of a CRM takes it in place of a sign-in. */
const sandboxToken: VendorQuestion = {
  name: "token",
  ask: "a token in place of a sign-in, for a CRM sandbox",
};

/** Every vendor's questions, each name once: the flags of the command. */
export function allVendorQuestions(): readonly VendorQuestion[] {
  const questions = [...crmVendors.flatMap((vendor) => vendor.questions), sandboxToken];
  return questions.filter(
    ({ name }, index) => questions.findIndex((other) => other.name === name) === index,
  );
}

/** A tenant's id alone stands for its sign-in address. */
function authorityOf(text: string): string {
  return /^https?:/.test(text) ? text : `https://login.microsoftonline.com/${text}`;
}

function isWhole(vendor: CrmVendor, answers: Readonly<Record<string, string>>): boolean {
  const parsed = vendor.schema.safeParse({ kind: vendor.kind, ...answers });
  return parsed.success && (vendor.faults?.(parsed.data) ?? []).length === 0;
}

async function askCrm(asker: Asker, flags: InitFlags) {
  const choices = crmVendors.map(({ kind, title }) => ({ value: kind, name: title }));
  const question = { message: "Which CRM", flag: "--crm", given: flags.crm };
  const crm = await asker.choose(question, choices);
  const vendor = vendorOf(crm);
  const { token } = flags.crmAnswers;
  const crmAnswers: Record<string, string> = token === undefined ? {} : { token };
  for (const { name, ask, example, initial, secretVariable, isOptional } of vendor.questions) {
    // With a sandbox's token the section may be whole before everything was asked.
    const isGiven = flags.crmAnswers[name] !== undefined;
    if (token !== undefined && !isGiven && isWhole(vendor, crmAnswers)) continue;
    const answer = await (secretVariable ? asker.secret : asker.text)({
      message: example === undefined ? ask : `${ask} (${example})`,
      flag: crmFlag(name),
      given: flags.crmAnswers[name],
      initial,
      isOptional,
      ...(name === "url" ? { check: isUrl } : {}),
    });
    if (answer !== "") crmAnswers[name] = answer;
  }
  return { crm, crmAnswers };
}

/** Asks for what the flags leave open, in the order in which a person has it at hand. */
export async function askAll(asker: Asker, flags: InitFlags): Promise<InitAnswers> {
  const environment = await asker.choose(
    { message: "What is this environment", flag: "--environment", given: flags.environment },
    [
      { value: "staging", name: "staging – a test tenant (begin here)" },
      { value: "production", name: "production" },
      { value: "sandbox", name: "sandbox – invented data" },
    ],
  );
  const authority = await asker.text({
    message: "Tenant id of the Partner Center account",
    flag: "--authority",
    given: flags.authority,
  });
  const clientId = await asker.text({
    message: "Application (client) id of the app registration",
    flag: "--client-id",
    given: flags.clientId,
  });
  const { crm, crmAnswers } = await askCrm(asker, flags);
  asker.settle();
  return {
    environment,
    authority: authorityOf(authority),
    clientId,
    clientSecret: flags.clientSecret ?? "",
    referralsUrl: flags.referralsUrl ?? "",
    webhookUrl: flags.webhookUrl ?? "",
    crm,
    crmAnswers,
    data: flags.data ?? "./data",
    port: flags.port ?? "4400",
  };
}
