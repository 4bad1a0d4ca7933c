import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DealDetail } from "../../src/contract/index.ts";
import {
  command,
  type OutsideWorld,
  openDeals,
  type Spoken,
  startOutsideWorld,
} from "./commands.ts";
import { eventually } from "./processes.ts";

/** Files of deals and of the ledger, by commands that have the data for themselves. */
const folder = mkdtempSync(join(tmpdir(), "cli-data-"));
const file = (name: string): string => join(folder, name);
const read = (name: string): string => readFileSync(file(name), "utf8");
let world: OutsideWorld;

const run = (...args: readonly string[]): Promise<Spoken> => command(args, { cwd: folder });
async function json<T>(...args: readonly string[]): Promise<T> {
  return JSON.parse((await run(...args, "--json")).stdout) as T;
}
const idsOfOpenDeals = async () => (await openDeals(folder)).map(({ id }) => id);
/** How many deals of the CRM have a referral. */
async function linkedDeals(): Promise<number> {
  const filter = encodeURIComponent("pr_referralid ne null");
  const path = `opportunities?$select=opportunityid&$filter=${filter}`;
  return JSON.parse(await world.callCrm("GET", path)).value.length;
}
const dealValueOf = async (id: string): Promise<unknown> =>
  (await json<DealDetail>("show", id)).fields.find(({ name }) => name === "dealValue")?.referral;

beforeAll(async () => {
  world = await startOutsideWorld({ referrals: 8, deals: 40 });
  expect(await run("init", "--yes", ...world.initFlags)).toMatchObject({ code: 0, stderr: "" });
}, 60_000);
afterAll(async () => {
  await world?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("Ctrl+C ends a first sync in its middle at once, and the next one goes on", async () => {
  await run("approve", "--yes");
  // Half a second and more for each of some thirty calls.
  await world.setFaults({ latency: 1, latencyMinMs: 700, latencyMaxMs: 700 });
  const child = { stop: (_signal: NodeJS.Signals): void => {} };
  const running = command(["sync", "--once"], {
    cwd: folder,
    onStart: (stop) => {
      child.stop = stop;
    },
  });
  await eventually(linkedDeals, (linked) => linked > 0, 60_000);
  const askedAt = performance.now();
  child.stop("SIGINT");
  const stopped = await running;
  expect(stopped.code).toBe(130);
  expect(performance.now() - askedAt).toBeLessThan(8_000);
  expect(stopped.stdout).toContain("left; run it again to go on");
  await world.setFaults({});
  const whole = await json<{ isWhole: boolean }>("sync", "--once");
  expect(whole.isWhole).toBe(true);
  expect((await json<{ writes: unknown[] }>("plan")).writes).toEqual([]);
}, 120_000);

test("an exported file holds every deal with all mapped fields, in CSV as in JSON", async () => {
  expect((await run("export", "deals.csv")).code).toBe(0);
  expect((await run("export", "deals.json")).code).toBe(0);
  const rows = JSON.parse(read("deals.json")) as Record<string, unknown>[];
  const { deals } = await json<{ deals: number }>("status");
  expect(rows).toHaveLength(deals);
  const [header = ""] = read("deals.csv").replace("\ufeff", "").split("\r\n");
  expect(header.split(",")).toEqual(Object.keys(rows[0] ?? {}));
  const again = await run("export", "deals.csv");
  expect(again.stderr).toContain("The file is there already.");
}, 60_000);

test("an export that was stopped goes on where it was", async () => {
  const rows = JSON.parse(read("deals.json")) as { id: string }[];
  writeFileSync(
    file("resumed.json.partial"),
    rows
      .slice(0, 5)
      .map((row) => `${JSON.stringify({ ...row, title: "from before" })}\n`)
      .join(""),
  );
  const { resumed } = await json<{ resumed: number }>("export", "resumed.json");
  expect(resumed).toBe(5);
  const written = JSON.parse(read("resumed.json")) as { id: string; title: string }[];
  expect(written.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
  expect(written.filter(({ title }) => title === "from before")).toHaveLength(5);
  expect(existsSync(file("resumed.json.partial"))).toBe(false);
}, 60_000);

test("import carries edited cells through the engine; a bad row is told with its line and stops nothing", async () => {
  const [first, second] = await idsOfOpenDeals();
  const rows = [
    "id,dealValue,notes",
    `${first},71000,`,
    `${second},many,`,
    "no-such-deal,1,",
    ",1,",
    `${second},72000,"Two lines,\nand a comma"`,
  ];
  writeFileSync(file("edits.csv"), rows.join("\n"));
  const dry = await run("import", "edits.csv", "--dry-run");
  expect(dry.stdout).toContain("Nothing was written.");
  expect(await dealValueOf(first ?? "")).not.toBe(71_000);
  const { stdout, code } = await run("import", "edits.csv");
  expect(code).toBe(2);
  expect(stdout).toContain('line 3: dealValue: "many" is no such value');
  expect(stdout).toContain("line 4: No deal has this id.");
  expect(stdout).toContain("line 5: the row names no deal");
  expect(read("edits.errors.csv")).toContain("no-such-deal");
  await run("sync", "--once");
  expect(await dealValueOf(first ?? "")).toBe(71_000);
  expect(await dealValueOf(second ?? "")).toBe(72_000);
}, 90_000);

test("an import that is run again does only what it hadn't done", async () => {
  const again = await run("import", "edits.csv");
  expect(again.stdout).toContain("2 rows were done before");
  const mended = read("edits.csv").replace("many", "73000").replace("no-such-deal,1,\n,1,\n", "");
  writeFileSync(file("edits.csv"), mended);
  const whole = await run("import", "edits.csv");
  expect(whole.code).toBe(0);
  expect(existsSync(file("edits.csv.progress"))).toBe(false);
  expect(existsSync(file("edits.errors.csv"))).toBe(false);
}, 60_000);

test("a restored ledger begins a new epoch and waits for a person's approval", async () => {
  expect((await run("backup", "ledger.sqlite")).code).toBe(0);
  const before = await json<{ epoch: number }>("status");
  const [id] = await idsOfOpenDeals();
  const record = (await json<DealDetail>("show", id ?? "")).crm?.id ?? "";
  await world.editDeal(record, { estimatedvalue: 81_250 });
  await run("sync", "--once");
  expect(await dealValueOf(id ?? "")).toBe(81_250);
  expect((await run("restore", "edits.csv", "--yes")).stderr).toContain("can't be restored");
  expect((await run("restore", "ledger.sqlite")).stderr).toContain("Say --yes");
  const restored = await json<{ epoch: number; kept: string }>("restore", "ledger.sqlite", "--yes");
  expect(restored.epoch).toBe(before.epoch + 1);
  expect(existsSync(restored.kept)).toBe(true);
  const status = await json<{ awaitsApproval?: string }>("status");
  expect(status.awaitsApproval).toBe("restored");
  expect((await run("approve", "--yes")).stdout).toContain("Approved.");
}, 120_000);
