import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { operations } from "../../contract/index.ts";
import { startOnSqlite, type TestService } from "../suites/service-kit-suite.ts";

let service: TestService;
beforeAll(async () => {
  service = await startOnSqlite();
});
afterAll(() => service.close());

it("describes all seven operations at the service's own address", async () => {
  const description = JSON.parse((await service.call("/openapi.json")).text);
  const described = Object.values(description.paths).flatMap((methods) =>
    Object.values(methods as object).map(({ operationId }) => operationId),
  );
  expect(described.sort()).toEqual(operations.map(({ operationId }) => operationId).sort());
  expect(description.servers[0].url).toBe(`${service.urls.baseUrl}/v1.0/engagements`);
});

it("serves a page that loads nothing from elsewhere", async () => {
  const page = await fetch(`${service.urls.baseUrl}/`);
  const html = await page.text();
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  const linked = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? "");
  expect(linked.length).toBe(3);
  for (const link of linked) {
    expect(link).not.toMatch(/^(https?:)?\/\//);
    expect((await fetch(new URL(link, page.url))).status).toBe(200);
  }
});

it("offers a sample body for every operation that takes one", () => {
  const script = readFileSync(new URL("page.js", import.meta.url), "utf8");
  for (const operation of operations) {
    if ("body" in operation) expect(script).toContain(`${operation.operationId}:`);
  }
});
