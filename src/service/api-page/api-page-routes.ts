import { readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import { basePath, openApiDocument } from "../../contract/index.ts";

/** The page's files, read once; they lie beside this one. */
const files = [
  { path: "/", name: "page.html", type: "text/html; charset=utf-8" },
  { path: "/api-page/page.css", name: "page.css", type: "text/css; charset=utf-8" },
  { path: "/api-page/page.js", name: "page.js", type: "text/javascript; charset=utf-8" },
] as const;

/** Everything comes from the service itself, so that the page works without any other network. */
const contentPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Adds the OpenAPI description and a page on which the seven operations can be tried. */
export function addApiPage(server: FastifyInstance, baseUrl: () => string): void {
  server.get("/openapi.json", async () =>
    openApiDocument({ serverUrl: `${baseUrl()}${basePath}` }),
  );
  for (const { path, name, type } of files) {
    const text = readFileSync(new URL(name, import.meta.url), "utf8");
    server.get(path, async (_request, reply) =>
      reply
        .header("content-type", type)
        .header("content-security-policy", contentPolicy)
        .header("x-content-type-options", "nosniff")
        .send(text),
    );
  }
}
