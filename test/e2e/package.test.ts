import { execFileSync, spawn } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../checks.ts";

const folder = mkdtempSync(join(tmpdir(), "partner-referrals-package-"));
const stop: (() => void)[] = [() => rmSync(folder, { recursive: true, force: true })];
afterAll(() => {
  for (const step of stop.reverse()) step();
});

// npm runs on whatever `node` comes first: here the one that runs this test.
const environment = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };

function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, { cwd, env: environment, encoding: "utf8" });
}

interface SandboxLine {
  readonly referralsUrl: string;
  readonly tokenUrl: string;
  readonly clients: readonly { readonly clientId: string; readonly clientSecret: string }[];
}

/** Starts the installed command's sandbox and resolves to its first line. */
async function startSandbox(): Promise<SandboxLine> {
  const bin = join(folder, "node_modules/.bin/referrals");
  const args = ["sandbox", "--port", "0", "--data", join(folder, "data"), "--seed", "7", "--json"];
  const child = spawn(bin, args, {
    cwd: folder,
    env: environment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  stop.push(() => child.kill("SIGTERM"));
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line);
  throw new Error("the installed sandbox printed nothing");
}

const program = `
import { createClientSecretCredential, ReferralsClient } from "partner-referrals/client";
const { referralsUrl, tokenUrl, clients } = JSON.parse(process.argv[2]);
const [{ clientId, clientSecret }] = clients;
const authority = tokenUrl.replace("/oauth2/v2.0/token", "");
const credential = createClientSecretCredential({ authority, clientId, clientSecret });
const client = new ReferralsClient({ endpoint: referralsUrl, credential });
const names = [];
for await (const referral of client.listReferrals()) names.push(referral.customerProfile.name);
console.log(JSON.stringify(names));
`;

const leftOut = /^(?:node_modules|\.git|data|dist|artefacts)$/;

/**
 * A copy of the checkout: packing rewrites package.json for a moment, which other tests must not
 * see.
 */
function copyCheckout(): string {
  const copy = join(folder, "checkout");
  for (const name of readdirSync(root)) {
    if (!leftOut.test(name)) cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

beforeAll(() => {
  run("npm", ["pack", "--pack-destination", folder, "--loglevel=error"], copyCheckout());
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "no tarball";
  writeFileSync(join(folder, "package.json"), '{"name":"stranger","private":true,"type":"module"}');
  run("npm", ["install", `./${tarball}`, "--no-audit", "--no-fund", "--loglevel=error"], folder);
}, 240_000);

test("the packed package installs in an empty folder and its client lists the referrals of its sandbox", async () => {
  const line = await startSandbox();
  writeFileSync(join(folder, "list.mjs"), program);
  const names = JSON.parse(run("node", ["list.mjs", JSON.stringify(line)], folder));
  expect(names).toHaveLength(7);
  expect(names.every((name: unknown) => typeof name === "string" && name !== "")).toBe(true);
}, 60_000);

test("the installed command exports the connector package of the sources byte for byte, icon included", () => {
  const choices = ["--edition", "current", "--profile", "gateway", "--host", "g.example"];
  const exported = (program: string, args: readonly string[], out: string): string[] => {
    run(program, [...args, "connector", "export", "--out", join(folder, out), ...choices], folder);
    return readdirSync(join(folder, out)).sort();
  };
  const installed = exported(join(folder, "node_modules/.bin/referrals"), [], "installed");
  const fromSources = exported("node", [join(root, "src/cli/main.ts")], "sources");
  expect(installed).toEqual(fromSources);
  expect(installed).toContain("icon.png");
  for (const name of installed) {
    const there = readFileSync(join(folder, "installed", name));
    expect(there.equals(readFileSync(join(folder, "sources", name)))).toBe(true);
  }
}, 60_000);
