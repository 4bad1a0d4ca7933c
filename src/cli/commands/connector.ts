import { type Command, Option } from "commander";
import {
  availability,
  availabilityOf,
  type ConnectorEdition,
  type ConnectorProfile,
  connectorEditions,
  connectorMetadata,
  connectorProfiles,
  isAvailable,
  writeConnectorPackage,
} from "../../connector/index.ts";
import { CliFailure } from "../failure.ts";
import { makeFolder } from "../make-folder.ts";

interface ExportOptions {
  readonly out: string;
  readonly edition: ConnectorEdition;
  readonly profile: ConnectorProfile;
  readonly host?: string;
  readonly insecure?: true;
  readonly clientId?: string;
  readonly publisher?: string;
  readonly contactName?: string;
  readonly contactUrl?: string;
  readonly contactEmail?: string;
  readonly json?: true;
}

/** Where `referrals gateway` listens unless told. */
const gatewayHere = "127.0.0.1:4020";

const hostPattern = /^(?:[a-z\d](?:[a-z\d.-]*[a-z\d])?|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

function checkHost({ host }: ExportOptions): void {
  if (host !== undefined && !hostPattern.test(host)) {
    throw new CliFailure("--host is a name with or without a port, not an address", {
      place: host,
      remedy: "Leave https:// and any path away: --host gateway.contoso.com",
    });
  }
}

function metadataOf(options: ExportOptions) {
  const { contact, publisher } = connectorMetadata;
  return {
    ...connectorMetadata,
    publisher: options.publisher ?? publisher,
    contact: {
      name: options.contactName ?? contact.name,
      url: options.contactUrl ?? contact.url,
      email: options.contactEmail ?? contact.email,
    },
  };
}

async function exportPackage(options: ExportOptions): Promise<void> {
  checkHost(options);
  const { out, edition, profile, clientId } = options;
  const isHere = options.host === undefined && profile === "gateway";
  const host = isHere ? gatewayHere : options.host;
  makeFolder(out, 0o777);
  const files = await writeConnectorPackage(out, {
    edition,
    profile,
    scheme: isHere || options.insecure ? "http" : "https",
    metadata: metadataOf(options),
    ...(host === undefined ? {} : { host }),
    ...(clientId === undefined ? {} : { clientId }),
  });
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ folder: out, files })}\n`);
    return;
  }
  process.stdout.write(`${out}: edition ${edition}, profile ${profile}\n`);
  for (const file of files) process.stdout.write(`  ${file}\n`);
  process.stdout.write("readme.md tells how to import it.\n");
  if (isHere) {
    process.stdout.write(
      `It leads to the gateway on this machine, http://${gatewayHere}. For Power Platform name ` +
        "it as it is reached from outside: --host gateway.contoso.com\n",
    );
  }
}

interface AvailabilityOptions {
  readonly product?: string;
  readonly region?: string;
  readonly json?: true;
}

function answerAvailability(options: AvailabilityOptions): {
  readonly data: unknown;
  readonly text: string;
} {
  const { product, region } = options;
  if (product !== undefined && availabilityOf(product) === undefined) {
    throw new CliFailure("no such product", {
      place: product,
      remedy: `Name one of ${availability.map((row) => row.product).join(", ")}.`,
    });
  }
  const rows = availability.filter(
    (row) => product === undefined || row === availabilityOf(product),
  );
  if (region === undefined) {
    const lines = rows.map(
      (row) =>
        `${row.product} (${row.class}): all regions except ` +
        `${row.excludedRegions.map(({ name }) => name).join(", ")}\n`,
    );
    return { data: rows, text: lines.join("") };
  }
  const answers = rows.flatMap((row) => isAvailable(row.product, region) ?? []);
  const lines = answers.map(
    (answer) =>
      `${answer.product} (${answer.class}) in ${region}: ` +
      `${answer.excludedBy ? `not available (${answer.excludedBy})` : "available"}\n`,
  );
  return { data: product === undefined ? answers : answers[0], text: lines.join("") };
}

/** Adds `referrals connector`. */
export function registerConnector(program: Command): void {
  const connector = program
    .command("connector")
    .description("Export the connector package for Power Automate, Logic Apps and Power Apps");
  connector
    .command("export")
    .description("write a complete connector package into a folder")
    .requiredOption("--out <folder>", "where the files go")
    .addOption(
      new Option("--edition <name>", "the reference page, or everything since")
        .choices([...connectorEditions])
        .default("specification"),
    )
    .addOption(
      new Option("--profile <name>", "Microsoft's API, or a gateway of yours with triggers")
        .choices([...connectorProfiles])
        .default("microsoft"),
    )
    .option("--host <name>", "the gateway's host, as Power Platform reaches it (this machine)")
    .option("--insecure", "http instead of https, for a gateway on this machine")
    .option("--client-id <id>", "the app that people sign in with")
    .option("--publisher <name>", "who offers the connector")
    .option("--contact-name <name>", "who helps")
    .option("--contact-url <url>", "where help is")
    .option("--contact-email <address>", "the helper's e-mail")
    .option("--json", "print one line of JSON for programs")
    .action((options: ExportOptions) => exportPackage(options));
  connector
    .command("availability")
    .description("say in which products and regions the connector is offered")
    .option("--product <name>", "Logic Apps, Power Automate or Power Apps")
    .option("--region <name>", 'a region, such as "westeurope" or "US Government (GCC)"')
    .option("--json", "print one line of JSON for programs")
    .action((options: AvailabilityOptions) => {
      const { data, text } = answerAvailability(options);
      process.stdout.write(options.json ? `${JSON.stringify(data)}\n` : text);
    });
  for (const command of connector.commands) command.exitOverride();
}
