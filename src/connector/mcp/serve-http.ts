import { createHash, timingSafeEqual } from "node:crypto";
import type { AddressInfo } from "node:net";
import type { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { isInitializeRequest } from "@modelcontextprotocol/sdk/types.js";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ReferralsError } from "../../contract/index.ts";
import { createServer, shutdown } from "../../http/index.ts";
import { silentLog, systemClock, systemRandom } from "../../runtime/index.ts";
import { createMcpServer } from "./mcp-server.ts";
import type { McpOptions } from "./options.ts";

/** How an MCP server is served over HTTP. */
export interface McpHttpOptions extends McpOptions {
  /** Unless told, 127.0.0.1. */
  readonly host?: string;
  /** Unless told, 0: any free port. */
  readonly port?: number;
  /** What callers send as their bearer token. */
  readonly secret: string;
  /** Hosts under which it may be asked for, beside loopback. */
  readonly hosts?: readonly string[];
}

/** A running MCP server. */
export interface McpHttpServer {
  readonly url: string;
  close(): Promise<void>;
}

interface Session {
  readonly server: Server;
  readonly transport: StreamableHTTPServerTransport;
  usedAt: number;
}

const path = "/mcp";
const defaultHost = "127.0.0.1";
const mostSessions = 100;
const idleMs = 1_800_000;
const loopbackHost = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])(?::\d+)?$/;

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** A page in somebody's browser must not act in their name, and a stranger not at all. */
function guard(server: FastifyInstance, { secret, hosts = [] }: McpHttpOptions): void {
  const expected = digest(`Bearer ${secret}`);
  server.addHook("onRequest", (request: FastifyRequest, reply: FastifyReply, done) => {
    const { host = "", origin, authorization = "" } = request.headers;
    const isServed = loopbackHost.test(host) || hosts.includes(host);
    const isForeign =
      origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
    if (!isServed || isForeign) {
      const message = "This host or origin isn't served: --host-name names a proxy's.";
      done(new ReferralsError("accessDenied", { message }));
      return;
    }
    if (timingSafeEqual(digest(authorization), expected)) return done();
    reply.header("www-authenticate", 'Bearer realm="partner-referrals mcp"');
    done(new ReferralsError("unauthenticated"));
  });
}

/** The sessions of all clients, the idle ones closed. */
class Sessions {
  readonly #options: McpHttpOptions;
  readonly #byId = new Map<string, Session>();

  constructor(options: McpHttpOptions) {
    this.#options = options;
  }

  find(id: unknown): Session | undefined {
    const session = typeof id === "string" ? this.#byId.get(id) : undefined;
    if (session) session.usedAt = this.#now();
    return session;
  }

  async open(): Promise<StreamableHTTPServerTransport> {
    await this.#closeIdle();
    if (this.#byId.size >= mostSessions) throw new ReferralsError("serviceNotAvailable");
    const server = createMcpServer(this.#options);
    const { random = systemRandom } = this.#options;
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => random.uuid(),
      onsessioninitialized: (id) => {
        this.#byId.set(id, { server, transport, usedAt: this.#now() });
      },
    });
    transport.onclose = () => {
      if (transport.sessionId !== undefined) this.#byId.delete(transport.sessionId);
    };
    await server.connect(transport as Parameters<Server["connect"]>[0]);
    return transport;
  }

  async closeAll(): Promise<void> {
    for (const { server } of this.#byId.values()) await server.close();
    this.#byId.clear();
  }

  async #closeIdle(): Promise<void> {
    for (const { server, usedAt } of this.#byId.values()) {
      if (this.#now() - usedAt > idleMs) await server.close();
    }
  }

  #now(): number {
    return (this.#options.clock ?? systemClock).now();
  }
}

function addRoutes(server: FastifyInstance, sessions: Sessions): void {
  server.post(path, async (request, reply) => {
    const id = request.headers["mcp-session-id"];
    const isNew = id === undefined && isInitializeRequest(request.body);
    const transport = isNew ? await sessions.open() : sessions.find(id)?.transport;
    // A client answers 404 by beginning a new session.
    if (!transport) throw new ReferralsError("itemNotFound", { message: "No such session." });
    reply.hijack();
    await transport.handleRequest(request.raw, reply.raw, request.body);
  });
  for (const method of ["GET", "DELETE"] as const) {
    server.route({
      method,
      url: path,
      handler: async (request, reply) => {
        const session = sessions.find(request.headers["mcp-session-id"]);
        if (!session) throw new ReferralsError("itemNotFound", { message: "No such session." });
        reply.hijack();
        await session.transport.handleRequest(request.raw, reply.raw);
      },
    });
  }
}

/** Serves MCP over streamable HTTP, to whoever knows the secret. */
export async function serveHttp(options: McpHttpOptions): Promise<McpHttpServer> {
  const { clock = systemClock, random = systemRandom, log = silentLog } = options;
  const server = createServer({ clock, random, log });
  const sessions = new Sessions(options);
  guard(server, options);
  addRoutes(server, sessions);
  const host = options.host ?? defaultHost;
  await server.listen({ host, port: options.port ?? 0 });
  const { port } = server.server.address() as AddressInfo;
  const spelt = host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${spelt}:${port}${path}`,
    close: async () => {
      await sessions.closeAll();
      await shutdown(server, { clock });
    },
  };
}
