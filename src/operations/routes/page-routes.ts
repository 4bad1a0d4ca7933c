import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json; charset=utf-8",
};

const contentPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

interface Asset {
  readonly type: string;
  readonly plain: Buffer;
  readonly brotli: Buffer | undefined;
  /** True where the name holds the content's hash, so that it may be kept for ever. */
  readonly isLasting: boolean;
}

/** Reads the built page: a few files, once, each with its compressed form where there is one. */
function readAssets(folder: string): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const type = types[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const compressed = `${path}.br`;
    assets.set(`/${relative(folder, path).split(sep).join("/")}`, {
      type,
      plain: readFileSync(path),
      brotli: existsSync(compressed) ? readFileSync(compressed) : undefined,
      isLasting: path.includes(`${sep}assets${sep}`),
    });
  }
  return assets;
}

function send(asset: Asset, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const accepts = String(request.headers["accept-encoding"] ?? "");
  const brotli = /\bbr\b/.test(accepts) ? asset.brotli : undefined;
  if (brotli) reply.header("content-encoding", "br");
  return reply
    .header("content-type", asset.type)
    .header("vary", "accept-encoding")
    .header("content-security-policy", contentPolicy)
    .header("x-content-type-options", "nosniff")
    .header("referrer-policy", "no-referrer")
    .header("cache-control", asset.isLasting ? "public, max-age=31536000, immutable" : "no-cache")
    .send(brotli ?? asset.plain);
}

/** The addresses of the page's own places; each is answered with the page itself. */
export const pagePaths = [
  "/",
  "/deals",
  "/deals/:id",
  "/conflicts",
  "/problems",
  "/mapping",
  "/pipeline",
  "/settings",
] as const;

/** Serves the built dashboard: files of our own, nothing from elsewhere. */
export function addPageRoutes(server: FastifyInstance, folder: string): void {
  const assets = readAssets(folder);
  const page = assets.get("/index.html");
  if (!page) throw new Error(`${folder} holds no index.html: the dashboard isn't built`);
  for (const path of pagePaths) {
    server.get(path, (request, reply) => send(page, request, reply));
  }
  for (const [path, asset] of assets) {
    server.get(path, (request, reply) => send(asset, request, reply));
  }
}
