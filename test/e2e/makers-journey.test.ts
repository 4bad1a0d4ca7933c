import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CallbackReceiver, receiveCallbacks } from "../conformance/callback-receiver.ts";
import { newReferral } from "../conformance/running-service.ts";
import { type FlowConnection, ImportedConnector } from "./power-platform.ts";

/*
 * A maker's day, on real processes: a sandbox, a gateway in front of it, the exported package. The
 * platform imports the package, makes a connection, runs each action and turns each trigger on.
 */

const main = new URL("../../src/cli/main.ts", import.meta.url).pathname;
const node = ["--disable-warning=ExperimentalWarning", main];
const folder = mkdtempSync(join(tmpdir(), "makers-journey-"));
const sandboxFolder = join(folder, "sandbox");
const gatewayFolder = join(folder, "gateway");
const packageFolder = join(folder, "package");
const running: ChildProcess[] = [];

/** Starts a command that prints one line of JSON when it is ready. */
async function start(...words: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const child = spawn(process.execPath, [...node, ...words, "--json", "--port", "0"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  running.push(child);
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line);
  throw new Error(`${words[0]} said nothing`);
}

const run = (...words: readonly string[]) =>
  new Promise<string>((resolve, reject) => {
    execFile(process.execPath, [...node, ...words], (error, out, err) =>
      error ? reject(new Error(err)) : resolve(out),
    );
  });

let receiver: CallbackReceiver;
let connector: ImportedConnector;
let connection: FlowConnection;

beforeAll(async () => {
  receiver = await receiveCallbacks();
  await start("sandbox", "--data", sandboxFolder, "--seed", "5");
  const poll = ["--poll", "1", "--log", "silent"];
  const gateway = await start(
    "gateway",
    "--data",
    gatewayFolder,
    "--sandbox",
    sandboxFolder,
    ...poll,
  );
  const { host } = new URL(gateway.baseUrl ?? "");
  const wanted = ["--edition", "current", "--profile", "gateway", "--host", host, "--insecure"];
  await run("connector", "export", "--out", packageFolder, ...wanted);
  connector = await ImportedConnector.import(packageFolder, gateway.clientSecret ?? "");
});
afterAll(async () => {
  await receiver.close();
  for (const child of running.reverse()) {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** Signs in as the first account that the sandbox's page offers. */
async function person(page: string): Promise<string> {
  const html = await (await fetch(page)).text();
  const userId = /name="user_id" value="([^"]+)"/.exec(html)?.[1] ?? "";
  const url = new URL(page);
  const form = { ...Object.fromEntries(url.searchParams), user_id: userId, mfa: "1" };
  const body = new URLSearchParams({ ...form, decision: "accept" });
  const answer = await fetch(`${url.origin}${url.pathname}`, {
    method: "POST",
    body,
    redirect: "manual",
  });
  return answer.headers.get("location") ?? "";
}

test("the designer offers the seven actions and the three triggers", () => {
  expect(connector.definition.info.title).toBe("Partner Center Referrals");
  expect(connector.offers("actions").toSorted()).toEqual([
    "Create a referral",
    "Create a referral deal registration",
    "Get a referral by Id",
    "Get all referrals",
    "Update a referral by Id (deprecated)",
    "Update deal registration in a referral by Id",
    "Update specific fields in a referral by Id",
  ]);
  expect(connector.offers("triggers")).toEqual([
    "When a referral is created",
    "When a referral is updated",
    "When a referral needs an answer",
  ]);
});

test("a person signs in, and the platform has a connection that it can renew", async () => {
  connection = await connector.connect(person);
  await connection.renew();
  expect((await connection.run("GetAllReferrals", { $top: 1 })).status).toBe(200);
});

test("each action does what it says", async () => {
  const trace = { "MS-CorrelationId": "makers-journey" };
  const created = await connection.run("CreateReferral", {
    Referral: newReferral({ name: "Made in a flow", type: "Shared" }),
    ...trace,
  });
  expect([created.status, created.body.name]).toEqual([200, "Made in a flow"]);
  expect(created.headers.get("ms-correlationid")).toBe("makers-journey");
  const { id } = created.body;

  const patched = await connection.run("PatchReferralById", {
    id,
    Referral: [{ op: "replace", path: "/details/notes", value: "Patched in a flow" }],
  });
  expect(patched.status).toBe(204);

  const read = await connection.run("GetReferralById", { id });
  expect(read.body.details.notes).toBe("Patched in a flow");

  const updated = await connection.run("UpdateReferralById", {
    id,
    "if-match": read.body.eTag,
    odataReferral: { ...read.body, name: "Renamed in a flow" },
  });
  expect(updated.body.name).toBe("Renamed in a flow");

  await connection.run("CreateDealRegistrationByReferralId", {
    id,
    Referral: [
      {
        op: "add",
        path: "/registrations/-",
        value: { type: "AzureIPCoSell", contract: { value: 5, currency: "USD" } },
      },
    ],
  });
  await connection.run("PatchDealRegistrationByReferralId", {
    id,
    Referral: [{ op: "replace", path: "/registrations/0/contract/value", value: 7 }],
  });

  const all = await connection.run("GetAllReferrals", {
    $filter: "name eq 'Renamed in a flow'",
    $count: true,
  });
  expect(all.body["@odata.count"]).toBe(1);
  expect(all.body.value[0].registrations[0].contract.value).toBe(7);
});

test("each trigger starts its flow, until the flow is turned off", async () => {
  const flows = [
    await connection.turnOn("WhenReferralIsCreated", `${receiver.url}/created`),
    await connection.turnOn("WhenReferralIsUpdated", `${receiver.url}/updated`),
    await connection.turnOn("WhenReferralNeedsAnswer", `${receiver.url}/waiting`, {
      daysBefore: 14,
    }),
  ];
  for (const { content } of flows) expect(content).toBeDefined();

  const Referral = newReferral({ name: "Announced" });
  const { id } = (await connection.run("CreateReferral", { Referral })).body;
  const [created] = await receiver.until(1, "/created");
  expect(JSON.parse(created?.text ?? "{}")).toMatchObject({ id, name: "Announced" });

  const note = [{ op: "replace", path: "/details/notes", value: "Changed" }];
  await connection.run("PatchReferralById", { id, Referral: note });
  const [updated] = await receiver.until(1, "/updated");
  expect(JSON.parse(updated?.text ?? "{}").details.notes).toBe("Changed");

  await run("sandbox", "send", "--data", sandboxFolder);
  const [waiting] = await receiver.until(1, "/waiting");
  expect(JSON.parse(waiting?.text ?? "{}").status).toBe("New");

  for (const flow of flows) await flow.turnOff();
  for (const flow of flows) await expect(flow.turnOff()).rejects.toThrow("404");
});

test("the operator sees the connection, and can end it", async () => {
  const overview = JSON.parse(
    await run("gateway", "connections", "--data", gatewayFolder, "--json"),
  );
  expect(overview.connections).toEqual([expect.objectContaining({ state: "healthy" })]);
  await run("gateway", "revoke", overview.connections[0].id, "--data", gatewayFolder);
  const { status } = await connection.run("GetAllReferrals", { $top: 1 });
  expect(status).toBe(401);
});

test("a new client secret ends the old one", async () => {
  const secret = (await run("gateway", "new-secret", "--data", gatewayFolder)).trim();
  await expect(connector.connect(person)).rejects.toThrow("invalid_client");
  const again = await ImportedConnector.import(packageFolder, secret);
  const fresh = await again.connect(person);
  expect((await fresh.run("GetAllReferrals", { $top: 1 })).status).toBe(200);
});
