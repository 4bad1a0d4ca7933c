import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { ReferralsError } from "../../contract/index.ts";
import { fetchHttp, type Log, silentLog, systemClock, systemRandom } from "../../runtime/index.ts";
import { type AskPerson, Confirmation, confirmationName } from "./confirmation.ts";
import type { McpOptions } from "./options.ts";
import { referralTools } from "./referral-tools.ts";
import { readResource, resources, resourceTemplates } from "./resources.ts";
import { syncTools } from "./sync-tools.ts";
import type { Tool, ToolInput } from "./tool.ts";

const instructions =
  "Referrals between a partner and Microsoft Partner Center. Read referrals://lifecycle before " +
  "changing a status, and referrals://fields for what a field means. Writes are confirmed by the " +
  "person first. A 412 means that somebody else changed the referral: read it again.";

const confirmationSchema = {
  type: "string",
  description: "The code of an earlier answer, where the person has agreed to this very call.",
};

/** A tool as the protocol lists it; a write also takes a confirmation code. */
function listed(tool: Tool) {
  const { name, title, description, inputSchema, effect } = tool;
  const isRead = effect === "read";
  const properties = inputSchema.properties as Readonly<Record<string, unknown>>;
  return {
    name,
    title,
    description,
    inputSchema: {
      ...inputSchema,
      type: "object" as const,
      properties: isRead ? properties : { ...properties, [confirmationName]: confirmationSchema },
    },
    annotations: {
      title,
      readOnlyHint: isRead,
      destructiveHint: effect === "final",
      idempotentHint: isRead,
      openWorldHint: true,
    },
  };
}

const textResult = (text: string, isError = false): CallToolResult => ({
  content: [{ type: "text", text }],
  ...(isError ? { isError } : {}),
});

function dataResult(data: unknown): CallToolResult {
  const structured = typeof data === "object" && data !== null && !Array.isArray(data);
  return {
    ...textResult(JSON.stringify(data, undefined, 2)),
    ...(structured ? { structuredContent: data as Record<string, unknown> } : {}),
  };
}

/** What an agent can do something about; anything else is a bug, of which nothing is told. */
function errorResult(error: unknown, tool: string, log: Log): CallToolResult {
  if (!(error instanceof ReferralsError)) {
    const name = error instanceof Error ? error.name : typeof error;
    log.error({ tool, error: name }, "a tool failed unexpectedly");
    return textResult("The tool failed unexpectedly; the server's log says more.", true);
  }
  const { code, message, remedy, problems, requestId } = error;
  const told = { code, message, remedy, problems, requestId };
  return textResult(JSON.stringify(told, undefined, 2), true);
}

/** Asks by elicitation, where the client has it. */
function askBy(server: Server): AskPerson {
  return async (message) => {
    if (!server.getClientCapabilities()?.elicitation) return undefined;
    const answer = await server.elicitInput({
      message,
      requestedSchema: {
        type: "object",
        properties: { confirm: { type: "boolean", title: "Do it", default: false } },
        required: ["confirm"],
      },
    });
    return answer.action === "accept" && answer.content?.confirm === true ? "yes" : "no";
  };
}

function toolsOf(options: McpOptions): ReadonlyMap<string, Tool> {
  const { client, http = fetchHttp, isReadOnly = false } = options;
  const { operationsUrl, operationsToken } = options;
  const all = [
    ...referralTools(client),
    ...(operationsUrl === undefined ? [] : syncTools(http, operationsUrl, operationsToken)),
  ];
  const offered = all.filter(({ effect }) => !isReadOnly || effect === "read");
  return new Map(offered.map((tool) => [tool.name, tool]));
}

function addResources(server: Server): void {
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: [...resources] }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [...resourceTemplates],
  }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params: { uri } }) => {
    try {
      return { contents: [{ uri, mimeType: "application/json", text: readResource(uri) }] };
    } catch (error) {
      if (!(error instanceof ReferralsError)) throw error;
      throw new McpError(ErrorCode.InvalidParams, error.message);
    }
  });
}

/** An MCP server for one session, not yet connected to its client. */
export function createMcpServer(options: McpOptions): Server {
  const { clock = systemClock, random = systemRandom, log = silentLog } = options;
  const tools = toolsOf(options);
  const confirmation = new Confirmation(clock, random);
  const server = new Server(
    { name: "partner-referrals", version: options.version ?? "0.0.0" },
    { capabilities: { tools: {}, resources: {} }, instructions },
  );

  async function call(tool: Tool, input: ToolInput): Promise<CallToolResult> {
    const { [confirmationName]: code, ...rest } = input;
    const isRead = tool.effect === "read";
    const work = tool.prepare(isRead ? input : rest);
    if (!isRead) {
      const consent = await confirmation.obtain(tool, rest, code, askBy(server));
      if (!consent.isGiven) return textResult(consent.explanation);
    }
    const result = dataResult(await work());
    log.info({ tool: tool.name }, "a tool was used");
    return result;
  }

  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: [...tools.values()].map(listed),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
    const tool = tools.get(params.name);
    if (!tool) throw new McpError(ErrorCode.InvalidParams, `There is no tool ${params.name}.`);
    try {
      return await call(tool, params.arguments ?? {});
    } catch (error) {
      return errorResult(error, tool.name, log);
    }
  });
  addResources(server);
  return server;
}
