import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/*
 * The SDK's own client against `referrals mcp` in a process of its own, over both transports.
 */

const main = new URL("../main.ts", import.meta.url).pathname;
const node = ["--disable-warning=ExperimentalWarning", main];
const folder = mkdtempSync(join(tmpdir(), "mcp-"));
const sandboxFolder = join(folder, "sandbox");
const running: ChildProcess[] = [];

async function start(...words: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const options = ["--port", "0", "--json"];
  const child = spawn(process.execPath, [...node, ...words, ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.push(child);
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line);
  throw new Error(`${words[0]} said nothing`);
}

beforeAll(async () => {
  await start("sandbox", "--data", sandboxFolder, "--seed", "3");
});
afterAll(async () => {
  for (const child of running.reverse()) {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** A client whose person always agrees. */
function newClient(): Client {
  const client = new Client({ name: "agent", version: "1" }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, () => ({
    action: "accept",
    content: { confirm: true },
  }));
  return client;
}

/** Reads, writes under confirmation, and reads help. */
async function useEverything(client: Client): Promise<void> {
  expect(client.getServerVersion()?.name).toBe("partner-referrals");
  const listed = await client.callTool({ name: "list_referrals", arguments: { top: 1 } });
  const { referrals } = listed.structuredContent as { referrals: { id: string }[] };
  const referral = {
    name: "By an agent",
    type: "Independent",
    customerProfile: { name: "Wooden Horse Toys" },
    consent: {},
    details: {},
  };
  const created = await client.callTool({ name: "create_referral", arguments: { referral } });
  expect(created.structuredContent).toMatchObject({ name: "By an agent" });
  expect(referrals[0]?.id).toEqual(expect.any(String));
  const { contents } = await client.readResource({ uri: "referrals://lifecycle" });
  expect(JSON.stringify(contents)).toContain("Expired");
}

describe("over standard input and output", () => {
  const connect = async (...options: readonly string[]): Promise<Client> => {
    const client = newClient();
    const args = [...node, "mcp", "--sandbox", sandboxFolder, ...options];
    await client.connect(new StdioClientTransport({ command: process.execPath, args }));
    return client;
  };

  test("an agent reads, writes and gets help", async () => {
    const client = await connect();
    await useEverything(client);
    await client.close();
  });

  test("read-only, it is offered nothing that writes", async () => {
    const client = await connect("--read-only");
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["get_referral", "list_referrals"]);
    await client.close();
  });
});

/** Asks as through a proxy, which keeps the name that it was reached by. */
function statusUnder(url: string, host: string, secret: string): Promise<number | undefined> {
  const headers = { host, authorization: `Bearer ${secret}`, "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const call = request(url, { method: "POST", headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    call.once("error", reject);
    call.end("{}");
  });
}

test("behind a proxy, the host is served that --host-name tells, and no other", async () => {
  const names = ["--host-name", "agents.contoso.example"];
  const { url = "", secret = "" } = await start(
    "mcp",
    "--http",
    "--sandbox",
    sandboxFolder,
    ...names,
  );
  expect(await statusUnder(url, "evil.example", secret)).toBe(403);
  expect(await statusUnder(url, "agents.contoso.example", "wrong")).toBe(401);
  expect(await statusUnder(url, "agents.contoso.example", secret)).not.toBe(403);
});

describe("over streamable HTTP", () => {
  let url: string;
  let secret: string;
  beforeAll(async () => {
    const answer = await start("mcp", "--http", "--sandbox", sandboxFolder);
    url = answer.url ?? "";
    secret = answer.secret ?? "";
  });

  const connect = async (): Promise<{
    client: Client;
    transport: StreamableHTTPClientTransport;
  }> => {
    const client = newClient();
    const requestInit = { headers: { authorization: `Bearer ${secret}` } };
    const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit });
    await client.connect(transport as Parameters<Client["connect"]>[0]);
    return { client, transport };
  };
  const initialize = {
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: {
      protocolVersion: "2025-06-18",
      capabilities: {},
      clientInfo: { name: "x", version: "1" },
    },
  };
  const post = (headers: Readonly<Record<string, string>>, body: unknown = initialize) =>
    fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...headers,
      },
      body: JSON.stringify(body),
    });

  test("an agent reads, writes and gets help", async () => {
    const { client } = await connect();
    await useEverything(client);
    await client.close();
  });

  test("two agents at once have sessions of their own, and end them", async () => {
    const [one, other] = [await connect(), await connect()];
    expect(one.transport.sessionId).not.toBe(other.transport.sessionId);
    const ended = one.transport.sessionId ?? "";
    await one.transport.terminateSession();
    await useEverything(other.client);
    const late = { authorization: `Bearer ${secret}`, "mcp-session-id": ended };
    const ping = { jsonrpc: "2.0", id: 2, method: "ping" };
    expect((await post(late, ping)).status).toBe(404);
    await one.client.close();
    await other.client.close();
  });

  test.each([
    ["no secret: 401", () => ({}), 401],
    ["a wrong secret: 401", () => ({ authorization: "Bearer guess" }), 401],
    [
      "a page of another origin: 403",
      () => ({ authorization: `Bearer ${secret}`, origin: "https://evil.example" }),
      403,
    ],
    ["the secret: 200", () => ({ authorization: `Bearer ${secret}` }), 200],
  ])("%s", async (_what, headers, status) => {
    expect((await post(headers())).status).toBe(status);
  });
});
