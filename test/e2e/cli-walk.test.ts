import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DealDetail, DealPage, Question } from "../../src/contract/index.ts";
import {
  command,
  type OutsideWorld,
  openDeals,
  type Spoken,
  startOutsideWorld,
} from "./commands.ts";
import { eventually, type RunningProcess, startProcess } from "./processes.ts";

/** One operator's way from nothing to a decision, each step by the command that a person types. */
const folder = mkdtempSync(join(tmpdir(), "cli-walk-"));
const patienceMs = 40_000;
let world: OutsideWorld;
let sync: RunningProcess | undefined;

const run = (...args: readonly string[]): Promise<Spoken> => command(args, { cwd: folder });
async function json<T>(...args: readonly string[]): Promise<T> {
  const { stdout, stderr } = await run(...args, "--json");
  expect(stderr).toBe("");
  return JSON.parse(stdout) as T;
}
const deals = async (state: string) => (await json<DealPage>("status", "--deals", state)).deals;

beforeAll(async () => {
  world = await startOutsideWorld({ referrals: 12, deals: 15 });
}, 60_000);
afterAll(async () => {
  await sync?.kill();
  await world?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("a command without a configuration says how to get one", async () => {
  const { code, stderr } = await run("status");
  expect(code).toBe(1);
  expect(stderr).toContain("Nothing is configured here yet.");
  expect(stderr).toContain("→ Write a configuration with `referrals init`");
});

test("init writes a commented configuration, a fitted mapping, and secrets apart", async () => {
  const { code, stdout } = await run("init", "--yes", ...world.initFlags);
  expect(stdout).toContain("referrals doctor");
  expect(code).toBe(0);
  const config = readFileSync(join(folder, "referrals.config.yaml"), "utf8");
  expect(config).toContain("# by-hand: the first run writes nothing");
  expect(config).toMatch(/token: \$\{CRM_TOKEN\}/);
  expect(readFileSync(join(folder, "mapping.yaml"), "utf8")).toContain("#   open/1  In Progress");
  expect(statSync(join(folder, "referrals.env")).mode & 0o077).toBe(0);
  const again = await run("init", "--yes", ...world.initFlags);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain("There is a configuration already.");
});

test("sign-in by device code stores a person's consent that the doctor then finds", async () => {
  const onOutput = (said: string): void => world.enterCodeOf(said);
  const signedIn = await command(["sign-in", "--json"], { cwd: folder, onOutput });
  expect(signedIn.code).toBe(0);
  const { code, stdout } = await run("doctor");
  expect(stdout).toContain("✓ signed in as alex.admin@");
  expect(stdout).toContain("multifactor authentication was done");
  expect(stdout).toContain("✓ everything that the mapping uses is there");
  expect(stdout).toMatch(/✓ 21 fields, 18 both ways/);
  expect(code).toBe(0);
}, 40_000);

test("plan counts what the first run would do, writes a report, and writes nothing", async () => {
  const { stdout, code } = await run("plan", "--html", "plan.html");
  expect(stdout).toMatch(/Partner Center → CRM +\d+/);
  expect(stdout).toMatch(/CRM → Partner Center +8/);
  expect(stdout).toContain("Nothing was written.");
  expect(stdout).toContain("→ referrals approve");
  expect(code).toBe(0);
  const report = readFileSync(join(folder, "plan.html"), "utf8");
  expect(report).toContain("What the next run would do");
  expect(report).toContain("create in Partner Center");
  const status = await json<{ byState: Record<string, number> }>("status");
  expect(status.byState["in-step"] ?? 0).toBe(0);
});

test("approve asks a person unless told --yes, and sync --once then does what was planned", async () => {
  const asked = await run("approve");
  expect(asked.code).toBe(1);
  expect(asked.stderr).toContain("Say --yes");
  const { summary } = await json<{
    summary: { to: Record<"crm" | "referral", { create: number; update: number; close: number }> };
  }>("plan");
  expect((await run("approve", "--yes")).code).toBe(0);
  const outcome = await json<{
    created: Record<string, number>;
    written: Record<string, number>;
    isWhole: boolean;
  }>("sync", "--once");
  expect(outcome.isWhole).toBe(true);
  expect(outcome.created).toMatchObject({
    crm: summary.to.crm.create,
    referral: summary.to.referral.create,
  });
  expect(outcome.written).toEqual({
    crm: summary.to.crm.update + summary.to.crm.close,
    referral: summary.to.referral.update + summary.to.referral.close,
  });
  expect((await json<{ writes: unknown[] }>("plan")).writes).toEqual([]);
}, 40_000);

test("test-mapping shows both ends of a real record", async () => {
  const [deal] = await deals("in-step");
  const { stdout, code } = await run("test-mapping", deal?.crm?.id ?? "");
  expect(stdout).toMatch(/✓ +Country +\w.* → +[A-Z]{2}\s*$/m);
  expect(stdout).toContain("Nothing was written.");
  expect(code).toBe(0);
});

test("beside a running process the same commands speak to it; a second process is refused", async () => {
  sync = await startProcess(["start", "--config", join(folder, "referrals.config.yaml")]);
  const status = await json<{ isRunning: boolean }>("status");
  expect(status.isRunning).toBe(true);
  const second = await run("start");
  expect(second.code).toBe(1);
  expect(second.stderr).toContain("already runs on this data");
  const mistyped = await run("status", "--deals", "in-stp");
  expect([mistyped.code, mistyped.stderr]).toEqual([64, expect.stringContaining("in-step")]);
}, 30_000);

/** The deal that both sides disagreed about. */
let disputed = "";

test("a conflict is listed with three values, and resolved as a person says", async () => {
  const [deal] = await openDeals(folder);
  const [id, record, referral] = [deal?.id ?? "", deal?.crm?.id ?? "", deal?.referral?.id ?? ""];
  disputed = id;
  await run("pause", "--all");
  await world.editDeal(record, { description: "Call them on Monday" });
  await world.editReferral(referral, { details: { notes: "They want a demo" } });
  await run("resume", "--all");
  await run("sync", "--once");
  const { answer } = await eventually(
    () => json<{ questions: readonly Question[] }>("conflicts"),
    ({ questions }) => questions.length === 1,
    patienceMs,
  );
  const listed = await run("conflicts");
  expect(listed.code).toBe(2);
  expect(listed.stdout).toMatch(/CRM now +Call them on Monday/);
  expect(listed.stdout).toMatch(/Partner Center now +They want a demo/);
  const short = (answer.questions[0]?.id ?? "").replace("conflict:", "");
  const resolved = await run("conflicts", "resolve", short, "--crm");
  expect(resolved.stdout).toContain("1 question answered");
  const notes = async () =>
    (await json<DealDetail>("show", id)).fields.find(({ name }) => name === "notes")?.referral;
  await eventually(notes, (value) => value === "Call them on Monday", patienceMs);
}, 60_000);

test("undo writes the old value back, and resume lets the field flow again", async () => {
  const { events } = await json<{
    events: readonly { sequence: number; kind: string; pairId: string }[];
  }>("history");
  const wrote = events.findLast(({ kind, pairId }) => kind === "wrote" && pairId === disputed);
  const undone = await run("undo", `${wrote?.sequence}`, "--yes");
  expect(undone.stdout).toContain("The old value is written back");
  const shown = async () => (await run("show", disputed)).stdout;
  await eventually(shown, (text) => /undone in Partner Center/.test(text), patienceMs);
  const notes = async () =>
    (await json<DealDetail>("show", disputed)).fields.find(({ name }) => name === "notes");
  await eventually(notes, (field) => field?.referral === "They want a demo", patienceMs);
  expect((await notes())?.state).toBe("parked");
  const resumed = await run("resume", disputed, "--field", "notes");
  expect(resumed.stdout).toContain("Resumed: Description");
}, 60_000);

test("pause of a deal stops it alone; wrong scopes are told apart", async () => {
  const [deal] = await deals("in-step");
  const paused = await run("pause", deal?.id ?? "");
  expect(paused.stdout).toContain("Paused:");
  expect((await deals("paused")).map(({ id }) => id)).toEqual([deal?.id]);
  await run("resume", deal?.id ?? "");
  expect((await run("pause")).stderr).toContain("give --all");
  const field = await run("pause", deal?.id ?? "", "--field", "nonsense");
  expect(field.stderr).toContain("Use one of name,");
}, 30_000);

test("dead-letters says that there are none, and webhooks who has the events", async () => {
  const letters = await run("dead-letters");
  expect(letters.stdout).toContain("No dead letters.");
  expect(letters.code).toBe(0);
  const replayed = await run("dead-letters", "replay", "--all");
  expect(replayed.stdout).toContain("There was nothing to replay.");
  const webhooks = await run("webhooks");
  expect(webhooks.stdout).toMatch(/referral-updated +nobody/);
});

test("a value that can't be carried over is listed by its cause, explained, and gone once mended", async () => {
  const [deal] = await openDeals(folder);
  const [id, referral] = [deal?.id ?? "", deal?.referral?.id ?? ""];
  const { currency } = deal?.referral?.values ?? {};
  await world.editReferral(referral, { details: { currency: "XTS" } });
  await run("sync", "--once");
  const groups = async () =>
    (await json<{ groups: readonly { deals: readonly { id: string }[] }[] }>("dead-letters"))
      .groups;
  await eventually(groups, (found) => found.some((group) => group.deals[0]?.id === id), patienceMs);
  const explained = await run("dead-letters", "explain", id);
  expect(explained.code).toBe(2);
  expect(explained.stdout).toContain("is not a code of ISO 4217");
  expect(explained.stdout).toContain("→ choose a currency with its three-letter code");
  await world.editReferral(referral, { details: { currency } });
  await run("sync", "--once");
  await run("dead-letters", "replay", id);
  await eventually(groups, (found) => found.length === 0, patienceMs);
}, 60_000);

test("it stops cleanly when asked", async () => {
  expect(await sync?.stop()).toBe(0);
});
