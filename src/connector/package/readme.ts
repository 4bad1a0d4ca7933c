import { type Operation, operations } from "../../contract/index.ts";
import { triggers } from "../triggers.ts";
import { availability } from "./availability.ts";
import type { ConnectorEdition, ConnectorProfile } from "./editions.ts";
import { type ConnectorMetadata, connectorTerms } from "./metadata.ts";

/** What a package's readme tells of. */
export interface ReadmeOptions {
  readonly edition: ConnectorEdition;
  readonly profile: ConnectorProfile;
  readonly host: string;
  readonly scheme: "https" | "http";
  readonly clientId: string;
  readonly metadata: ConnectorMetadata;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join("\n");
const steps = (items: readonly string[]): string =>
  items.map((item, index) => `${index + 1}. ${item}`).join("\n");

const aim =
  "[Partner Center Referrals](https://partner.microsoft.com/en-us/membership/referrals) create " +
  "connections between customers, partners and Microsoft. With this connector, partners manage " +
  "their referrals: they create co-sell referrals, invite Microsoft to collaborate on an " +
  "engagement, and get and update existing referrals.";

function metadataTable({ contact, ...metadata }: ConnectorMetadata): string {
  return table(
    ["Metadata", ""],
    [
      ["Publisher", metadata.publisher],
      ["Contact", contact.name],
      ["Contact URL", contact.url],
      ["Contact e-mail", contact.email],
      ["Website", metadata.website],
      ["Privacy policy", metadata.privacyPolicy],
      ["Categories", metadata.categories.join("; ")],
      ["Status", metadata.status],
    ],
  );
}

function actionTable(edition: ConnectorEdition): string {
  const listed: readonly Operation[] = operations.filter(
    (operation) => edition === "current" || operation.edition === "specification",
  );
  const note = (isDeprecated: boolean): string =>
    isDeprecated && edition === "current" ? " (deprecated)" : "";
  return table(
    ["Action", "Operation", "What it does"],
    listed.map(({ summary, operationId, description, deprecated }) => [
      `${summary}${note(deprecated)}`,
      operationId,
      description,
    ]),
  );
}

const triggerTable = (): string =>
  table(
    ["Trigger", "Operation", "What it does"],
    triggers.map(({ summary, operationId, description }) => [summary, operationId, description]),
  );

function authenticationText(profile: ConnectorProfile): string {
  const { name, applicable, explanation } = connectorTerms.authentication;
  const where =
    profile === "microsoft"
      ? "People sign in at Microsoft Entra."
      : "People sign in at Microsoft Entra, through the gateway.";
  return [
    table(["Authentication", "Applicable", "Shareable"], [[name, applicable, "Not shareable"]]),
    "",
    `${explanation} ${where}`,
  ].join("\n");
}

function deploymentSteps({ profile, host, scheme, clientId }: ReadmeOptions): readonly string[] {
  const importing = [
    "Get Microsoft's tool and sign in to your environment: `pip install paconn`, `paconn login`.",
    "Create the connector: `paconn create --settings settings.json --secret <client secret>`. Or " +
      "import `apiDefinition.swagger.json` in Power Automate under *Custom connectors*, and copy " +
      "what `apiProperties.json` says of the sign-in to the page *Security*.",
    "Create a connection and sign in.",
  ];
  if (profile === "gateway") {
    return [
      `Run the gateway so that Power Platform reaches it at ${scheme}://${host}, and note the ` +
        `client secret that it prints at its first start. Its client id is \`${clientId}\`.`,
      ...importing,
    ];
  }
  return [
    "Register an app in Microsoft Entra, with the redirect URI " +
      "`https://global.consent.azure-apim.net/redirect` and the delegated permission of the " +
      "Partner Center API.",
    `Put its client id into \`apiProperties.json\`; it now holds \`${clientId}\`.`,
    ...importing,
  ];
}

/** readme.md: what the connector is, needs, offers and limits. */
export function connectorReadme(options: ReadmeOptions): string {
  const { edition, profile, metadata } = options;
  const { throttling } = connectorTerms;
  const chapters: readonly (readonly [title: string, text: string])[] = [
    ["Connector metadata", metadataTable(metadata)],
    ["Prerequisites", list(connectorTerms.prerequisites)],
    [
      "How to get credentials",
      steps(connectorTerms.credentials.map(({ step, url }) => `${step}: ${url}`)),
    ],
    ["Known issues and limitations", connectorTerms.knownIssues],
    ["Deployment", steps(deploymentSteps(options))],
    ["Authentication", authenticationText(profile)],
    [
      "Throttling limits",
      table(
        ["Name", "Calls", "Renewal period"],
        [[throttling.name, String(throttling.calls), `${throttling.renewalPeriodSeconds} seconds`]],
      ),
    ],
    [
      "Availability",
      table(
        ["Service", "Class", "Regions"],
        availability.map((row) => [
          row.product,
          row.class,
          `All regions except ${row.excludedRegions.map(({ name }) => name).join(", ")}`,
        ]),
      ),
    ],
    ["Actions", actionTable(edition)],
    ...(profile === "gateway" ? [["Triggers", triggerTable()] as const] : []),
    [
      "About this package",
      `Generated by partner-referrals from its contract (edition *${edition}*, profile ` +
        `*${profile}*); generate it anew instead of editing it. Not a product of Microsoft's.`,
    ],
  ];
  const body = chapters.map(([title, text]) => `## ${title}\n\n${text}\n`).join("\n");
  const status = metadata.status === "Preview" ? " (Preview)" : "";
  return `# ${metadata.title}${status}\n\n${metadata.description}\n\n${aim}\n\n${body}`;
}
