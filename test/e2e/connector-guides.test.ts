import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterAll, describe, expect, test } from "vitest";
import { root } from "../checks.ts";

/*
 * Every command of the connector's guides runs, in the order of the page and in one folder, as a
 * reader would type it. Servers go on while the page goes on, on free ports.
 */

const main = join(root, "src/cli/main.ts");
const prefix = "npm run -s referrals -- ";
const serves = /^(?:sandbox|gateway(?! (?:connections|revoke))|mcp)\b/;

const commandsOf = (page: string): readonly string[] =>
  [...readFileSync(join(root, "docs/guides", page), "utf8").matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap((match) => (match[1] ?? "").split("\n"))
    .filter((line) => line !== "");

/** The words of a command line; quotes keep words together. */
const wordsOf = (command: string): readonly string[] =>
  [...command.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? "");

const running: ChildProcess[] = [];
const folders: string[] = [];
afterAll(async () => {
  for (const child of running.reverse()) {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.kill("SIGTERM")) await ended;
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly code: number | null | "serving";
  readonly output: string;
}

/** Runs a command to its end; a server, until it has said where it is reached. */
function run(words: readonly string[], folder: string): Promise<Outcome> {
  const isServer = serves.test(words.join(" "));
  const args = ["--disable-warning=ExperimentalWarning", main, ...words];
  const child = spawn(process.execPath, isServer ? [...args, "--port", "0"] : args, {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (isServer) running.push(child);
  let output = "";
  return new Promise((resolve) => {
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
      if (isServer && /https?:\/\/127\.0\.0\.1:\d+/.test(output)) {
        resolve({ code: "serving", output });
      }
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("close", (code) => resolve({ code, output }));
  });
}

describe.each(["connector.md", "gateway.md", "mcp.md"])("docs/guides/%s", (page) => {
  const folder = mkdtempSync(join(tmpdir(), "connector-guide-"));
  folders.push(folder);

  test.each(commandsOf(page))("%s", { timeout: 60_000 }, async (command) => {
    expect(command.startsWith(prefix)).toBe(true);
    const { code, output } = await run(wordsOf(command.slice(prefix.length)), folder);
    expect(output).not.toMatch(/✗|Error:/);
    expect([0, "serving"]).toContain(code);
  });
});

test("an agent starts the server by the configuration of the page", {
  timeout: 60_000,
}, async () => {
  const page = readFileSync(join(root, "docs/guides/mcp.md"), "utf8");
  const [, json = ""] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
  const { mcpServers } = JSON.parse(json) as {
    mcpServers: Record<string, { command: string; args: string[] }>;
  };
  const { command = "", args = [] } = mcpServers["partner-referrals"] ?? {};
  const folder = mkdtempSync(join(tmpdir(), "connector-guide-"));
  folders.push(folder);
  await run(["sandbox", "--seed", "3", "--data", join(folder, "sandbox")], folder);
  // As the page says: the sandbox in place of --config and its file.
  expect(args.slice(1)).toEqual(["mcp", "--config", "/path/to/referrals.config.yaml"]);
  const inCheckout = (args[0] ?? "").replace("/path/to/partner-referrals", root);
  const client = new Client({ name: "agent", version: "1" });
  const typed = [inCheckout, "mcp", "--sandbox", join(folder, "sandbox")];
  await client.connect(new StdioClientTransport({ command, args: typed, cwd: folder }));
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toContain("list_referrals");
  await client.close();
});

test("an operator who mistypes a connection is told how to find it", {
  timeout: 60_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "connector-guide-"));
  folders.push(folder);
  await run(["sandbox", "--seed", "3"], folder);
  await run(["gateway", "--sandbox"], folder);
  const { code, output } = await run(["gateway", "revoke", "nobodys"], folder);
  expect(code).toBe(1);
  expect(output).toContain('No connection is called "nobodys".');
  expect(output).toContain("referrals gateway connections");
});

test("every option that the guides name exists", async () => {
  const folder = mkdtempSync(join(tmpdir(), "connector-guide-"));
  folders.push(folder);
  const commands = ["connector export", "connector availability", "gateway", "mcp"];
  const help = await Promise.all(
    commands.map(async (command) => (await run([...command.split(" "), "--help"], folder)).output),
  );
  const known = new Set(help.join("\n").match(/--[a-z][a-z-]+/g));
  // Options of the sandbox, and of Microsoft's own tool.
  for (const other of ["--seed", "--settings", "--secret"]) known.add(other);
  const pages = ["connector.md", "gateway.md", "mcp.md"].map((page) =>
    readFileSync(join(root, "docs/guides", page), "utf8"),
  );
  const named = new Set(pages.join("\n").match(/--[a-z][a-z-]+/g));
  expect(named.size).toBeGreaterThan(15);
  expect([...named].filter((option) => !known.has(option))).toEqual([]);
});
