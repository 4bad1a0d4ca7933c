import type { Command } from "commander";
import type { ConnectionHealth } from "../../connector/index.ts";
import { errorFromResponse, ReferralsError } from "../../contract/index.ts";
import { fetchHttp, type HttpRequest } from "../../runtime/index.ts";
import { CliFailure } from "../failure.ts";
import { findGateway } from "./gateway-file.ts";

interface SharedOptions {
  readonly data: string;
  readonly json?: true;
}

async function order(
  command: Command,
  method: HttpRequest["method"],
  path: string,
): Promise<unknown> {
  const { adminUrl, adminSecret } = findGateway(command.optsWithGlobals<SharedOptions>().data);
  const headers = { authorization: `Bearer ${adminSecret}` };
  const response = await fetchHttp({ method, url: `${adminUrl}${path}`, headers });
  if (response.status >= 300) {
    throw errorFromResponse(response.status, response.headers, response.body);
  }
  return response.body === "" ? {} : JSON.parse(response.body);
}

/** An answer about referrals says little to who has mistyped a connection. */
const unknownId =
  (id: string) =>
  (error: unknown): never => {
    const isUnknown = error instanceof ReferralsError && error.status === 404;
    if (!isUnknown) throw error;
    throw new CliFailure(`No connection is called "${id}".`, {
      remedy: "List them: referrals gateway connections",
    });
  };

function tell(command: Command, answer: unknown, text: string): void {
  const isForPrograms = command.optsWithGlobals<SharedOptions>().json;
  process.stdout.write(isForPrograms ? `${JSON.stringify(answer)}\n` : text);
}

interface Overview {
  readonly connections: readonly ConnectionHealth[];
  readonly notifications: Readonly<Record<string, number>>;
}

function overviewText({ connections, notifications }: Overview): string {
  const lines = connections.map(
    ({ id, organizationId, userId, state, problem, signInDaysLeft, lastCallAt }) =>
      `${id}  ${state}${problem ? ` (${problem})` : ""}\n` +
      `  person ${userId} of ${organizationId}\n` +
      `  sign-in lasts ${signInDaysLeft ?? 0} days, last call ${lastCallAt ?? "never"}\n`,
  );
  const told = Object.entries(notifications).map(([state, count]) => `${count} ${state}`);
  return [
    ...lines,
    `${connections.length} connections; notifications: ${told.join(", ") || "none"}\n`,
  ].join("");
}

/** Adds the commands for the operator of a running gateway. */
export function registerGatewayVerbs(gateway: Command): void {
  gateway
    .command("connections")
    .description("list the connections with their health")
    .action(async (_options: unknown, command: Command) => {
      const overview = (await order(command, "GET", "/connections")) as Overview;
      tell(command, overview, overviewText(overview));
    });
  gateway
    .command("revoke <id>")
    .description("end a connection: its sign-in, tokens and triggers go")
    .action(async (id: string, _options: unknown, command: Command) => {
      await order(command, "DELETE", `/connections/${encodeURIComponent(id)}`).catch(unknownId(id));
      tell(command, { revoked: id }, `Connection ${id} has ended.\n`);
    });
  gateway
    .command("new-secret")
    .description("give Power Platform a new client secret; the old one ends at once")
    .action(async (_options: unknown, command: Command) => {
      const answer = (await order(command, "POST", "/client-secret")) as { clientSecret: string };
      tell(command, answer, `${answer.clientSecret}\n`);
    });
}
