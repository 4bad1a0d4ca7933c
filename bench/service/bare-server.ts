// The bare limit: node:http and prepared statements on node:sqlite, with the same documents and the
// same durability (WAL, synchronous=FULL). No authentication, no throttle, no validation, no
// routing, no request ids, no metrics. Every answer says its length, as ours do: without one,
// node:http sends it in chunks, which costs more.

import { createReadStream } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";

const [databasePath = "", documentsPath = ""] = process.argv.slice(2);
const database = new DatabaseSync(databasePath);
database.exec("pragma journal_mode = wal; pragma synchronous = full");
database.exec(`create table referral (
  id text primary key, etag text, document text,
  status text generated always as (document ->> '$.status') stored,
  updated text generated always as (document ->> '$.updatedDateTime') stored
) strict`);
database.exec("create index referral_status on referral (status, updated desc, id)");

const insert = database.prepare("insert into referral (id, etag, document) values (?, ?, ?)");
database.exec("begin");
for await (const line of createInterface({ input: createReadStream(documentsPath) })) {
  const document = JSON.parse(line) as { id: string; eTag: string };
  insert.run(document.id, document.eTag, line);
}
database.exec("commit");

const byId = database.prepare("select etag, document from referral where id = ?");
const page = database.prepare(
  "select document from referral where status = ? order by updated desc, id limit 100",
);
const count = database.prepare("select count(*) as total from referral where status = ?");
const change = database.prepare("update referral set etag = ?, document = ? where id = ?");
let version = 0;

interface Stored {
  readonly etag: string;
  readonly document: string;
}

function patch(id: string, ifMatch: string | undefined, body: string): string | undefined {
  const stored = byId.get(id) as unknown as Stored;
  if (stored.etag !== ifMatch) return undefined;
  const document = JSON.parse(stored.document);
  for (const { path, value } of JSON.parse(body)) {
    const [, group, name] = path.split("/");
    document[group][name] = value;
  }
  version += 1;
  document.eTag = `"bare-${version}"`;
  change.run(document.eTag, JSON.stringify(document), id);
  return document.eTag;
}

function send(response: ServerResponse, headers: Record<string, string>, body: string): void {
  const length = Buffer.byteLength(body);
  const type = "application/json; charset=utf-8";
  response.writeHead(200, { ...headers, "content-type": type, "content-length": length });
  response.end(body);
}

const server = createServer((request, response) => {
  const url = request.url ?? "";
  const id = url.slice(url.lastIndexOf("/") + 1);
  if (request.method === "PATCH") {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const etag = patch(id, request.headers["if-match"], body);
      response.writeHead(etag ? 204 : 412, etag ? { etag } : {}).end();
    });
    return;
  }
  if (url.includes("?")) {
    const rows = page.all("Active") as unknown as Stored[];
    const { total } = count.get("Active") as unknown as { total: number };
    const value = rows.map((row) => row.document).join(",");
    send(response, {}, `{"@odata.count":${total},"value":[${value}]}`);
    return;
  }
  const stored = byId.get(id) as unknown as Stored;
  send(response, { etag: stored.etag }, stored.document);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`${typeof address === "object" ? address?.port : ""}\n`);
});
