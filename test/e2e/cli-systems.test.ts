import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import type { DealDetail, ProblemGroup } from "../../src/contract/index.ts";
import { command, type OutsideWorld, type Spoken, startOutsideWorld } from "./commands.ts";
import { freePort } from "./processes.ts";

/** Commands by which an operator looks at the two systems themselves and mends what they refuse. */
const folder = mkdtempSync(join(tmpdir(), "cli-systems-"));
const path = join(folder, "referrals.config.yaml");
let world: OutsideWorld;

const run = (...args: readonly string[]): Promise<Spoken> => command(args, { cwd: folder });
async function json<T>(...args: readonly string[]): Promise<T> {
  return JSON.parse((await run(...args, "--json")).stdout) as T;
}

/** Lets webhooks come to this address, as the configuration of a process behind it says. */
function hearAt(publicUrl: string): void {
  const config = parse(readFileSync(path, "utf8"));
  const registrationUrl = `${world.baseUrl}/webhooks/v1/registration`;
  config.partnerCenter.webhook = { publicUrl, registrationUrl };
  writeFileSync(path, stringify(config));
}

beforeAll(async () => {
  world = await startOutsideWorld({ referrals: 3, deals: 3 });
  expect((await run("init", "--yes", ...world.initFlags)).code).toBe(0);
}, 120_000);
afterAll(async () => {
  await world?.close();
  rmSync(folder, { recursive: true, force: true });
});

type Section = "crm" | "partnerCenter" | "server";
type Config = Readonly<Record<Section, Record<string, unknown>>>;

/** The configuration with a change, under another name. */
function configured(name: string, change: (config: Config) => void): string {
  const config = parse(readFileSync(path, "utf8"));
  change(config);
  writeFileSync(join(folder, name), stringify(config));
  return name;
}

test("a system that can't be reached is named by every command, and the doctor is called", async () => {
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const referralsUrl = `${nowhere}/v1.0/engagements/referrals`;
  const broken: readonly (readonly [string, (config: Config) => void])[] = [
    ["Dataverse", ({ crm }) => Object.assign(crm, { url: nowhere })],
    ["Partner Center", ({ partnerCenter }) => Object.assign(partnerCenter, { referralsUrl })],
    [
      "Partner Center's sign-in",
      ({ partnerCenter }) => Object.assign(partnerCenter, { authority: `${nowhere}/tenant` }),
    ],
  ];
  for (const [system, breakIt] of broken) {
    const name = configured("broken.yaml", breakIt);
    for (const words of [["plan"], ["sync", "--once"]]) {
      const { code, stderr } = await run(...words, "--config", name);
      expect(stderr).toContain(`✗ ${system} could not be reached: no answer from 127.0.0.1:`);
      expect(stderr).toContain("→ Look for the cause: referrals doctor");
      expect(code).toBe(1);
    }
  }
}, 120_000);

test("after the demonstration in the same folder, the sync's own data lie apart, and its ledger is refused", async () => {
  const tried = mkdtempSync(join(tmpdir(), "cli-tried-"));
  mkdirSync(join(tried, "data"));
  writeFileSync(join(tried, "data", "referrals.sqlite"), "");
  const there = (...args: readonly string[]): Promise<Spoken> => command(args, { cwd: tried });
  expect((await there("init", "--yes", ...world.initFlags)).code).toBe(0);
  const config = join(tried, "referrals.config.yaml");
  expect(parse(readFileSync(config, "utf8")).data).toBe("./ledger");
  const mixed = readFileSync(config, "utf8").replace("./ledger", "./data");
  writeFileSync(config, mixed);
  for (const words of [["status"], ["start", "--port", "0"]]) {
    const { code, stderr } = await there(...words);
    expect(stderr).toContain("✗ The demonstration or a sandbox has its data in this folder.");
    expect(stderr).toContain("→ Name another folder as `data` in the configuration");
    expect(code).toBe(1);
  }
  rmSync(tried, { recursive: true });
}, 60_000);

