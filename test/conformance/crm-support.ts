// The table of docs/reference/crm-support.md, from the adapters' capabilities and what they cost on
// the kit's worlds.
import { crmChecks } from "../../src/crm/conformance/crm-adapter-suite.ts";
import { walk, write } from "../../src/crm/conformance/steps.ts";
import type { ConformanceWorld } from "../../src/crm/conformance/world.ts";
import { openDynamicsWorld } from "../../src/crm/dynamics365/conformance-world-suite.ts";
import { openEspoWorld } from "../../src/crm/espocrm/conformance-world-suite.ts";
import { startEspoDouble } from "../../src/crm/espocrm/espo-double-suite.ts";
import { prepareEspo } from "../../src/crm/espocrm/index.ts";
import { openHubSpotWorld } from "../../src/crm/hubspot/conformance-world-suite.ts";
import type { CrmCapabilities, CrmFields } from "../../src/crm/index.ts";
import { openOdooWorld } from "../../src/crm/odoo/conformance-world-suite.ts";
import { inspectOdoo, prepareOdoo } from "../../src/crm/odoo/index.ts";
import { startOdooDouble } from "../../src/crm/odoo/odoo-double-suite.ts";
import { openSalesforceWorld } from "../../src/crm/salesforce/conformance-world-suite.ts";
import { openSqlWorld } from "../../src/crm/sql/conformance-world-suite.ts";
import { sqliteTrial } from "../../src/crm/sql/sqlite-trial-suite.ts";
import { createTrytonAdapter } from "../../src/crm/tryton/index.ts";
import { fetchHttp } from "../../src/runtime/index.ts";

interface Support {
  readonly title: string;
  readonly versions: string;
  readonly cursor: string;
  /** Where the capability says more than the CRM keeps. */
  readonly concurrency?: string;
  readonly verified: string;
  /** The tests that say so. */
  readonly tests: readonly string[];
  readonly capabilities: CrmCapabilities;
  /** Calls for one changed field of the deal's own, and for a poll that finds nothing. */
  readonly calls: { readonly change: number; readonly rest: number };
}

const stampCursor = "stamp with overlap, in the order of ids";

async function cost(world: ConformanceWorld): Promise<Pick<Support, "calls" | "capabilities">> {
  const { adapter, fields } = world;
  const own: CrmFields = { ...fields.alsoRequired, [fields.name]: "Measured", [fields.amount]: 1 };
  const { id } = await write(adapter, { key: "measured", fields: own });
  const count = async (work: () => Promise<unknown>): Promise<number> => {
    const before = world.callCount();
    await work();
    return world.callCount() - before;
  };
  const change = async (value: number): Promise<number> => {
    const record = await adapter.read(id, {});
    const order = { key: `measured-${value}`, recordId: id, fields: { [fields.amount]: value } };
    const expected = record ? { expectedVersion: record.version } : {};
    return count(() => write(adapter, { ...order, ...expected }));
  };
  await change(2);
  const calls = await change(3);
  await world.advance(10 * 60_000);
  const watermarkOf = async (since: string): Promise<string> => {
    const last = (await walk(adapter, since)).at(-1);
    return last?.kind === "watermark" ? last.watermark : "";
  };
  let watermark = await watermarkOf(await watermarkOf(""));
  const rest = await count(async () => {
    watermark = await watermarkOf(watermark);
  });
  await world.close();
  return { calls: { change: calls, rest }, capabilities: adapter.capabilities };
}

async function openOdoo(): Promise<ConformanceWorld> {
  const double = await startOdooDouble();
  const reach = {
    ...double,
    http: fetchHttp,
    fields: ["x_partner_contacts", "x_partner_help", "x_partner_solutions"],
  };
  await prepareOdoo(reach);
  const { stages } = await inspectOdoo(reach);
  const openStage = stages.find(({ value }) => value.startsWith("open/"))?.value ?? "";
  return openOdooWorld({ ...double, openStage });
}

async function openEspo(): Promise<ConformanceWorld> {
  const double = await startEspoDouble();
  await prepareEspo({ ...double, http: fetchHttp, fields: ["cPartnerHelp", "cPartnerSolutions"] });
  return openEspoWorld(double);
}

/** Measured by test/e2e/tryton.test.ts on the real server. */
export const trytonCalls = { change: 2, rest: 1 } as const;

function trytonCapabilities(): CrmCapabilities {
  const nowhere = { http: fetchHttp, url: "http://127.0.0.1:1", user: "", password: "" };
  return createTrytonAdapter({ ...nowhere, fields: ["account.name", "partner_contacts"] })
    .capabilities;
}

