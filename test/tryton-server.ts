// A throw-away Tryton from Debian's packages, for tests: tryton-server, tryton-modules-party,
// tryton-modules-sale-opportunity and python3-psycopg2, with the companion module from this
// repository.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./checks.ts";

/**
 * The interpreter for which Debian's packages are installed; another one in the path doesn't see
 * them.
 */
const python = "/usr/bin/python3";
const adminPassword = "Weft-and-Warp 7";
const syncPassword = "Loom & Shuttle 9";
const imports = "import trytond.modules.sale_opportunity, psycopg2";

/** True where the packages are installed. In CI they must be: see .ci/run. */
export function hasTryton(): boolean {
  const found = spawnSync(python, ["-c", imports], { stdio: "ignore" }).status === 0;
  if (!found && process.env.CI) throw new Error("CI must install Tryton's packages");
  if (!found) process.stderr.write("Tryton tests are skipped: its Debian packages are missing\n");
  return found;
}

/** A running server with a company, an employee, and a user for the sync. */
export interface TestTryton {
  readonly url: string;
  /** The user as whom the sync signs in. */
  readonly user: string;
  readonly password: string;
  /** Calls a method of a model as the administrator, who is a person here. */
  call(method: string, ...parameters: unknown[]): Promise<unknown>;
  /** Signs a session off, as its timeout would. */
  endSession(authorization: string): Promise<void>;
  setPassword(password: string): Promise<void>;
  /** Moves a deal to a company that the user of the sync doesn't see, or back. */
  setHidden(dealId: number, isHidden: boolean): Promise<void>;
  /** Ends the server as a power failure would, and starts it again at the same address. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}

interface Place {
  readonly folder: string;
  readonly configuration: string;
  readonly database: string;
  readonly port: number;
  readonly environment: NodeJS.ProcessEnv;
}

function prepareFolder(databaseUrl: string, port: number): Place {
  const folder = mkdtempSync(join(tmpdir(), "referrals-tryton-"));
  const site = join(folder, "site");
  const info = join(site, "trytond_partner_referrals-6.0.0.dist-info");
  mkdirSync(info, { recursive: true });
  const module = join(root, "src/crm/tryton/module/partner_referrals");
  cpSync(module, join(site, "partner_referrals"), { recursive: true });
  writeFileSync(
    join(info, "METADATA"),
    "Metadata-Version: 2.1\nName: trytond_partner_referrals\nVersion: 6.0.0\n",
  );
  writeFileSync(
    join(info, "entry_points.txt"),
    "[trytond.modules]\npartner_referrals = partner_referrals\n",
  );
  writeFileSync(join(folder, "password"), adminPassword);
  const [, server = "", database = ""] =
    /^postgres(?:ql)?:\/\/(.*\/)([^/?]*)/.exec(databaseUrl) ?? [];
  const configuration = join(folder, "trytond.conf");
  const lines = [
    "[database]",
    `uri = postgresql://${server}`,
    `path = ${folder}`,
    "[web]",
    `listen = 127.0.0.1:${port}`,
  ];
  writeFileSync(configuration, `${lines.join("\n")}\n`);
  const environment = {
    ...process.env,
    PYTHONPATH: site,
    PYTHONDONTWRITEBYTECODE: "1",
    TRYTONPASSFILE: join(folder, "password"),
  };
  return { folder, configuration, database, port, environment };
}

async function run(place: Place, command: string, args: readonly string[]): Promise<void> {
  const log = openSync(join(place.folder, "admin.log"), "w");
  const all = ["-c", place.configuration, "-d", place.database, ...args];
  const child = spawn(python, [command, ...all], {
    env: place.environment,
    stdio: ["ignore", log, log],
  });
  const code = await new Promise((resolve) => child.once("exit", resolve));
  if (code === 0) return;
  const said = readFileSync(join(place.folder, "admin.log"), "utf8").slice(-2000);
  throw new Error(`${command} ended with ${code}: ${said}`);
}

function startServer({ configuration, database, environment, folder }: Place): ChildProcess {
  const log = openSync(join(folder, "server.log"), "a");
  return spawn(python, ["/usr/bin/trytond", "-c", configuration, "-d", database], {
    env: environment,
    stdio: ["ignore", log, log],
  });
}

const startLimitMs = 60_000;

async function untilAnswering(url: string): Promise<void> {
  const startedAt = Date.now();
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer) return;
    if (Date.now() - startedAt > startLimitMs) throw new Error("trytond doesn't answer");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function post(
  url: string,
  method: string,
  params: unknown[],
  authorization?: string,
): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...(authorization ? { authorization } : {}) },
    body: JSON.stringify({ id: 1, method, params }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method}: ${response.status} ${text}`);
  const { error, result } = JSON.parse(text) as { error?: unknown; result: unknown };
  if (error) throw new Error(`${method}: ${JSON.stringify(error)}`);
  return result;
}

async function signIn(url: string, user: string, password: string): Promise<string> {
  const found = (await post(url, "common.db.login", [user, { password }, "en"])) as unknown[];
  return `Session ${btoa(`${user}:${String(found[0])}:${String(found[1])}`)}`;
}

type Call = (method: string, ...parameters: unknown[]) => Promise<unknown>;

/** A company with a currency, countries, an employee, and a user for the sync. */
async function prepareCompany(call: Call, user: string, password: string): Promise<void> {
  const one = async (model: string, values: unknown): Promise<number> =>
    ((await call(`${model}.create`, [values])) as number[])[0] ?? 0;
  const rounding = { __class__: "Decimal", decimal: "0.01" };
  const euro = { name: "Euro", code: "EUR", symbol: "€", digits: 2, rounding };
  const currency = await one("currency.currency", euro);
  const countries = [
    { name: "Germany", code: "DE" },
    { name: "France", code: "FR" },
  ];
  await call("country.country.create", countries);
  const party = await one("party.party", { name: "Our company" });
  const company = await one("company.company", { party, currency });
  const otherParty = await one("party.party", { name: "Another company" });
  const other = await one("company.company", { party: otherParty, currency });
  const seller = await one("party.party", { name: "Sam Seller" });
  const employee = await one("company.employee", { party: seller, company });
  const groups = (await call("res.group.search", [])) as number[];
  const places = {
    companies: [["add", [company]]],
    company,
    employees: [["add", [employee]]],
    employee,
  };
  await one("res.user", {
    name: "Sync",
    login: user,
    password,
    groups: [["add", groups]],
    ...places,
  });
  const [admin = 1] = (await call("res.user.search", [["login", "=", "admin"]])) as number[];
  const everywhere = { companies: [["add", [company, other]]], company_filter: "all" };
  await call("res.user.write", [admin], { ...places, ...everywhere });
}

interface Connected extends Omit<TestTryton, "restart" | "stop"> {
  signInAgain(): Promise<void>;
}

/**
 * The kit's company and user in a running server whose database has the companion module; made
 * where
 * there is no company yet. For a database that may be written to and thrown away.
 */
export async function connectTryton(url: string, password: string): Promise<Connected> {
  let context = {};
  let session = await signIn(`${url}/`, "admin", password);
  const call: Call = (method, ...parameters) =>
    post(`${url}/`, `model.${method}`, [...parameters, context], session);
  const user = "sync";
  const companies = (await call("company.company.search", [])) as number[];
  if (companies.length === 0) await prepareCompany(call, user, syncPassword);
  const own = (await call("res.user.get_preferences", true)) as Record<string, unknown>;
  context = { company: own.company, employee: own.employee };
  return {
    url,
    user,
    password: syncPassword,
    call,
    endSession: async (authorization) => {
      await post(`${url}/`, "common.db.logout", [], authorization);
    },
    setPassword: async (changed) => {
      const ids = await call("res.user.search", [["login", "=", user]]);
      await call("res.user.write", ids, { password: changed });
    },
    setHidden: async (dealId, isHidden) => {
      const companies = (await call("company.company.search", [])) as number[];
      const company = isHidden ? Math.max(...companies) : Math.min(...companies);
      const employee = isHidden ? null : own.employee;
      const parameters = [[dealId], { company, employee }, { ...context, company }];
      await post(`${url}/`, "model.sale.opportunity.write", parameters, session);
    },
    signInAgain: async () => {
      session = await signIn(`${url}/`, "admin", password);
    },
  };
}

/** Starts a server on a new database. Takes about half a minute: Tryton makes its tables. */
export async function startTryton(databaseUrl: string): Promise<TestTryton> {
  const port = await freePort();
  const place = prepareFolder(databaseUrl, port);
  const root = `http://127.0.0.1:${port}/`;
  const modules = ["-u", "partner_referrals", "--activate-dependencies"];
  await run(place, "/usr/bin/trytond-admin", [...modules, "--email", "admin@tryton.example"]);
  let server = startServer(place);
  const kill = async (): Promise<void> => {
    const gone = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGKILL");
    await gone;
  };
  const stop = async (): Promise<void> => {
    await kill();
    rmSync(place.folder, { recursive: true, force: true });
  };
  const prepare = async () => {
    await untilAnswering(root);
    return connectTryton(root + place.database, adminPassword);
  };
  const connected = await prepare().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    ...connected,
    restart: async () => {
      await kill();
      server = startServer(place);
      await untilAnswering(root);
      await connected.signInAgain();
    },
    stop,
  };
}
