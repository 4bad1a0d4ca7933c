import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { availability, isAvailable } from "./availability.ts";
import { connectorDefinition } from "./definition.ts";
import { connectorPackage, writeConnectorPackage } from "./export-package.ts";
import { connectorMetadata } from "./metadata.ts";
import { connectorProperties } from "./properties.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "connector-package-"));
});
afterAll(() => rm(folder, { recursive: true }));

const textOf = async (options: Parameters<typeof connectorPackage>[0], name: string) => {
  const file = (await connectorPackage(options)).find((candidate) => candidate.name === name);
  return String(file?.content);
};

test("a package is definition, properties, icon, readme, settings and availability", async () => {
  const target = join(folder, "new", "package");
  const names = await writeConnectorPackage(target);
  expect((await readdir(target)).toSorted()).toEqual(names.toSorted());
  expect(names).toEqual([
    "apiDefinition.swagger.json",
    "apiProperties.json",
    "icon.png",
    "readme.md",
    "settings.json",
    "availability.json",
  ]);
  const written = await readFile(join(target, "apiDefinition.swagger.json"), "utf8");
  expect(JSON.parse(written)).toEqual(connectorDefinition());
});

test("the settings name files of the package", async () => {
  const settings = JSON.parse(await textOf({}, "settings.json"));
  const names = (await connectorPackage()).map(({ name }) => name);
  for (const key of ["apiDefinition", "apiProperties", "icon"]) {
    expect(names).toContain(settings[key]);
  }
});

test("the same options give the same bytes", async () => {
  expect(await connectorPackage({ edition: "current" })).toEqual(
    await connectorPackage({ edition: "current" }),
  );
});

test("the icon is square, of a size that is certified, on the brand colour", async () => {
  const icon = await readFile(new URL("icon.png", import.meta.url));
  const [width, height] = [icon.readUInt32BE(16), icon.readUInt32BE(20)];
  expect(width).toBe(height);
  expect(width).toBeGreaterThanOrEqual(100);
  expect(width).toBeLessThanOrEqual(230);
  const start = icon.indexOf("IDAT") + 4;
  const pixels = inflateSync(icon.subarray(start, start + icon.readUInt32BE(start - 8)));
  expect(`#${pixels.subarray(1, 4).toString("hex")}`).toBe(connectorMetadata.iconBrandColor);
});

test("the current edition adds the later fields and both deal-registration actions", () => {
  const before = JSON.stringify(connectorDefinition({ edition: "specification" }));
  const after = JSON.stringify(connectorDefinition({ edition: "current" }));
  for (const name of [
    "CreateDealRegistrationByReferralId",
    "PatchDealRegistrationByReferralId",
    "consentToMicrosoftToContactSpecificPartners",
    "registrationStatus",
    "marketplaceTransactionDetails",
  ]) {
    expect(before).not.toContain(name);
    expect(after).toContain(name);
  }
  expect(after).toContain("Update a referral by Id (deprecated)");
  expect(before).not.toContain("(deprecated)");
});

test("the profile microsoft signs in at Entra for Microsoft's API", () => {
  expect(connectorProperties({ clientId: "an-app" })).toMatchObject({
    properties: {
      publisher: "Microsoft Corporation",
      connectionParameters: {
        token: {
          type: "oauthSetting",
          oAuthSettings: {
            identityProvider: "aad",
            clientId: "an-app",
            scopes: ["openid"],
            redirectUrl: "https://global.consent.azure-apim.net/redirect",
            customParameters: {
              resourceUri: { value: "https://api.partner.microsoft.com" },
              tenantId: { value: "common" },
            },
          },
        },
        "token:TenantId": { metadata: { sourceType: "AzureActiveDirectoryTenant" } },
      },
    },
  });
});