/** Everything that is known of each CRM's adapter. */
export async function readSupport(): Promise<readonly Support[]> {
  const witnessed = "a strict emulator, witnessed by";
  return [
    {
      title: "Dynamics 365 Sales (Dataverse Web API 9.2)",
      versions: "row's ETag and digest",
      cursor: "change tracking",
      verified: `${witnessed} dynamics-web-api`,
      tests: ["src/crm/dynamics365/conformance.test.ts"],
      ...(await cost(await openDynamicsWorld())),
    },
    {
      title: "Salesforce (REST API)",
      versions: "whole seconds and digest",
      cursor: "stamp and id, with overlap",
      verified: `${witnessed} jsforce`,
      tests: ["src/crm/salesforce/conformance.test.ts"],
      ...(await cost(await openSalesforceWorld())),
    },
    {
      title: "HubSpot (CRM API v3)",
      versions: "digest, compared before",
      cursor: "search by stamp, with overlap",
      verified: `${witnessed} @hubspot/api-client`,
      tests: ["src/crm/hubspot/conformance.test.ts"],
      ...(await cost(await openHubSpotWorld())),
    },
    {
      title: "Odoo 17",
      versions: "digest, compared before",
      cursor: stampCursor,
      verified: "a running Odoo 17.0 by hand, with the engine; a protocol double in each run",
      tests: [
        "src/crm/odoo/conformance.test.ts",
        "test/real-crm/odoo.test.ts",
        "test/real-crm/odoo-sync.test.ts",
      ],
      ...(await cost(await openOdoo())),
    },
    {
      title: "EspoCRM 8 and 9",
      versions: "version number and digest",
      cursor: stampCursor,
      concurrency: "refused, but for two writes in one moment",
      verified: "a running 8.4.2 and 9.1.7 by hand, with the engine; a protocol double in each run",
      tests: [
        "src/crm/espocrm/conformance.test.ts",
        "test/real-crm/espocrm.test.ts",
        "test/real-crm/espocrm-sync.test.ts",
      ],
      ...(await cost(await openEspo())),
    },
    {
      title: "Tryton 6.0",
      versions: "timestamp and digest",
      cursor: stampCursor,
      verified: "**the real system in each run**, end to end with the engine",
      tests: ["test/e2e/tryton.test.ts"],
      capabilities: trytonCapabilities(),
      calls: trytonCalls,
    },
    {
      title: "SQL table or view (SQLite, PostgreSQL)",
      versions: "digest, in one transaction",
      cursor: stampCursor,
      verified: "**both databases in each run**",
      tests: ["src/crm/sql/conformance.test.ts", "test/conformance/crm-sql-on-postgres.test.ts"],
      ...(await cost(await openSqlWorld(sqliteTrial))),
    },
  ];
}

const concurrencyWords: Readonly<Record<CrmCapabilities["versions"], string>> = {
  etag: "a stale write is refused",
  stamp: "refused to whole seconds",
  none: "compared just before; a round trip remains",
};
const deleteWords: Readonly<Record<CrmCapabilities["deleteSignal"], string>> = {
  tombstone: "told",
  "not-found": "not found, then asked",
  none: "none",
};

/** How a webhook is taken in. */
const webhookWords: Readonly<Record<CrmCapabilities["webhooks"], string>> = {
  signed: "signed: hints",
  unsigned: "unsigned: a poll sooner",
  none: "none",
};

/** The page as Markdown. */
export function supportPage(all: readonly Support[]): string {
  const heads = ["CRM", "versions", "cursor", "concurrency", "delete signal", "children"];
  const more = [
    "webhooks",
    "batch",
    "calls per change",
    "calls per quiet poll",
    "verified against",
  ];
  const rows = all.map(({ calls, capabilities, cursor, title, verified, versions, ...other }) => {
    const concurrency = other.concurrency ?? concurrencyWords[capabilities.versions];
    const { batchSize, deleteSignal, reportsChildChanges, webhooks } = capabilities;
    const cells = [
      ...[title, versions, cursor, concurrency],
      ...[
        deleteWords[deleteSignal],
        reportsChildChanges ? "followed" : "with the deal's next change",
      ],
      ...[
        webhookWords[webhooks],
        String(batchSize),
        String(calls.change),
        String(calls.rest),
        verified,
      ],
    ];
    return `| ${cells.join(" | ")} |`;
  });
  const tests = all.map(({ tests: files, title }) => {
    const links = files.map((file) => `[${file}](../../${file})`);
    return `- ${title}: ${links.join(", ")}`;
  });
  const table = [
    `| ${[...heads, ...more].join(" | ")} |`,
    `|${"---|".repeat(heads.length + more.length)}`,
  ];
  return [
    "# CRMs and what they can do",
    "",
    "Generated from the adapters' capabilities and from calls counted on the conformance kit's worlds; a test",
    "says when it is stale (`UPDATE_REFERENCE=1 npm test -- test/conformance/crm-support` writes it anew).",
    `Each adapter passes the ${crmChecks.length} checks of the kit, as far as its CRM has what they need.`,
    "",
    ...table,
    ...rows,
    "",
    "A change is one field of a deal without customer and people; a database's call is a query or a transaction.",
    "Odoo, EspoCRM and Tryton are counted without the sign-in and the questions for metadata asked once.",
    "",
    "## Where it is shown",
    "",
    ...tests,
    "",
  ].join("\n");
}
