import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { root } from "../checks.ts";

/** Commands that run in other tests or would run this one again, each with the place. */
const shownElsewhere: Readonly<Record<string, string>> = {
  "npm test": "it is what runs this test",
  "npm run check": "its checks are the first part of npm test",
};
/**
 * Servers: running when they have printed their first line. They get free ports and a folder of
 * their own.
 */
const longRunning = /^npm start$|-- (?:sandbox|start|gateway|mcp)\b/;

const folder = mkdtempSync(join(tmpdir(), "partner-referrals-readme-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pages = ["README.md", "CONTRIBUTING.md"];

function commandsOf(page: string): readonly string[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap((match) => (match[1] ?? "").split("\n"))
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => line !== "");
}

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

/**
 * Runs a command as a reader would; a server is asked to stop once it has said where it listens.
 */
function run(command: string, isServer: boolean): Promise<Outcome> {
  const ownFolder = command === "npm start" ? ` -- --port 0 --data ${folder}/start` : "";
  const line = command.replace("./data", folder) + ownFolder;
  const child = spawn("sh", ["-c", `exec ${line}`], {
    cwd: root,
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
    detached: true,
  });
  let output = "";
  const collect = (chunk: Buffer): void => {
    output += chunk.toString();
    if (isServer && /https?:\/\//.test(output)) process.kill(-(child.pid ?? 0), "SIGTERM");
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  return new Promise((resolve) => {
    child.on("close", (code, signal) => resolve({ code: signal === "SIGTERM" ? 0 : code, output }));
  });
}

const commands = pages.flatMap((page) =>
  commandsOf(page).map((command) => ({ page, command }) as const),
);

test.for(commands.filter(({ command }) => !(command in shownElsewhere)))(
  "$page: `$command` works",
  { timeout: 120_000 },
  async ({ command }) => {
    const isServer = longRunning.test(command);
    const { code, output } = await run(command, isServer);
    expect(output).not.toMatch(/✗|Error:/);
    if (isServer) expect(output).toMatch(/http:\/\/127\.0\.0\.1:\d+/);
    expect(code).toBe(0);
  },
);

test("every link in the pages and guides leads to a file", () => {
  const guides = ["docs/guides", "docs/reference", "docs/adr", "."].flatMap((place) =>
    readdirSync(join(root, place))
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(place, name)),
  );
  const broken = guides.flatMap((page) => {
    const text = readFileSync(join(root, page), "utf8");
    return [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map((match) => match[1] ?? "")
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => !existsSync(join(root, dirname(page), link)))
      .map((link) => `${page}: ${link}`);
  });
  expect(guides.length).toBeGreaterThan(8);
  expect(broken).toEqual([]);
});
