import { readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";

const files = [
  { path: "/", file: "index.html", type: "text/html; charset=utf-8" },
  { path: "/page.js", file: "page.js", type: "text/javascript; charset=utf-8" },
  { path: "/page.css", file: "page.css", type: "text/css; charset=utf-8" },
] as const;

const contentPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The status page: three files of our own, nothing from elsewhere. */
export function addPageRoutes(server: FastifyInstance): void {
  for (const { path, file, type } of files) {
    const content = readFileSync(new URL(`../page/${file}`, import.meta.url));
    server.get(path, (_request, reply) =>
      reply
        .header("content-type", type)
        .header("content-security-policy", contentPolicy)
        .header("x-content-type-options", "nosniff")
        .header("referrer-policy", "no-referrer")
        .header("cache-control", "no-cache")
        .send(content),
    );
  }
}
