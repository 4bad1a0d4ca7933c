import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { errorFromResponse, type Referral } from "../../contract/index.ts";
import { fetchHttp, type HttpRequest } from "../../runtime/index.ts";
import { findSandbox } from "./sandbox-file.ts";
import { wholeNumber } from "./whole-number.ts";

interface SharedOptions {
  readonly data: string;
  readonly json?: true;
}

/** One call of the admin API and how its answer is told in a sentence. */
interface Play<Answer> {
  readonly method: HttpRequest["method"];
  readonly path: string;
  readonly body?: unknown;
  readonly tell: (answer: Answer) => string;
}

const millisecondsPer = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `14d`, `72h`, `30m` or `5s` in milliseconds. */
function duration(text: string): number {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const factor = millisecondsPer[unit as keyof typeof millisecondsPer];
  if (amount === undefined || Number(amount) === 0 || factor === undefined) {
    throw new InvalidArgumentError("Give a number and a unit: 14d, 72h, 30m or 5s.");
  }
  return Number(amount) * factor;
}

function jsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
  } catch {
    // The sentence below serves both cases.
  }
  throw new InvalidArgumentError('It must be a JSON object, such as {"name": "A new name"}.');
}

async function play<Answer>(command: Command, call: Play<Answer>): Promise<void> {
  const options = command.optsWithGlobals<SharedOptions>();
  const { adminUrl, adminSecret } = findSandbox(options.data);
  const response = await fetchHttp({
    method: call.method,
    url: `${adminUrl}${call.path}`,
    headers: {
      authorization: `Bearer ${adminSecret}`,
      ...(call.body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });
  if (response.status >= 300) {
    throw errorFromResponse(response.status, response.headers, response.body);
  }
  const answer = JSON.parse(response.body) as Answer;
  process.stdout.write(`${options.json ? JSON.stringify(answer) : call.tell(answer)}\n`);
}

const tellReferral = (referral: Referral): string =>
  `${referral.id}  ${referral.status}/${referral.substatus}  ${referral.name ?? ""}`;

const one = (id: string, rest = ""): string => `/referrals/${encodeURIComponent(id)}${rest}`;

interface SendOptions {
  readonly kind: string;
  readonly received?: true;
  readonly organization?: string;
  readonly referral?: Readonly<Record<string, unknown>>;
}

function addReferralVerbs(sandbox: Command): void {
  sandbox
    .command("send")
    .description("send the partner an inbound referral, as Microsoft")
    .addOption(
      new Option("--kind <kind>", "what is sent").choices(["lead", "co-sell"]).default("lead"),
    )
    .option("--received", "in the state New/Received instead of New/Pending")
    .option("--organization <id>", "to another than the first organization")
    .option("--referral <json>", "values in place of the invented ones", jsonObject)
    .action(async (options: SendOptions, command: Command) => {
      const { kind, received, organization, referral } = options;
      const substatus = received ? "Received" : "Pending";
      const body = { kind, substatus, referral, organizationId: organization };
      await play(command, { method: "POST", path: "/referrals", body, tell: tellReferral });
    });
  sandbox
    .command("edit <id>")
    .argument("<json>", "a JSON Merge Patch", jsonObject)
    .description("change any field by a JSON Merge Patch, as Microsoft")
    .action(async (id: string, body: unknown, _options: unknown, command: Command) => {
      await play(command, { method: "PATCH", path: one(id), body, tell: tellReferral });
    });
  sandbox
    .command("accept <id>")
    .description("accept a referral that waits, as Microsoft")
    .option("--msx-id <id>", "the number of the deal in Microsoft's own CRM")
    .action(async (id: string, options: { msxId?: string }, command: Command) => {
      const body = { microsoftMsxId: options.msxId };
      const path = one(id, "/accept");
      await play(command, { method: "POST", path, body, tell: tellReferral });
    });
  sandbox
    .command("msx <id> <number>")
    .description("set the number of the deal in Microsoft's own CRM")
    .action(async (id: string, microsoftMsxId: string, _options: unknown, command: Command) => {
      const path = one(id, "/microsoftMsxId");
      await play(command, { method: "PUT", path, body: { microsoftMsxId }, tell: tellReferral });
    });
  sandbox
    .command("touch <id>")
    .description("give a referral a new eTag though nothing of it changes")
    .action(async (id: string, _options: unknown, command: Command) => {
      const path = one(id, "/touch");
      await play(command, { method: "POST", path, body: {}, tell: tellReferral });
    });
  addEndingVerbs(sandbox);
}

function addEndingVerbs(sandbox: Command): void {
  sandbox
    .command("decline <id>")
    .description("decline a referral, as Microsoft")
    .option("--reason <text>", "the statusReason")
    .action(async (id: string, options: { reason?: string }, command: Command) => {
      const body = { statusReason: options.reason };
      const path = one(id, "/decline");
      await play(command, { method: "POST", path, body, tell: tellReferral });
    });
  sandbox
    .command("close <id>")
    .description("close a referral as won or lost, as Microsoft")
    .option("--lost", "lost instead of won")
    .option("--reason <text>", "the statusReason")
    .action(async (id: string, options: { lost?: true; reason?: string }, command: Command) => {
      const body = { outcome: options.lost ? "Lost" : "Won", statusReason: options.reason };
      const path = one(id, "/close");
      await play(command, { method: "POST", path, body, tell: tellReferral });
    });
}

function addKnobVerbs(sandbox: Command): void {
  sandbox
    .command("advance")
    .argument("<duration>", "14d, 72h, 30m or 5s", duration)
    .description("skip time: 14d lets unanswered referrals expire")
    .action(async (milliseconds: number, _options: unknown, command: Command) => {
      await play<{ now: string }>(command, {
        method: "POST",
        path: "/clock/advance",
        body: { milliseconds },
        tell: ({ now }) => `In the sandbox it is ${now} now.`,
      });
    });
  sandbox
    .command("faults")
    .argument("[json]", "the new profile", jsonObject)
    .description('show the fault profile, or set it: {"serverError": 0.1}; {} turns all off')
    .action(async (profile: unknown, _options: unknown, command: Command) => {
      const tell = (answer: unknown): string => JSON.stringify(answer, undefined, 2);
      const call = profile === undefined ? {} : { body: profile };
      const method = profile === undefined ? "GET" : "PUT";
      await play(command, { method, path: "/faults", ...call, tell });
    });
  sandbox
    .command("limit")
    .argument("<calls>", "a whole number", wholeNumber(1))
    .description("calls per connection in a sliding minute")
    .action(async (limit: number, _options: unknown, command: Command) => {
      await play<{ calls: number }>(command, {
        method: "PUT",
        path: "/limit",
        body: { calls: limit },
        tell: ({ calls }) => `A connection may make ${calls} calls in a minute.`,
      });
    });
  sandbox
    .command("mfa")
    .addArgument(new Argument("<state>", "on or off").choices(["on", "off"]))
    .description("ask for multifactor sign-in (on), or not (off)")
    .action(async (state: string, _options: unknown, command: Command) => {
      await play<{ required: boolean }>(command, {
        method: "PUT",
        path: "/mfa",
        body: { required: state === "on" },
        tell: ({ required }) => `Tokens need multifactor sign-in: ${required ? "yes" : "no"}.`,
      });
    });
}

interface OfflineAnswer {
  readonly deliveries: readonly { readonly id: string; readonly event: string }[];
}

function addDataVerbs(sandbox: Command): void {
  sandbox
    .command("seed")
    .argument("<count>", "a whole number", wholeNumber(1))
    .description("invent referrals")
    .action(async (amount: number, _options: unknown, command: Command) => {
      await play<{ count: number }>(command, {
        method: "POST",
        path: "/seed",
        body: { count: amount },
        tell: ({ count }) => `${count} referrals were invented.`,
      });
    });
  sandbox
    .command("reset")
    .description("throw away all referrals, webhook registrations and faults")
    .action(async (_options: unknown, command: Command) => {
      const tell = (): string => "The sandbox is empty.";
      await play(command, { method: "POST", path: "/reset", body: {}, tell });
    });
  sandbox
    .command("offline")
    .description("list the webhooks that were given up after ten attempts")
    .action(async (_options: unknown, command: Command) => {
      await play<OfflineAnswer>(command, {
        method: "GET",
        path: "/webhooks/offline",
        tell: ({ deliveries }) =>
          deliveries.map(({ id, event }) => `${id}  ${event}`).join("\n") || "None.",
      });
    });
  sandbox
    .command("replay [id]")
    .description("send webhooks that were given up again, all of them or one")
    .action(async (id: string | undefined, _options: unknown, command: Command) => {
      await play<{ replayed: number }>(command, {
        method: "POST",
        path: "/webhooks/replay",
        body: { id },
        tell: ({ replayed }) => `${replayed} webhooks are sent again.`,
      });
    });
}

/** Adds the commands that play Microsoft and turn the knobs of a running sandbox. */
export function registerSandboxVerbs(sandbox: Command): void {
  addReferralVerbs(sandbox);
  addKnobVerbs(sandbox);
  addDataVerbs(sandbox);
}
