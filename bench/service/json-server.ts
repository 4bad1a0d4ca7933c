import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startScript } from "../child.ts";
import type { Contestant, Document } from "./contestant.ts";
import { peerFolder } from "./peer-folder.ts";

// Differs: everything in memory, no authentication, no durability but a whole-file rewrite, no
// ETag check.
const program = `
const jsonServer = require("json-server");
const server = jsonServer.create();
server.use(jsonServer.router(process.argv[2]));
const listening = server.listen(0, "127.0.0.1", () => console.log(listening.address().port));
`;

/** json-server over the same documents. */
export async function startJsonServer(documents: readonly Document[]): Promise<Contestant> {
  const folder = peerFolder("json-server", ["json-server@0.17.4"]);
  writeFileSync(join(folder, "serve.cjs"), program);
  writeFileSync(join(folder, "db.json"), JSON.stringify({ referrals: documents }));
  const child = await startScript(join(folder, "serve.cjs"), [join(folder, "db.json")]);
  const url = `http://127.0.0.1:${child.firstLine}`;
  return {
    name: "json-server",
    processId: child.process.pid ?? 0,
    byId: {
      url,
      headers: {},
      requests: documents.slice(0, 1000).map(({ id }) => ({ path: `/referrals/${id}` })),
    },
    page: {
      url,
      headers: {},
      requests: [
        { path: "/referrals?status=Active&_sort=updatedDateTime&_order=desc&_page=1&_limit=100" },
      ],
    },
    stop: child.stop,
  };
}
