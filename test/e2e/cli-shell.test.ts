import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addCommand, commandModules } from "../../src/cli/command-modules.ts";
import { root } from "../checks.ts";
import { command, type Spoken } from "./commands.ts";

/** What a person's shell sees of the command, without any system behind it. */
const folder = mkdtempSync(join(tmpdir(), "cli-shell-"));
const run = (args: readonly string[], env: Record<string, string> = {}): Promise<Spoken> =>
  command(args, { cwd: folder, env });
const has = (shell: string): boolean => spawnSync("which", [shell]).status === 0;
const script = (shell: string): string => join(folder, `completion.${shell}`);

beforeAll(async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { stdout, code } = await run(["completion", shell]);
    expect(code).toBe(0);
    writeFileSync(script(shell), stdout);
  }
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What bash offers for the words typed so far, the last of them unfinished. */
function bashOffers(...words: readonly string[]): readonly string[] {
  const typed = words.map((word) => `'${word}'`).join(" ");
  const text = [
    `source ${script("bash")}`,
    `COMP_WORDS=(referrals ${typed}); COMP_CWORD=${words.length}; _referrals`,
    `printf "%s\\n" "\${COMPREPLY[@]}"`,
  ].join("\n");
  const { stdout, stderr } = spawnSync("bash", ["-c", text], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((word) => word !== "");
}

describe("completion", () => {
  test("bash offers commands, verbs, options and an option's values", () => {
    expect(bashOffers("conf")).toEqual(["conflicts"]);
    expect(bashOffers("conflicts", "res")).toEqual(["resolve"]);
    expect(bashOffers("conflicts", "resolve", "--al")).toEqual(["--always", "--all"]);
    expect(bashOffers("start", "--crm", "dyn")).toEqual(["dynamics365"]);
    expect(bashOffers("completion", "")).toEqual(expect.arrayContaining(["bash", "zsh", "fish"]));
    for (const { name } of commandModules) expect(bashOffers(name)).toContain(name);
  });

  test.skipIf(!has("zsh"))("zsh accepts its script and knows the function", () => {
    const load = "autoload -Uz compinit; compinit -u -D";
    const text = `${load}; source ${script("zsh")}; whence -w _referrals`;
    const { stdout, stderr, status } = spawnSync("zsh", ["-f", "-c", text], { encoding: "utf8" });
    expect([status, stderr, stdout]).toEqual([0, "", "_referrals: function\n"]);
  });

  test.skipIf(!has("fish"))("fish offers commands and verbs", () => {
    const offers = (line: string): string => {
      const text = `source ${script("fish")}; complete -C '${line}'`;
      const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder };
      return spawnSync("fish", ["--no-config", "-c", text], { encoding: "utf8", env }).stdout;
    };
    expect(offers("referrals conf")).toContain("conflicts");
    expect(offers("referrals conflicts res")).toContain("resolve");
    expect(offers("referrals start --cr")).toContain("--crm");
  });
});

describe("help", () => {
  test("names every command under a heading", async () => {
    const { stdout, code } = await run(["--help"]);
    expect(code).toBe(0);
    for (const { name, group } of commandModules) {
      expect(stdout).toContain(`${group}:`);
      expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
    }
  });

  test("of a verb names each option once, its command's own ones among them", async () => {
    const test = await run(["alerts", "test", "--help"]);
    expect(test.stdout.match(/^ +--config <file>/gm)).toHaveLength(1);
    const send = await run(["sandbox", "send", "--help"]);
    expect(send.stdout).toMatch(/^ +--data <folder>/m);
    expect(send.stdout).not.toContain("--port");
  });

  test("of each command shows examples of it", async () => {
    for (const module of commandModules) {
      const { name } = module;
      let help = "";
      const added = await addCommand(new Command("referrals"), module);
      added.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
      expect(help.match(/^Examples:/gm), name).toHaveLength(1);
      expect(help, name).toMatch(new RegExp(`Examples:\\n  referrals ${name}`));
    }
    const { stdout, code } = await run(["status", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples:\n {2}referrals status/);
  }, 60_000);
});

test("an answer that nobody reads to its end is no error, as with `| head -1`", async () => {
  const child = spawn(process.execPath, [`${root}/src/cli/main.ts`, "--help"]);
  child.stdout.destroy();
  let complaints = "";
  child.stderr.on("data", (chunk) => {
    complaints += chunk;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect([code, complaints]).toEqual([0, ""]);
});

describe("a mistake", () => {
  test.each([
    [["statsu"], "Did you mean status?"],
    [["conflicts", "resolv"], "Did you mean resolve?"],
    [["status", "--jsn"], "Did you mean --json?"],
    [["sync"], "referrals sync --once"],
    [["pause"], "give --all"],
    [["conflicts", "resolve", "--crm", "--referral"], "More than one answer"],
    [["start", "--port", "65536"], "0 to 65535"],
  ])("%j is told with what was meant, and returns 64", async (args, meant) => {
    const { code, stderr, stdout } = await run(args);
    expect(stderr).toContain(meant);
    expect(stdout).toBe("");
    expect(code).toBe(64);
  });

  test("in a configuration is told with its line and remedy, and returns 1", async () => {
    const path = join(folder, "faulty.yaml");
    writeFileSync(
      path,
      "partnerCenter: { authority: 'https://x.example/t', clientId: a }\ncrm: { kind: dynamcs }\n",
    );
    const { code, stderr } = await run(["doctor", "--config", path]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${path}:2:14: crm.kind`);
  });

  test("is one JSON object on standard error where JSON was asked for", async () => {
    const { code, stderr, stdout } = await run(["status", "--json"]);
    expect([code, stdout]).toEqual([1, ""]);
    const { error } = JSON.parse(stderr) as { error: Record<string, string> };
    expect(error.message).toBe("Nothing is configured here yet.");
    expect(error.remedy).toContain("referrals init");
    const mistyped = await run(["conflicts", "resolv", "--json"]);
    expect([mistyped.code, mistyped.stdout]).toEqual([64, ""]);
    expect(JSON.parse(mistyped.stderr).error.message).toContain("Did you mean resolve?");
  });

  test.each([
    [join(script("bash"), "data"), script("bash"), "There is a file where a folder must be."],
    // Linux answers there that the folder is missing, however often one tries to make it.
    ["/proc/data", "/proc/data", "No folder can be made there."],
  ])("in the path %s is told with the path, not with the system's code", async (place, at, why) => {
    const { code, stderr } = await run(["start", "--data", place, "--port", "0"]);
    const remedy = "Name another folder, or give yourself the right to it.";
    expect(stderr).toBe(`✗ ${why}\n  where: ${at}\n  → ${remedy}\n`);
    expect(code).toBe(1);
  });
});

describe("a terminal that shows less", () => {
  const escapeSign = String.fromCharCode(27);
  test("gets no colours by NO_COLOR, and colours where they are insisted on", async () => {
    const bare = await run(["status"]);
    expect(bare.stderr).not.toContain(escapeSign);
    const insisted = await run(["status"], { NO_COLOR: "", FORCE_COLOR: "1" });
    expect(insisted.stderr).toContain(escapeSign);
  });

  test("gets ASCII alone under LANG=C", async () => {
    const { stderr } = await run(["status"], { LANG: "C", LC_ALL: "C" });
    expect(stderr).toContain("x Nothing is configured here yet.");
    expect([...stderr].every((sign) => sign.charCodeAt(0) < 128)).toBe(true);
  });
});
