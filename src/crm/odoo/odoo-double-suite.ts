// A protocol double for tests: it speaks Odoo's JSON-RPC with the habits of Odoo 17 that the
// adapter must bear
// (errors with status 200, `false` for nothing, whole seconds in answers and finer ones in
// comparisons,
// archived rows hidden). It isn't Odoo: test/real-crm runs the same kit against a running one.
import { createServer, type IncomingMessage, type Server } from "node:http";
import { callRules, methods } from "./odoo-double-methods-suite.ts";
import { OdooError, Records, type Row, type Value } from "./odoo-double-records-suite.ts";

/** A running double. */
export interface OdooDouble {
  readonly url: string;
  readonly database: string;
  readonly user: string;
  readonly key: string;
  setKey(key: string): void;
  /** The integration user loses sight of a deal, or gets it back. */
  setHidden(id: number, isHidden: boolean): void;
  /** A module is missing, and its model with it. */
  removeModel(model: string): void;
  /** The integration user has no rights on a model. */
  forbid(model: string): void;
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** Starts a double on loopback. */
export async function startOdooDouble(): Promise<OdooDouble> {
  const records = new Records();
  let key = "the key of the sync";
  const answer = (params: { service: string; method: string; args: Value[] }): Value => {
    const { args, method, service } = params;
    if (service === "common" && method === "authenticate") return args[2] === key ? 2 : false;
    const [, , given, model = "", name = "", positional = [], named = {}] = args as [
      string,
      number,
      string,
      string?,
      string?,
      Value[]?,
      Row?,
    ];
    if (given !== key) throw new OdooError("odoo.exceptions.AccessDenied", "Access Denied");
    if (!records.fields[model]) {
      throw new OdooError("odoo.exceptions.UserError", `Object ${model} doesn't exist`);
    }
    const called = methods[name];
    if (!called) throw new OdooError("builtins.AttributeError", `no method ${name}`);
    return called(records, model, positional, named);
  };
  const server: Server = createServer(async (request, response) => {
    const { params } = JSON.parse(await bodyOf(request));
    response.setHeader("content-type", "application/json");
    try {
      const result = answer(params);
      await callRules(records);
      response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, result }));
    } catch (error) {
      const { data, message } = error as OdooError;
      response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code: 200, message, data } }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    database: "double",
    user: "sync",
    key,
    setKey: (changed) => {
      key = changed;
    },
    setHidden: (id, isHidden) => {
      if (isHidden) records.hidden.add(id);
      else records.hidden.delete(id);
    },
    removeModel: (model) => {
      delete records.fields[model];
    },
    forbid: (model) => records.forbidden.add(model),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
