import type { FastifyInstance } from "fastify";

const escaped = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");

function segmentExpression(segment: string): string {
  return segment.startsWith(":") ? "[^/]*" : segment.split("*").map(escaped).join(".*");
}

/** Turns a route pattern (`/a/:id/b`, `*`) into an expression that matches whole paths. */
function pathExpression(pattern: string): RegExp {
  return new RegExp(`^${pattern.split("/").map(segmentExpression).join("/")}$`);
}

/**
 * Collects the routes of a server; the answer tells which methods a path has, for 405 and its Allow
 * header.
 */
export function collectMethods(server: FastifyInstance): (path: string) => readonly string[] {
  const methodsByPattern = new Map<string, { expression: RegExp; methods: Set<string> }>();
  server.addHook("onRoute", (route) => {
    const known = methodsByPattern.get(route.url) ?? {
      expression: pathExpression(route.url),
      methods: new Set(),
    };
    for (const method of [route.method].flat()) known.methods.add(method);
    methodsByPattern.set(route.url, known);
  });
  return (path) => {
    const found = [...methodsByPattern.values()].filter(({ expression }) => expression.test(path));
    return [...new Set(found.flatMap(({ methods }) => [...methods]))].sort();
  };
}
