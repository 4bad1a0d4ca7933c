import { existsSync } from "node:fs";
import type { Command } from "commander";
import { signInWithDeviceCode } from "../../client/index.ts";
import { configFileName } from "../config/config-file.ts";
import { loadConfig } from "../config/load-config.ts";
import { CliFailure } from "../failure.ts";
import { openTokenStore } from "../start/connections.ts";

interface SignInOptions {
  readonly config: string;
  readonly json?: true;
}

async function signIn({ config: path, json }: SignInOptions): Promise<void> {
  if (!existsSync(path)) {
    throw new CliFailure("There is no configuration to sign in for.", {
      place: path,
      remedy: "docs/guides/go-live.md shows how to write one.",
    });
  }
  const config = loadConfig(path, process.env);
  const { authority, clientId, scope } = config.partnerCenter;
  await signInWithDeviceCode({
    authority,
    clientId,
    // offline_access: without it there is no refresh token, and a person would be asked every hour.
    scopes: [scope, "offline_access"],
    tokenStore: await openTokenStore(config.data),
    prompt: ({ message, userCode, verificationUrl }) => {
      const text = json ? JSON.stringify({ userCode, verificationUrl }) : message;
      process.stdout.write(`${text}\n`);
    },
  });
  process.stdout.write(json ? '{"signedIn":true}\n' : "✓ Signed in. `referrals start` can run.\n");
}

/** `referrals sign-in`: a person's consent by device code, kept encrypted beside the data. */
export function registerSignIn(program: Command): void {
  program
    .command("sign-in")
    .description("Sign in to Partner Center by device code; the sign-in is kept encrypted")
    .option("--config <file>", "configuration", configFileName)
    .option("--json", "print code and address as JSON")
    .action(signIn);
}
