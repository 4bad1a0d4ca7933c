import { createHmac } from "node:crypto";
import {
  type AlertMessage,
  type AlertReceiver,
  type AlertSender,
  htmlText,
  plainText,
  slackBody,
  teamsBody,
} from "../../operations/index.ts";
import { type Clock, fetchHttp } from "../../runtime/index.ts";
import type { ReceiverConfig } from "../config/alert-schema.ts";

const timeoutMs = 15_000;
const longestComplaint = 200;

/** Posts JSON; anything but a 2xx is a failure with what the receiver said. */
async function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const response = await fetchHttp({
    method: "POST",
    url,
    headers: { "content-type": "application/json", ...headers },
    body,
    timeoutMs,
  });
  if (response.status >= 200 && response.status < 300) return;
  const said = response.body.replace(/\s+/g, " ").slice(0, longestComplaint);
  throw new Error(`the receiver answered ${response.status}${said ? `: ${said}` : ""}`);
}

/**
 * The signature over time and body, so that neither can be changed and an old one is recognised.
 */
function signed(body: string, secret: string, clock: Clock): Readonly<Record<string, string>> {
  const at = String(Math.floor(clock.now() / 1_000));
  const digest = createHmac("sha256", secret).update(`${at}.${body}`).digest("hex");
  return { "x-referrals-timestamp": at, "x-referrals-signature": `sha256=${digest}` };
}

const isLoopback = (host: string): boolean => /^(127\.|localhost$|\[?::1)/.test(host);

function mailSender(config: Extract<ReceiverConfig, { kind: "email" }>): AlertSender {
  const { smtp, from, to, requireTls } = config;
  return async (message: AlertMessage) => {
    const { createTransport } = await import("nodemailer");
    const { protocol, hostname } = new URL(smtp);
    const transport = createTransport({
      url: smtp,
      requireTLS: requireTls && protocol === "smtp:" && !isLoopback(hostname),
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
    });
    try {
      await transport.sendMail({
        from,
        to: [...to],
        subject: `[${message.environment}] ${message.subject}`,
        text: plainText(message),
        html: htmlText(message),
      });
    } finally {
      transport.close();
    }
  };
}

function senderOf(config: ReceiverConfig, clock: Clock): AlertSender {
  switch (config.kind) {
    case "teams":
      return (message) => post(config.url, JSON.stringify(teamsBody(message)));
    case "slack":
      return (message) => post(config.url, JSON.stringify(slackBody(message)));
    case "email":
      return mailSender(config);
    case "webhook":
      return (message) => {
        const body = JSON.stringify(message);
        return post(config.url, body, config.secret ? signed(body, config.secret, clock) : {});
      };
  }
}

/** The receivers of a configuration, each with a name of its own. */
export function receiversOf(
  configs: readonly ReceiverConfig[],
  clock: Clock,
): readonly AlertReceiver[] {
  return configs.map((config, index) => {
    const isAlone = configs.filter(({ kind }) => kind === config.kind).length === 1;
    return {
      name: config.name ?? (isAlone ? config.kind : `${config.kind} ${index + 1}`),
      send: senderOf(config, clock),
      ...(config.about === undefined ? {} : { about: config.about }),
    };
  });
}
