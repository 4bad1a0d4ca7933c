import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import type { AlertKind, AlertMessage } from "../../src/operations/index.ts";

/** What an HTTP receiver was sent. */
interface Delivery {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One line of a message that the generic webhook was sent. */
export interface ToldLine {
  readonly kind: AlertKind;
  readonly title: string;
  readonly sentence: string;
  readonly link: string;
}

/** Real receivers on loopback: a mail server that demands a password, and an HTTP server. */
export interface AlertReceivers {
  /** Where the HTTP server listens; it refuses what comes to `/broken`. */
  readonly url: string;
  /** The mail server's address with its password. */
  readonly smtp: string;
  /** What came to a path, the first first. */
  to(path: string): readonly Delivery[];
  /** The mails, decoded. */
  mails(): readonly string[];
  /** Every line that the generic webhook at a path was told. */
  lines(path: string): readonly ToldLine[];
  close(): void;
}

/** The secret of the generic webhook's signature. */
export const webhookSecret = "a shared secret";

/** The text of a mail's quoted-printable parts (RFC 2045, 6.7), as far as it is ASCII. */
const decoded = (mail: string): string =>
  mail
    .replace(/=\r\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));

async function listenHttp(deliveries: Delivery[]) {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      deliveries.push({ path: request.url ?? "", headers: request.headers, body });
      response.writeHead(request.url === "/broken" ? 503 : 202).end("thanks");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

async function listenMail(mails: string[]) {
  const server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    hideSTARTTLS: true,
    onAuth: ({ username, password }, _session, callback) => {
      const isRight = username === "sync" && password === "mail-password";
      callback(isRight ? null : new Error("wrong password"), { user: username });
    },
    onData: (stream, _session, callback) => {
      let mail = "";
      stream.on("data", (chunk) => {
        mail += chunk;
      });
      stream.on("end", () => {
        mails.push(decoded(mail));
        callback();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return server;
}

const linesOf = ({ body }: Delivery): readonly ToldLine[] =>
  (JSON.parse(body) as AlertMessage).sections.flatMap(({ kind, lines }) =>
    lines.map((line) => ({ kind, ...line })),
  );

/** Starts both servers. */
export async function startReceivers(): Promise<AlertReceivers> {
  const deliveries: Delivery[] = [];
  const mails: string[] = [];
  const [http, mail] = await Promise.all([listenHttp(deliveries), listenMail(mails)]);
  const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
  const to = (path: string) => deliveries.filter((delivery) => delivery.path === path);
  return {
    url: `http://127.0.0.1:${portOf(http)}`,
    smtp: `smtp://sync:mail-password@127.0.0.1:${portOf(mail.server)}`,
    to,
    mails: () => mails,
    lines: (path) => to(path).flatMap(linesOf),
    close: () => {
      http.close();
      mail.close();
    },
  };
}

/** The `alerts` section that tells all of them. */
export function alertsTo({ url, smtp }: AlertReceivers): Readonly<Record<string, unknown>> {
  const [from, sales] = ["sync@contoso.example", ["sales@contoso.example"]];
  return {
    pageUrl: "https://sync.contoso.example",
    to: [
      { kind: "teams", url: `${url}/teams` },
      { kind: "slack", url: `${url}/slack` },
      { kind: "email", smtp, from, to: sales },
      { kind: "webhook", url: `${url}/hook`, secret: webhookSecret },
      { kind: "webhook", name: "deaf", url: `${url}/expiring-only`, about: ["expiring"] },
    ],
  };
}
