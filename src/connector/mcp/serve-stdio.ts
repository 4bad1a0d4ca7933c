import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { createMcpServer } from "./mcp-server.ts";
import type { McpOptions } from "./options.ts";

/** Serves one client over standard input and output; resolves when it has gone. */
export async function serveStdio(options: McpOptions, stop: Promise<void>): Promise<void> {
  const server = createMcpServer(options);
  const transport = new StdioServerTransport();
  const gone = new Promise<void>((resolve) => {
    server.onclose = resolve;
    process.stdin.once("end", resolve);
  });
  await server.connect(transport);
  await Promise.race([gone, stop]);
  await server.close();
}
