import type { AlertMessage } from "./alert.ts";

const moreText = (more: number): string => `… and ${more} more`;

/** A message as plain text, for a mail. */
export function plainText(message: AlertMessage): string {
  const sections = message.sections.map(({ heading, lines, more }) =>
    [
      heading,
      ...lines.map(({ title, sentence, remedy, link }) =>
        [`- ${title}`, `  ${sentence}${remedy ? ` ${remedy}` : ""}`, `  ${link}`].join("\n"),
      ),
      ...(more > 0 ? [moreText(more)] : []),
    ].join("\n"),
  );
  return [...sections, `${message.environment} · ${message.link}`].join("\n\n");
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};
const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => escapes[sign] ?? "");

/** A message as HTML, for a mail. */
export function htmlText(message: AlertMessage): string {
  const sections = message.sections.map(({ heading, lines, more }) => {
    const items = lines.map(
      ({ title, sentence, remedy, link }) =>
        `<li><a href="${escaped(link)}">${escaped(title)}</a><br>` +
        `${escaped(sentence)}${remedy ? ` <em>${escaped(remedy)}</em>` : ""}</li>`,
    );
    const rest = more > 0 ? `<p>${moreText(more)}</p>` : "";
    return `<h3>${escaped(heading)}</h3><ul>${items.join("")}</ul>${rest}`;
  });
  const { link, environment } = message;
  return `${sections.join("\n")}
<p><a href="${escaped(link)}">Open partner-referrals</a> · ${escaped(environment)}</p>`;
}

/** Signs that Markdown would take for its own, in Adaptive Cards and in Slack alike. */
const plain = (text: string): string => text.replace(/[\\`*_{}[\]<>~|#]/g, "\\$&");

/** A link that a closing bracket doesn't end. */
const asTarget = (link: string): string => link.replace(/[(]/g, "%28").replace(/[)]/g, "%29");

/**
 * A message for a Teams workflow ("When a Teams webhook request is received"): an Adaptive Card 1.4
 * in the envelope that the workflow's template posts.
 */
export function teamsBody(message: AlertMessage): unknown {
  const text = (value: string, more: Readonly<Record<string, unknown>> = {}) => ({
    type: "TextBlock",
    text: value,
    wrap: true,
    ...more,
  });
  const body = message.sections.flatMap(({ heading, lines, more }) => [
    text(plain(heading), { weight: "Bolder", spacing: "Medium" }),
    ...lines.map(({ title, sentence, remedy, link }) =>
      text(
        `[${plain(title)}](${asTarget(link)})  \n` +
          `${plain(sentence)}${remedy ? ` ${plain(remedy)}` : ""}`,
        { spacing: "Small" },
      ),
    ),
    ...(more > 0 ? [text(moreText(more), { isSubtle: true })] : []),
  ]);
  return {
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        contentUrl: null,
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          msteams: { width: "Full" },
          body: [text(plain(message.subject), { size: "Large", weight: "Bolder" }), ...body],
          actions: [{ type: "Action.OpenUrl", title: "Open partner-referrals", url: message.link }],
        },
      },
    ],
  };
}

/** Slack's control characters (its "mrkdwn" knows no other escapes). */
const slackEscapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const forSlack = (text: string): string =>
  text.replace(/[&<>]/g, (sign) => slackEscapes[sign] ?? "");

/** Slack's limit for the text of one section. */
const slackSectionLength = 3_000;

/** A message for a Slack incoming webhook: Block Kit, with a text for notifications. */
export function slackBody(message: AlertMessage): unknown {
  const section = (value: string) => ({
    type: "section",
    text: { type: "mrkdwn", text: value.slice(0, slackSectionLength) },
  });
  const blocks = message.sections.flatMap(({ heading, lines, more }) => [
    section(`*${forSlack(heading)}*`),
    ...lines.map(({ title, sentence, remedy, link }) =>
      section(
        `<${link}|${forSlack(title.replaceAll("|", "/"))}>\n` +
          `${forSlack(sentence)}${remedy ? ` _${forSlack(remedy)}_` : ""}`,
      ),
    ),
    ...(more > 0 ? [section(moreText(more))] : []),
  ]);
  const footer = {
    type: "context",
    elements: [
      { type: "mrkdwn", text: `<${message.link}|partner-referrals> · ${message.environment}` },
    ],
  };
  return { text: forSlack(message.subject), blocks: [...blocks, footer] };
}
