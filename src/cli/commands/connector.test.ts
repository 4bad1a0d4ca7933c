import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const main = new URL("../main.ts", import.meta.url).pathname;
const node = ["--disable-warning=ExperimentalWarning", main, "connector"];
const folder = mkdtempSync(join(tmpdir(), "connector-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...words: readonly string[]) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const child = execFile(process.execPath, [...node, ...words], (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });

test("export writes a whole package for a gateway", async () => {
  const out = join(folder, "gateway");
  const options = ["--out", out, "--edition", "current", "--profile", "gateway"];
  const { code } = await run("export", ...options, "--host", "gateway.contoso.com");
  expect(code).toBe(0);
  expect(readdirSync(out).toSorted()).toEqual([
    "apiDefinition.swagger.json",
    "apiProperties.json",
    "availability.json",
    "icon.png",
    "readme.md",
    "settings.json",
  ]);
  const definition = JSON.parse(readFileSync(join(out, "apiDefinition.swagger.json"), "utf8"));
  expect(definition.host).toBe("gateway.contoso.com");
});

test("export without options is the specification for Microsoft's API", async () => {
  const out = join(folder, "microsoft");
  const { code, out: text } = await run("export", "--out", out, "--client-id", "app", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(text).files).toHaveLength(6);
  const definition = JSON.parse(readFileSync(join(out, "apiDefinition.swagger.json"), "utf8"));
  expect(definition.host).toBe("api.partner.microsoft.com");
  expect(Object.keys(definition.paths)).toEqual(["/referrals", "/referrals/{id}"]);
  expect(readFileSync(join(out, "apiProperties.json"), "utf8")).toContain('"clientId": "app"');
});

test("export says what is wrong with a host, and writes nothing", async () => {
  const out = join(folder, "refused");
  const wrong = await run("export", "--out", out, "--host", "https://gateway.contoso.com/");
  expect(wrong.code).toBe(1);
  expect(wrong.err).toContain("--host gateway.contoso.com");
  expect(readdirSync(folder)).not.toContain("refused");
});

test("export for a gateway without a host leads to the one on this machine, and says so", async () => {
  const out = join(folder, "here");
  const { code, out: text } = await run("export", "--out", out, "--profile", "gateway");
  expect(code).toBe(0);
  expect(text).toContain("the gateway on this machine, http://127.0.0.1:4020");
  const definition = JSON.parse(readFileSync(join(out, "apiDefinition.swagger.json"), "utf8"));
  expect(definition).toMatchObject({ host: "127.0.0.1:4020", schemes: ["http"] });
  expect(readFileSync(join(out, "apiProperties.json"), "utf8")).toContain(
    '"value": "http://127.0.0.1:4020/oauth/authorize"',
  );
  expect(readFileSync(join(out, "readme.md"), "utf8")).toContain("at http://127.0.0.1:4020");
});

test("availability answers for a product and a region", async () => {
  const product = ["--product", "Power Automate"];
  const no = await run("availability", ...product, "--region", "US Government (GCC)");
  expect(no.out).toBe(
    "Power Automate (Premium) in US Government (GCC): not available (US Government (GCC))\n",
  );
  const yes = await run("availability", ...product, "--region", "westeurope", "--json");
  expect(JSON.parse(yes.out)).toEqual({
    product: "Power Automate",
    class: "Premium",
    region: "westeurope",
    isAvailable: true,
  });
  const unknown = await run("availability", "--product", "Excel");
  expect(unknown.code).toBe(1);
  expect(unknown.err).toContain("Logic Apps, Power Automate, Power Apps");
});
