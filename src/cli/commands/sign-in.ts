import type { Command } from "commander";
import { type DeviceCodePrompt, signInWithDeviceCode } from "../../client/index.ts";
import { answer, examples } from "../answer.ts";
import type { Config } from "../config/config-schema.ts";
import {
  addLedgerOptions,
  type LedgerOptions,
  requireConfig,
} from "../ledger-access/open-operations.ts";
import { openTokenStore } from "../start/connections.ts";
import { marks, remedyLine } from "../terminal/paint.ts";
import { systemTerminal } from "../terminal/terminal.ts";

/** A person's consent by device code, kept encrypted beside the data. */
export async function signInByDeviceCode(
  config: Config,
  tell: (message: string, prompt: DeviceCodePrompt) => void,
): Promise<void> {
  const { authority, clientId, clientSecret, scope } = config.partnerCenter;
  await signInWithDeviceCode({
    authority,
    clientId,
    ...(clientSecret === undefined ? {} : { clientSecret }),
    // offline_access: without it there is no refresh token, and a person would be asked every hour.
    scopes: [scope, "offline_access"],
    tokenStore: await openTokenStore(config.data),
    prompt: (prompt) => tell(prompt.message, prompt),
  });
}

async function signIn(options: LedgerOptions): Promise<void> {
  const config = await requireConfig(options);
  const terminal = systemTerminal();
  await signInByDeviceCode(config, (message, { userCode, verificationUrl }) => {
    terminal.print(options.json ? JSON.stringify({ userCode, verificationUrl }) : message);
  });
  answer(options, { signedIn: true }, () => {
    return `${marks.good} Signed in. ${remedyLine("referrals doctor")}`;
  });
}

/** `referrals sign-in`: a person's consent by device code, kept encrypted beside the data. */
export function registerSignIn(program: Command): void {
  const command = program
    .command("sign-in")
    .description("Sign in to Partner Center by device code; the sign-in is kept encrypted");
  examples(addLedgerOptions(command), [
    ["sign-in", "prints an address and a code to type there"],
    ["sign-in --json", "prints them as JSON, then waits"],
  ]);
  command.action(signIn);
}
