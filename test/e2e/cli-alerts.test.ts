import { createHmac } from "node:crypto";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SMTPServer } from "smtp-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import type { DealPage } from "../../src/contract/index.ts";
import { command, type OutsideWorld, type Spoken, startOutsideWorld } from "./commands.ts";
import { eventually, type RunningProcess, startProcess } from "./processes.ts";

/** Real receivers on loopback: a mail server that demands a password, and an HTTP server. */
interface Delivery {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const folder = mkdtempSync(join(tmpdir(), "cli-alerts-"));
const deliveries: Delivery[] = [];
const mails: string[] = [];
const secret = "a shared secret";
let httpServer: Server;
let mailServer: SMTPServer;
let world: OutsideWorld;
let sync: RunningProcess | undefined;
let hookUrl = "";

const run = (...args: readonly string[]): Promise<Spoken> => command(args, { cwd: folder });
const to = (path: string): Delivery[] => deliveries.filter((delivery) => delivery.path === path);

async function listenHttp(): Promise<string> {
  httpServer = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      deliveries.push({ path: request.url ?? "", headers: request.headers, body });
      response.writeHead(request.url === "/broken" ? 503 : 202).end("thanks");
    });
  });
  await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}`;
}

async function listenMail(): Promise<number> {
  mailServer = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    hideSTARTTLS: true,
    onAuth: ({ username, password }, _session, callback) => {
      const isRight = username === "sync" && password === "mail-password";
      callback(isRight ? null : new Error("wrong password"), { user: username });
    },
    onData: (stream, _session, callback) => {
      let mail = "";
      stream.on("data", (chunk) => {
        mail += chunk;
      });
      stream.on("end", () => {
        mails.push(mail);
        callback();
      });
    },
  });
  await new Promise<void>((resolve) => mailServer.listen(0, "127.0.0.1", () => resolve()));
  return (mailServer.server.address() as AddressInfo).port;
}

beforeAll(async () => {
  world = await startOutsideWorld({ referrals: 6, deals: 10 });
  hookUrl = await listenHttp();
  const port = await listenMail();
  expect((await run("init", "--yes", ...world.initFlags)).code).toBe(0);
  const path = join(folder, "referrals.config.yaml");
  const [before = ""] = readFileSync(path, "utf8").split(/^alerts:/m);
  const alerts = {
    groupSeconds: 1,
    pageUrl: "https://sync.contoso.example",
    to: [
      { kind: "teams", url: `${hookUrl}/teams` },
      { kind: "slack", url: `${hookUrl}/slack` },
      {
        kind: "email",
        smtp: `smtp://sync:mail-password@127.0.0.1:${port}`,
        from: "sync@contoso.example",
        to: ["sales@contoso.example"],
      },
      { kind: "webhook", url: `${hookUrl}/hook`, secret },
      { kind: "webhook", name: "deaf", url: `${hookUrl}/expiring-only`, about: ["expiring"] },
    ],
  };
  writeFileSync(path, before.replace("approval: by-hand", "approval: automatic"));
  appendFileSync(path, stringify({ alerts }));
}, 60_000);
afterAll(async () => {
  await sync?.kill();
  await world?.close();
  httpServer?.close();
  mailServer?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("alerts test reaches Teams, Slack, mail and a webhook", async () => {
  const { stdout, code } = await run("alerts", "test");
  expect(stdout.match(/delivered/g)).toHaveLength(5);
  expect(code).toBe(0);
  const [card] = to("/teams").map(({ body }) => JSON.parse(body));
  expect(card.attachments[0].contentType).toBe("application/vnd.microsoft.card.adaptive");
  expect(JSON.parse(to("/slack")[0]?.body ?? "{}").text).toContain("Test: alerts");
  expect(mails[0]).toContain("To: sales@contoso.example");
  expect(mails[0]).toContain("Subject: [staging] Test: alerts from partner-referrals arrive");
});

test("a generic webhook is signed over time and body", () => {
  const [hook] = to("/hook");
  const { headers, body } = hook ?? { headers: {} as IncomingHttpHeaders, body: "" };
  const at = headers["x-referrals-timestamp"];
  const digest = createHmac("sha256", secret).update(`${at}.${body}`).digest("hex");
  expect(headers["x-referrals-signature"]).toBe(`sha256=${digest}`);
});

test("a receiver that refuses is named with what it said, and the exit code tells", async () => {
  const path = join(folder, "referrals.config.yaml");
  const good = readFileSync(path, "utf8");
  writeFileSync(path, good.replace(`${hookUrl}/hook`, `${hookUrl}/broken`));
  const { stdout, code } = await run("alerts", "test", "--to", "webhook 4");
  expect(stdout).toContain("webhook 4: the receiver answered 503: thanks");
  expect(code).toBe(1);
  writeFileSync(path, good);
});

test("a conflict in a running sync reaches all who want to hear of it, once, with its link", async () => {
  sync = await startProcess(["start", "--config", join(folder, "referrals.config.yaml")]);
  const inStep = async () => {
    const { stdout } = await run("status", "--deals", "in-step", "--json");
    return (JSON.parse(stdout) as DealPage).deals;
  };
  const { answer } = await eventually(inStep, (deals) => deals.length > 0, 40_000);
  const [deal] = answer;
  const before = { mails: mails.length, teams: to("/teams").length };
  await run("pause", "--all");
  await world.editDeal(deal?.crm?.id ?? "", { description: "Call them on Monday" });
  await world.editReferral(deal?.referral?.id ?? "", { details: { notes: "They want a demo" } });
  await run("resume", "--all");
  await run("sync", "--once");
  await eventually(
    async () => mails.length - before.mails,
    (arrived) => arrived === 1,
    40_000,
  );
  const link = `https://sync.contoso.example/deals/${deal?.id}`;
  const plainMail = mails.at(-1)?.replace(/=\r\n/g, "").replace(/=3D/g, "=") ?? "";
  expect(plainMail).toContain(link);
  expect(to("/teams").at(-1)?.body).toContain(link);
  expect(to("/slack").at(-1)?.body).toContain(link);
  expect(JSON.parse(to("/hook").at(-1)?.body ?? "{}").sections[0].kind).toBe("conflict");
  expect(to("/teams")).toHaveLength(before.teams + 1);
  expect(to("/expiring-only")).toHaveLength(1);
  const listed = await run("alerts");
  expect(listed.code).toBe(2);
  expect(listed.stdout).toContain("The CRM says Call them on Monday");
}, 120_000);

test("after a restart nobody is told the same again", async () => {
  const told = mails.length;
  await sync?.stop();
  sync = await startProcess(["start", "--config", join(folder, "referrals.config.yaml")]);
  await new Promise((resolve) => setTimeout(resolve, 13_000));
  expect(mails).toHaveLength(told);
}, 60_000);
