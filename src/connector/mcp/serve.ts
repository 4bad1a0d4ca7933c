import type { McpOptions } from "./options.ts";
import type { McpHttpOptions, McpHttpServer } from "./serve-http.ts";

// The SDK is large and of use to these two alone: it is loaded when one of them is called.

/** Serves an agent over standard input and output until it goes, or `stop` resolves. */
export async function serveMcpOverStdio(options: McpOptions, stop: Promise<void>): Promise<void> {
  const { serveStdio } = await import("./serve-stdio.ts");
  await serveStdio(options, stop);
}

/** Serves agents over streamable HTTP. */
export async function serveMcpOverHttp(options: McpHttpOptions): Promise<McpHttpServer> {
  const { serveHttp } = await import("./serve-http.ts");
  return serveHttp(options);
}