test("a start whose port is taken says so and ends", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const name = configured("taken.yaml", ({ server }) => Object.assign(server, { port }));
  const { code, stderr } = await run("start", "--config", name);
  other.close();
  expect(stderr).toContain(`✗ The port is already in use.\n  where: port ${port}\n`);
  expect(code).toBe(1);
}, 60_000);

interface Field {
  readonly name: string;
  readonly type: string;
}

test("crm fields lists the fields of a deal as a mapping names them", async () => {
  const { fields } = await json<{ fields: readonly Field[] }>("crm", "fields");
  const typeOf = (wanted: string) => fields.find(({ name }) => name === wanted)?.type;
  expect(["estimatedvalue", "pr_referralid"].map(typeOf)).toEqual(["Money", "String"]);
  const { stdout, code } = await run("crm", "fields");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^field +type +label$/m);
  for (const { name, type } of fields) expect(stdout).toMatch(new RegExp(`^${name} +${type}`, "m"));
}, 30_000);

interface TakeOver {
  readonly outcome: string;
  readonly silenced?: { readonly address: string; readonly events: readonly string[] };
  readonly events: readonly string[];
}

test("webhooks take-over asks before it silences another tool, and says whom it silenced", async () => {
  const unset = await run("webhooks", "take-over", "--yes");
  expect([unset.code, unset.stderr]).toEqual([1, expect.stringContaining("publicUrl")]);
  hearAt("https://flow.contoso.example");
  const first = await json<TakeOver>("webhooks", "take-over", "--yes");
  expect(first.events).toContain("referral-updated");
  expect(first.silenced).toBeUndefined();

  hearAt("https://sync.contoso.example");
  const before = await run("webhooks");
  expect(before.stdout).toMatch(/! +referral-updated +https:\/\/flow\.contoso\.example/);
  const asked = await run("webhooks", "take-over");
  expect(asked.code).toBe(1);
  expect(asked.stderr).toContain("it will hear nothing more. Take over?");
  expect((await run("webhooks")).stdout).toContain("https://flow.contoso.example");

  const wrong = await run("webhooks", "take-over", "--event", "referral-upset", "--yes");
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("referral-updated")]);
  const taken = await run("webhooks", "take-over", "--yes");
  expect(taken.code).toBe(0);
  expect(taken.stdout).toMatch(/! https:\/\/flow\.contoso\.example\S* hears nothing more/);
  expect((await run("webhooks")).stdout).toMatch(
    /✓ +referral-updated +https:\/\/sync\.contoso\.example\S* \(this sync\)/,
  );
}, 120_000);

test("dead-letters replay --code tries those of one cause again, and no others", async () => {
  const address = { addressLine1: "1 Hay Lane", city: "Spokane", postalCode: "99201" };
  const customer = { name: "Two Barns", address: { ...address, country: "US" }, team: [] };
  const account = { name: "Two Barns", address1_postalcode: "99201", address1_country: "US" };
  for (const _ of [1, 2]) await world.callCrm("POST", "accounts", account);
  const lead = await world.sendLead({ name: "A roof", customerProfile: customer });
  await run("approve", "--yes");
  await run("sync", "--once");
  const groups = async () =>
    (await json<{ groups: readonly ProblemGroup[] }>("dead-letters")).groups;
  expect(await groups()).toMatchObject([{ kind: "stopped", code: "invalid" }]);

  const other = await run("dead-letters", "replay", "--code", "accessDenied");
  expect(other.stdout).toContain("There was nothing to replay.");
  const filter = encodeURIComponent("name eq 'Two Barns'");
  const { value } = JSON.parse(await world.callCrm("GET", `accounts?$filter=${filter}`));
  await world.callCrm("DELETE", `accounts(${value[0].accountid})`);
  const replayed = await run("dead-letters", "replay", "--code", "invalid");
  expect(replayed.stdout).toContain("1 deal will be tried again.");
  expect(replayed.code).toBe(0);
  await run("sync", "--once");
  expect(await groups()).toEqual([]);
  const deal = await json<DealDetail>("show", lead);
  const record = JSON.parse(await world.callCrm("GET", `opportunities(${deal.crm?.id})`));
  expect(record.name).toBe("A roof");
}, 120_000);
