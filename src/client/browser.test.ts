import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { build } from "vite";
import { expect, test } from "vitest";
import { storedReferral } from "./testing/scripted-world.ts";

/** The client as a bundler makes it for a web page: one script without imports. */
async function bundleFor(entry: "browser.ts" | "index.ts"): Promise<string> {
  const result = await build({
    configFile: false,
    root: fileURLToPath(new URL(".", import.meta.url)),
    logLevel: "silent",
    build: {
      write: false,
      minify: false,
      lib: {
        entry: fileURLToPath(new URL(entry, import.meta.url)),
        formats: ["iife"],
        name: "partnerReferrals",
      },
    },
  });
  const [first] = [result].flat();
  const chunk = first !== undefined && "output" in first ? first.output[0] : undefined;
  if (chunk?.type !== "chunk") throw new Error("the bundler made no script");
  expect(chunk.imports).toEqual([]);
  return chunk.code;
}

/** What every current browser has, and nothing of Node. */
const webGlobals = {
  AbortController,
  AbortSignal,
  atob,
  btoa,
  clearTimeout,
  crypto,
  DOMException,
  Error,
  Headers,
  setTimeout,
  TextDecoder,
  TextEncoder,
  TypeError,
  Uint8Array,
  URL,
  URLSearchParams,
};

test("bundled for a browser, the client lists referrals with web globals alone", async () => {
  const asked: string[] = [];
  const context = createContext({
    ...webGlobals,
    fetch: async (url: URL) => {
      asked.push(String(url));
      const body = JSON.stringify({ value: [storedReferral("r1")] });
      return new Response(body, { headers: { "content-type": "application/json" } });
    },
  });
  const code = await bundleFor("browser.ts");
  const program = `${code};
    const { ReferralsClient, filter } = partnerReferrals;
    const credential = {
      getToken: async () => ({ token: "t", expiresOnTimestamp: 8.64e15 }),
    };
    const client = new ReferralsClient({ credential });
    client.listReferrals({ filter: filter\`status eq \${"New"}\` }).next();`;
  const first = await runInContext(program, context);
  expect(first.value.id).toBe("r1");
  expect(asked).toEqual([
    "https://api.partner.microsoft.com/v1.0/engagements/referrals?$filter=status%20eq%20%27New%27",
  ]);
}, 60_000);

test("the entry with the token file is not for browsers: the check above can fail", async () => {
  const code = await bundleFor("index.ts");
  expect(() => runInContext(code, createContext({ ...webGlobals }))).toThrow();
}, 60_000);
