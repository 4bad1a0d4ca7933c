import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { startScript } from "../child.ts";
import type { Contestant, Document } from "./contestant.ts";
import { peerFolder } from "./peer-folder.ts";

// Differs: the document is flattened into columns (lists as JSON), basic authentication instead of
// tokens, no throttle, no lifecycle; its database runs with CAP's own settings.
const model = `
entity store.Referrals {
  key id: String; externalReferenceId: String; name: String; status: String; substatus: String;
  type: String; qualification: String; createdDateTime: String; updatedDateTime: String;
  organizationId: String; engagementId: String; direction: String;
  customerProfile: { name: String; size: String; address: { addressLine1: String; city: String;
    country: String; postalCode: String; region: String; state: String; } };
  consent: { consentToContact: Boolean; consentToToShareInfoWithOthers: Boolean;
    consentToShareReferralWithMicrosoftSellers: Boolean };
  details: { notes: String; dealValue: Decimal; currency: String; closingDateTime: String };
  team: many { firstName: String; lastName: String; email: String; phoneNumber: String };
  modifiedAt: Timestamp @cds.on.insert: $now @cds.on.update: $now;
}
@path: '/odata' @requires: 'authenticated-user'
service Bench {
  entity Referrals as projection on store.Referrals;
  annotate Referrals with { modifiedAt @odata.etag };
}
`;
const manifest = {
  private: true,
  cds: {
    requires: {
      db: { impl: "@cap-js/sqlite", kind: "sqlite", credentials: { url: "bench.sqlite" } },
      auth: { kind: "basic", users: { bench: { password: "bench" } } },
    },
    log: { levels: { cds: "warn" } },
  },
};
const server = `
console.log = console.info = console.warn = () => {};
const cds = require("@sap/cds");
cds.once("listening", ({ server }) => process.stdout.write(server.address().port + "\\n"));
require("@sap/cds/bin/serve.js").exec("all", "--port", "0");
`;

type Columns = Record<string, string | number | null>;

/** A referral as CAP's flattened row. */
function columnsOf(value: unknown, prefix: string, wanted: ReadonlySet<string>): Columns {
  if (wanted.has(prefix)) {
    if (typeof value === "boolean") return { [prefix]: value ? 1 : 0 };
    if (typeof value === "object" && value !== null) return { [prefix]: JSON.stringify(value) };
    return { [prefix]: (value ?? null) as string | number | null };
  }
  if (typeof value !== "object" || value === null) return {};
  return Object.entries(value).reduce<Columns>((columns, [name, inner]) => {
    const path = prefix === "" ? name : `${prefix}_${name}`;
    return Object.assign(columns, columnsOf(inner, path, wanted));
  }, {});
}

function fill(path: string, documents: readonly Document[]): void {
  const database = new DatabaseSync(path);
  const columns = database.prepare("select name from pragma_table_info('store_Referrals')").all();
  const wanted = new Set(columns.map((row) => String(row.name)));
  database.exec("create index by_status on store_Referrals (status, updatedDateTime desc, id)");
  database.exec("begin");
  for (const document of documents) {
    const row = { ...columnsOf(document, "", wanted), modifiedAt: document.updatedDateTime };
    const names = Object.keys(row);
    const values = Object.values(row) as (string | number | null)[];
    const marks = names.map(() => "?").join(", ");
    database
      .prepare(`insert into store_Referrals (${names.join(", ")}) values (${marks})`)
      .run(...values);
  }
  database.exec("commit");
  database.close();
}

/** SAP CAP (Node.js, SQLite) over the same documents. */
export async function startCap(documents: readonly Document[]): Promise<Contestant> {
  const folder = peerFolder("cap", ["@sap/cds@10", "@cap-js/sqlite@3", "express@4"]);
  const database = join(folder, "bench.sqlite");
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`${database}${suffix}`, { force: true });
  mkdirSync(join(folder, "srv"), { recursive: true });
  writeFileSync(join(folder, "srv", "bench.cds"), model);
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(folder, "serve.cjs"), server);
  const deploy = join(folder, "node_modules/@sap/cds/bin/deploy.js");
  execFileSync(process.execPath, [deploy], { cwd: folder, stdio: ["ignore", "ignore", 2] });
  fill(database, documents);
  const child = await startScript(join(folder, "serve.cjs"), [], folder);
  const url = `http://127.0.0.1:${child.firstLine}`;
  const headers = { authorization: `Basic ${Buffer.from("bench:bench").toString("base64")}` };
  const query =
    "$filter=status%20eq%20'Active'&$orderby=updatedDateTime%20desc&$top=100&$count=true";
  return {
    name: "SAP CAP",
    processId: child.process.pid ?? 0,
    byId: {
      url,
      headers,
      requests: documents.slice(0, 1000).map(({ id }) => ({ path: `/odata/Referrals('${id}')` })),
    },
    page: { url, headers, requests: [{ path: `/odata/Referrals?${query}` }] },
    stop: child.stop,
  };
}