test("the profile gateway signs in at the gateway, and brings its triggers", () => {
  const host = "gateway.contoso.com:8443";
  const definition = connectorDefinition({ profile: "gateway", host });
  expect(definition.host).toBe(host);
  expect(Object.keys(definition.paths as object)).toEqual(
    expect.arrayContaining([
      "/triggers/referral-created",
      "/triggers/referral-updated",
      "/triggers/referral-needs-answer",
      "/subscriptions/{id}",
    ]),
  );
  const properties = connectorProperties({ profile: "gateway", host });
  expect(properties).toMatchObject({
    properties: {
      connectionParameters: {
        token: {
          oAuthSettings: {
            identityProvider: "oauth2",
            clientId: "power-platform",
            customParameters: {
              authorizationUrl: { value: `https://${host}/oauth/authorize` },
              tokenUrl: { value: `https://${host}/oauth/token` },
              refreshUrl: { value: `https://${host}/oauth/token` },
            },
          },
        },
      },
    },
  });
  expect(JSON.stringify(properties)).not.toContain("TenantId");
});

test("only the gateway's PATCH takes a condition", () => {
  const conditions = (profile: "microsoft" | "gateway") => {
    const { paths } = connectorDefinition({ edition: "current", profile, host: "g.example" });
    return JSON.stringify(paths).match(/"name":"If-Match"/g)?.length ?? 0;
  };
  expect(conditions("microsoft")).toBe(0);
  expect(conditions("gateway")).toBe(3);
});

test("the readme tells all metadata, terms, limits and availability", async () => {
  const readme = await textOf(
    { edition: "current", profile: "gateway", host: "g.example" },
    "readme.md",
  );
  for (const fact of [
    "# Partner Center Referrals (Preview)",
    "Microsoft Corporation",
    "Partner Center Support",
    "https://partner.microsoft.com/en-us/support",
    "pcRefConnectorHelp@microsoft.com",
    "https://partner.microsoft.com/dashboard",
    "https://privacy.microsoft.com/en-US/privacystatement",
    "Productivity; Sales and CRM",
    "Microsoft Partner Center Account",
    "Microsoft Power Automate subscription",
    "https://docs.microsoft.com/en-us/partner-center/mpn-create-a-partner-center-account",
    "create-user-accounts-and-set-permissions",
    "## Known issues and limitations\n\nNone",
    "| Default | All regions | Not shareable |",
    "another user will be prompted to create new connection explicitly",
    "| API calls per connection | 100 | 60 seconds |",
    "| Power Automate | Premium | All regions except US Government (GCC), " +
      "US Government (GCC High), " +
      "China Cloud operated by 21Vianet, US Department of Defense (DoD) |",
    "| When a referral needs an answer | WhenReferralNeedsAnswer |",
  ]) {
    expect(readme).toContain(fact);
  }
});

test("somebody else's gateway can name its own publisher and contact", async () => {
  const contact = { name: "Contoso", url: "https://contoso.com/help", email: "help@contoso.com" };
  const metadata = { ...connectorMetadata, publisher: "Contoso", contact };
  const options = { profile: "gateway", host: "g.example", metadata } as const;
  expect(await textOf(options, "apiDefinition.swagger.json")).toContain("help@contoso.com");
  expect(await textOf(options, "apiProperties.json")).toContain('"publisher": "Contoso"');
  expect(await textOf(options, "readme.md")).toContain("| Publisher | Contoso |");
});

test.each([
  ["Logic Apps", "westeurope", true],
  ["logic-apps", "Azure Government regions", false],
  ["Logic Apps", "usgovvirginia", false],
  ["Logic Apps", "China East 2", false],
  ["Logic Apps", "US Government (GCC)", true],
  ["Power Automate", "US Government (GCC)", false],
  ["power automate", "GCC High", false],
  ["Power Apps", "China Cloud operated by 21Vianet", false],
  ["Power Apps", "DoD", false],
  ["Power Apps", "United States", true],
])("%s in %s: %s", (product, region, expected) => {
  expect(isAvailable(product, region)?.isAvailable).toBe(expected);
});

test("availability tells the class of each product, and nothing of an unknown one", () => {
  expect(availability.map((row) => [row.product, row.class])).toEqual([
    ["Logic Apps", "Standard"],
    ["Power Automate", "Premium"],
    ["Power Apps", "Premium"],
  ]);
  expect(isAvailable("Excel", "westeurope")).toBeUndefined();
});
