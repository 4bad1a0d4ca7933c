import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock, systemRandom } from "../../../runtime/index.ts";
import { openDatabase, openDocumentStore } from "../../../storage/index.ts";
import type { Database, DocumentStore } from "../../../storage/port.ts";
import { ClientRegistry } from "./client-registry.ts";

let database: Database;
let store: DocumentStore;
let registry: ClientRegistry;
beforeEach(async () => {
  database = await openDatabase(":memory:");
  store = await openDocumentStore(database, systemClock);
  registry = new ClientRegistry(store, systemRandom, [
    { clientId: "native", redirectUris: ["http://127.0.0.1/done"] },
    { clientId: "web", clientSecret: "s", redirectUris: ["https://web.example/back"] },
  ]);
});

afterEach(() => database.close());

test.each([
  ["power-platform", "https://global.consent.azure-apim.net/redirect", true],
  ["power-platform", "https://global.consent.azure-apim.net/redirect/cr5-referrals-5f1", true],
  ["power-platform", "https://global.consent.azure-apim.net/redirect/a/b", false],
  ["power-platform", "https://global.consent.azure-apim.net/redirect?next=evil", false],
  ["power-platform", "https://global.consent.azure-apim.net.evil.example/redirect", false],
  ["power-platform", "http://global.consent.azure-apim.net/redirect", false],
  ["native", "http://127.0.0.1:51234/done", true],
  ["native", "http://127.0.0.1:51234/done/more", false],
  ["native", "http://127.0.0.1.evil.example/done", false],
  ["native", "https://global.consent.azure-apim.net/redirect", false],
  ["web", "https://web.example/back", true],
  ["web", "https://web.example:444/back", false],
  ["stranger", "https://global.consent.azure-apim.net/redirect", false],
])("codes of %s may go to %s: %s", (clientId, redirectUri, expected) => {
  expect(registry.allowsRedirect(clientId, redirectUri)).toBe(expected);
});

test("the platform's secret is made once, and only its hash is kept", async () => {
  const secret = await registry.firstSecret();
  expect(await registry.firstSecret()).toBeUndefined();
  expect(await registry.proves("power-platform", secret)).toBe(true);
  expect(await registry.proves("power-platform", `${secret}x`)).toBe(false);
  expect(await registry.proves("power-platform", undefined)).toBe(false);
  const kept = await store.get("gateway-client-secret", "power-platform");
  expect(kept).not.toContain(secret);
});

test("a new secret ends the old one", async () => {
  const old = await registry.firstSecret();
  const fresh = await registry.newSecret();
  expect(await registry.proves("power-platform", old)).toBe(false);
  expect(await registry.proves("power-platform", fresh)).toBe(true);
});

test("before a secret was made nothing proves to be the platform", async () => {
  expect(await registry.proves("power-platform", "")).toBe(false);
  expect(await registry.proves("power-platform", "anything")).toBe(false);
});

test("an app without a secret proves itself by having none, a stranger by nothing", async () => {
  expect(await registry.proves("native", undefined)).toBe(true);
  expect(await registry.proves("native", "guess")).toBe(false);
  expect(await registry.proves("web", "s")).toBe(true);
  expect(await registry.proves("stranger", undefined)).toBe(false);
});
